import { readFile } from "node:fs/promises";
import { ApiClient, type RequestHeaders } from "./api-client.ts";
import type { AuditEvent } from "./audit-log.ts";
import { tokenIn } from "./kubeconfig.ts";
import type { ClusterAddress } from "./start-cluster.ts";

/**
 * One thing that somebody may do in a namespace, or asked to do: a verb and a resource with its group and subresource,
 * as `kubectl auth can-i` has them ("patch boundendpoints.bindings.k8s.ngrok.com/status", "get services"), with the
 * names that it is restricted to, if any, in brackets; or a verb and a path ("get /version").
 */
export type Permission = string;

type ResourceRule = { verbs: string[]; apiGroups?: string[]; resources?: string[]; resourceNames?: string[] };
type PathRule = { verbs: string[]; nonResourceURLs?: string[] };
type Rules = { resourceRules: ResourceRule[]; nonResourceRules: PathRule[]; incomplete: boolean };

/**
 * All that the owner of a kubeconfig may do in a namespace, sorted, as the API server itself lists it
 * (SelfSubjectRulesReview), without what every authenticated service account may do.
 *
 * @throws Error where the server says that its list is not complete.
 */
export async function permissionsGranted(
  address: ClusterAddress,
  kubeconfig: string,
  namespace: string,
): Promise<Permission[]> {
  const token = tokenIn(await readFile(kubeconfig, "utf8"));
  const own = await rulesReview(new ApiClient({ ...address, token }), namespace, {});
  const everybodys = new Set(await permissionsOfEverybody(address, namespace));
  return own.filter((permission) => !everybodys.has(permission));
}

/** What a service account may do that no binding names: the server gives it the groups of service accounts. */
async function permissionsOfEverybody(address: ClusterAddress, namespace: string): Promise<Permission[]> {
  const client = new ApiClient({ ...address, token: address.adminToken });
  return rulesReview(client, namespace, { "impersonate-user": "system:serviceaccount:nowhere:nobody" });
}

async function rulesReview(
  client: ApiClient,
  namespace: string,
  headers: RequestHeaders,
): Promise<Permission[]> {
  const body = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } };
  const path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
  const { status } = (await client.must("POST", path, body, headers)) as { status: Rules };
  await client.close();
  if (status.incomplete) throw new Error("the API server's list of rules is not complete");
  return sortedSet([
    ...status.resourceRules.flatMap(ofResources),
    ...status.nonResourceRules.flatMap(ofPaths),
  ]);
}

function ofResources({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
}: ResourceRule): Permission[] {
  const names = resourceNames.length === 0 ? "" : ` [${resourceNames.join(", ")}]`;
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${withGroup(resource, group)}${names}`)),
  );
}

const ofPaths = ({ verbs, nonResourceURLs = [] }: PathRule): Permission[] =>
  nonResourceURLs.flatMap((path) => verbs.map((verb) => `${verb} ${path}`));

/** The permissions that requests needed, sorted, by namespace; those for no namespace are under "". */
export function permissionsAsked(events: readonly AuditEvent[]): Map<string, Permission[]> {
  const byNamespace = Map.groupBy(events, ({ namespace }) => namespace);
  return new Map([...byNamespace].map(([namespace, asked]) => [namespace, sortedSet(asked.map(neededFor))]));
}

function neededFor({ verb, group, resource, uri }: AuditEvent): Permission {
  return `${verb} ${resource === "" ? uri.replace(/\?.*/, "") : withGroup(resource, group)}`;
}

function withGroup(resource: string, group: string): string {
  if (group === "") return resource;
  const [kind, subresource] = resource.split("/");
  return `${kind}.${group}${subresource === undefined ? "" : `/${subresource}`}`;
}

const sortedSet = (permissions: readonly Permission[]): Permission[] => [...new Set(permissions)].sort();
