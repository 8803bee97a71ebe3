import { BUILTIN_RESOURCES, isNamespace } from "./builtin.ts";
import { type JsonObject, listAt } from "./json.ts";
import { metadataOf, nameOf, type Resource, resourceSubject, withFields, withMetadata } from "./resource.ts";
import { forbidden, notFound } from "./status.ts";
import type { Storage } from "./storage.ts";
import { timestamp } from "./time.ts";

// The life of namespaces: admission (NamespaceLifecycle) and what the namespace controller does in a cluster.

export const NAMESPACES = BUILTIN_RESOURCES.find(isNamespace) as Resource;

/** Namespaces that the API server does not let go of. */
const IMMORTAL = ["default", "kube-public", "kube-system"];

/** Lets a create into a namespace pass, or throws an `ApiError`: it is missing (404) or being deleted (403). */
export function admitCreate(storage: Storage, resource: Resource, namespace: string, name: string): void {
  const found = storage.get(NAMESPACES, "", namespace);
  if (found === undefined) throw notFound(resourceSubject(NAMESPACES, namespace));
  if (metadataOf(found).deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const message = `namespace ${namespace} is being terminated`;
  throw forbidden(resourceSubject(resource, name), why, [
    { reason: "NamespaceTerminating", message, field: "metadata.namespace" },
  ]);
}

export function checkMortal(name: string): void {
  if (IMMORTAL.includes(name))
    throw forbidden(resourceSubject(NAMESPACES, name), "this namespace may not be deleted");
}

/**
 * Marks a namespace as terminating and deletes its content. It is gone as soon as nothing is left in it;
 * `finishNamespaces` is to be called whenever something in a namespace goes.
 */
export function terminate(storage: Storage, namespace: JsonObject, now: Date): JsonObject {
  if (metadataOf(namespace).deletionTimestamp !== undefined) return namespace;
  const marked = storage.put(
    NAMESPACES,
    withFields(withMetadata(namespace, { deletionTimestamp: timestamp(now) }), {
      status: Object.freeze({ phase: "Terminating" }),
    }),
  );
  for (const { resource, object } of storage.content(nameOf(namespace)))
    deleteObject(storage, resource, object, now);
  finishNamespace(storage, nameOf(namespace));
  return marked;
}

/** Removes a terminating namespace once it is empty and nothing holds it. */
export function finishNamespace(storage: Storage, name: string): void {
  const namespace = storage.get(NAMESPACES, "", name);
  if (namespace === undefined || metadataOf(namespace).deletionTimestamp === undefined) return;
  if (listAt(metadataOf(namespace), "finalizers").length > 0) return;
  if (storage.content(name).length === 0)
    storage.remove(NAMESPACES, withFields(namespace, { spec: Object.freeze({}) }));
}

/** The object as it is while finalizers hold it. */
export function markDeleted(object: JsonObject, now: Date): JsonObject {
  const metadata = metadataOf(object);
  if (metadata.deletionTimestamp !== undefined) return object;
  const generation = Number(metadata.generation ?? 0);
  return withMetadata(object, {
    deletionTimestamp: timestamp(now),
    deletionGracePeriodSeconds: 0,
    ...(generation > 0 ? { generation: generation + 1 } : {}),
  });
}

/**
 * Deletes an object that is not a namespace, or marks it where finalizers hold it. Returns the object as it was last,
 * and whether it is gone.
 */
export function deleteObject(
  storage: Storage,
  resource: Resource,
  object: JsonObject,
  now: Date,
): { object: JsonObject; gone: boolean } {
  if (listAt(metadataOf(object), "finalizers").length === 0) {
    return { object: storage.remove(resource, object), gone: true };
  }
  const marked = markDeleted(object, now);
  return { object: marked === object ? object : storage.put(resource, marked), gone: false };
}
