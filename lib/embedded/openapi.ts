import { createHash } from "node:crypto";
import type { ApiResponse } from "../cluster/transport.ts";
import { OBJECT_META } from "./builtin-schemas.ts";
import { groupPath } from "./discovery.ts";
import type { JsonObject } from "./json.ts";
import { patchTypes } from "./patch.ts";
import type { Resource } from "./resource.ts";
import { json } from "./status.ts";

const OBJECT_META_NAME = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const OBJECT_META_REF = `#/components/schemas/${OBJECT_META_NAME}`;

/**
 * The OpenAPI v3 documents of what is served, one for each group and version, as `kubectl apply`, `create` and
 * `explain` read them. Undefined for any other path.
 */
export function openApi(path: string, resources: readonly Resource[]): ApiResponse | undefined {
  if (!path.startsWith("/openapi/v3")) return undefined;
  const documents = new Map<string, Resource[]>();
  for (const resource of resources) {
    const place = groupPath(resource).slice(1);
    documents.set(place, [...(documents.get(place) ?? []), resource]);
  }
  if (path === "/openapi/v3")
    return json(200, {
      paths: Object.fromEntries([...documents].map(([place, served]) => [place, link(place, served)])),
    });
  const served = documents.get(path.slice("/openapi/v3/".length));
  return served === undefined ? undefined : json(200, document(served));
}

/** Clients cache a document under its hash. */
function link(place: string, served: readonly Resource[]): JsonObject {
  const hash = createHash("sha256")
    .update(JSON.stringify(document(served)))
    .digest("hex");
  return { serverRelativeURL: `/openapi/v3/${place}?hash=${hash}` };
}

function document(resources: readonly Resource[]): JsonObject {
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1.36.3" },
    paths: Object.fromEntries(
      resources.map((resource) => [
        `${collectionPath(resource)}/{name}`,
        { patch: patchOperation(resource) },
      ]),
    ),
    components: {
      schemas: {
        ...Object.fromEntries(resources.map((resource) => [schemaName(resource), schemaOf(resource)])),
        [OBJECT_META_NAME]: OBJECT_META,
      },
    },
  };
}

function collectionPath(resource: Resource): string {
  return `${groupPath(resource)}${resource.namespaced ? "/namespaces/{namespace}" : ""}/${resource.plural}`;
}

function gvk({ group, version, kind }: Resource): JsonObject {
  return { group, version, kind };
}

/** From this, kubectl learns that the server validates fields itself, and which patches it takes. */
function patchOperation(resource: Resource): JsonObject {
  const parameter = (name: string) => ({ name, in: "query", schema: { type: "string", uniqueItems: true } });
  const reference = { schema: { $ref: `#/components/schemas/${schemaName(resource)}` } };
  return {
    operationId: `patch${resource.kind}`,
    parameters: ["dryRun", "fieldManager", "fieldValidation"].map(parameter),
    requestBody: {
      content: Object.fromEntries(patchTypes(resource).map((type) => [type, reference])),
      required: true,
    },
    responses: { "200": { description: "OK", content: { "application/json": reference } } },
    "x-kubernetes-action": "patch",
    "x-kubernetes-group-version-kind": gvk(resource),
  };
}

/** `com.ngrok.k8s.bindings.v1alpha1.BoundEndpoint`; `io.k8s.api.core.v1.Service`. */
function schemaName({ group, version, kind, custom }: Resource): string {
  if (!custom) return `io.k8s.api.${group.split(".")[0] || "core"}.${version}.${kind}`;
  return [...group.split(".").reverse(), version, kind].join(".");
}

function schemaOf(resource: Resource): JsonObject {
  const { properties, ...schema } = resource.schema;
  return {
    ...schema,
    properties: {
      ...properties,
      metadata: {
        description: "Standard metadata of an object.",
        allOf: [{ $ref: OBJECT_META_REF }],
        default: {},
      },
    },
    "x-kubernetes-group-version-kind": [gvk(resource)],
  };
}
