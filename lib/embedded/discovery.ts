import type { ApiResponse } from "../cluster/transport.ts";
import type { JsonObject } from "./json.ts";
import { apiVersionOf, type Resource } from "./resource.ts";
import { json } from "./status.ts";

const READ_AND_WRITE = ["create", "delete", "get", "list", "patch", "update", "watch"];

/** The version of Kubernetes that the contract suite holds this API to. */
const VERSION = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.3+pushbind-embedded",
  gitCommit: "",
  gitTreeState: "",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "",
};

/**
 * Answers what clients ask to find out what is served: versions, groups, resources, health. Undefined for any
 * other path. Aggregated discovery is left out: kubectl falls back to this.
 */
export function discovery(path: string, resources: readonly Resource[]): ApiResponse | undefined {
  if (path === "/healthz" || path === "/readyz" || path === "/livez") {
    return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: "ok" };
  }
  if (path === "/version") return json(200, VERSION);
  if (path === "/api")
    return json(200, { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] });
  const groups = groupsOf(resources);
  if (path === "/apis") return json(200, { kind: "APIGroupList", apiVersion: "v1", groups });
  const group = groups.find(({ name }) => path === `/apis/${name}`);
  if (group !== undefined) return json(200, { kind: "APIGroup", apiVersion: "v1", ...group });
  const served = resources.filter((resource) => path === groupPath(resource));
  return served.length === 0 ? undefined : json(200, resourceList(served));
}

/** `/api/v1`, `/apis/coordination.k8s.io/v1`. */
export function groupPath({ group, version }: Resource): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

function groupsOf(resources: readonly Resource[]): JsonObject[] {
  const groups = new Map<string, JsonObject>();
  for (const { group, version } of resources) {
    const served = { groupVersion: `${group}/${version}`, version };
    if (group !== "") groups.set(group, { name: group, versions: [served], preferredVersion: served });
  }
  return [...groups.values()];
}

function resourceList(resources: readonly Resource[]): JsonObject {
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: resources[0] && apiVersionOf(resources[0]),
    resources: resources.flatMap((resource) => [
      entry(resource, resource.plural, READ_AND_WRITE),
      ...(resource.hasStatus
        ? [entry(resource, `${resource.plural}/status`, ["get", "patch", "update"])]
        : []),
    ]),
  };
}

function entry(resource: Resource, name: string, verbs: readonly string[]): JsonObject {
  const subresource = name.includes("/");
  return {
    name,
    singularName: subresource ? "" : resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs,
    ...(subresource || resource.shortNames.length === 0 ? {} : { shortNames: resource.shortNames }),
    ...(subresource || resource.categories.length === 0 ? {} : { categories: resource.categories }),
  };
}
