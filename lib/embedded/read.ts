import type { JsonObject } from "./json.ts";
import { apiVersionOf, type Resource, resourceSubject, withFields } from "./resource.ts";
import type { Query, Route } from "./route.ts";
import { compileFieldSelector, compileLabelSelector, type Matches } from "./selector.ts";
import { badRequest, notFound } from "./status.ts";
import type { Storage } from "./storage.ts";

/** The stored object. Throws an `ApiError` where there is none. */
export function get(storage: Storage, { resource, namespace, name }: Route): JsonObject {
  const object = storage.get(resource, namespace, name);
  if (object === undefined) throw notFound(resourceSubject(resource, name));
  return object;
}

/** The stored objects that a list or a watch selects, in the order of their names. */
export function select(
  storage: Storage,
  { resource, namespace, name }: Route,
  matches: Matches,
): JsonObject[] {
  const objects = storage.list(resource, namespace);
  return objects.filter(
    (object) => matches(object) && (name === "" || storage.get(resource, namespace, name) === object),
  );
}

/** What `labelSelector` and `fieldSelector` of a list or a watch ask for. Throws an `ApiError`. */
export function matcher(resource: Resource, query: Query): Matches {
  const labels = query.get("labelSelector") ?? "";
  const fields = query.get("fieldSelector") ?? "";
  const version = query.get("resourceVersion") ?? "";
  if (!/^\d*$/.test(version)) {
    const why = `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`;
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(version)}: ${why}`,
    );
  }
  if (labels === "" && fields === "") return () => true;
  const matchesLabels = compileLabelSelector(labels);
  const matchesFields = compileFieldSelector(fields, resource);
  return (object) => matchesLabels(object) && matchesFields(object);
}

/** The list object around some objects, as it is at the store's revision. */
export function listOf(storage: Storage, resource: Resource, objects: readonly JsonObject[]): JsonObject {
  const resourceVersion = String(storage.revision);
  return {
    kind: resource.listKind,
    apiVersion: apiVersionOf(resource),
    metadata: resource.custom ? { continue: "", resourceVersion } : { resourceVersion },
    // Items of built-in kinds do not say what they are: the list does.
    items: resource.custom
      ? objects
      : objects.map((object) => withFields(object, { kind: undefined, apiVersion: undefined })),
  };
}
