import { isNamespace } from "./builtin.ts";
import { isObject, type JsonObject, listAt, objectAt, stringAt } from "./json.ts";
import { checkMortal, deleteObject, finishNamespace, markDeleted, terminate } from "./namespace.ts";
import { kindSubject, metadataOf, type Resource, resourceSubject } from "./resource.ts";
import type { Query, Route } from "./route.ts";
import { badRequest, conflict, notFound } from "./status.ts";
import type { Context } from "./write.ts";
import { writeOptions } from "./write-options.ts";

/**
 * Deletes an object if it meets the preconditions of the `DeleteOptions` that may come as a body; returns what
 * the answer shows. The propagation policy is accepted: nothing here owns anything. Throws an `ApiError`.
 */
export function remove(
  context: Context,
  { resource, namespace, name }: Route,
  body: unknown,
  query: Query,
): JsonObject {
  const options = deleteOptions(body);
  const { dryRun } = writeOptions(query, "DeleteOptions", options);
  if (isNamespace(resource)) checkMortal(name);
  const object = context.storage.get(resource, namespace, name);
  if (object === undefined) throw notFound(resourceSubject(resource, name));
  checkPreconditions(resource, object, objectAt(options, "preconditions"));
  const result = dryRun ? preview(object, context.clock()) : carryOut(context, resource, object);
  if (!result.gone || resource.echoesDeleted) return result.object;
  const { uid } = metadataOf(object);
  const details = {
    name,
    ...(resource.group === "" ? {} : { group: resource.group }),
    kind: resource.plural,
    uid,
  };
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
}

function deleteOptions(body: unknown): JsonObject {
  if (body === undefined) return {};
  if (!isObject(body))
    throw badRequest("couldn't get version/kind; json parse error: the body is no JSON object");
  const { kind = "DeleteOptions", apiVersion = "v1" } = body;
  if (kind === "DeleteOptions") return body;
  throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
}

function checkPreconditions(
  resource: Resource,
  object: JsonObject,
  { uid, resourceVersion }: JsonObject,
): void {
  const metadata = metadataOf(object);
  const name = stringAt(metadata, "name");
  if (isNamespace(resource)) {
    const [what, wanted, found] =
      uid !== undefined && uid !== metadata.uid
        ? ["UID", uid, metadata.uid]
        : ["ResourceVersion", resourceVersion, metadata.resourceVersion];
    if (wanted === undefined || wanted === found) return;
    throw conflict(
      resourceSubject(resource, name),
      `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${found}`,
    );
  }
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}).`;
    throw conflict(
      kindSubject(resource, name),
      `${why} The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record`;
    throw conflict(
      kindSubject(resource, name),
      `${why} (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

type Deleted = { readonly object: JsonObject; readonly gone: boolean };

function preview(object: JsonObject, now: Date): Deleted {
  const gone = listAt(metadataOf(object), "finalizers").length === 0;
  return { object: gone ? object : markDeleted(object, now), gone };
}

function carryOut({ storage, clock }: Context, resource: Resource, object: JsonObject): Deleted {
  if (isNamespace(resource)) return { object: terminate(storage, object, clock()), gone: false };
  const deleted = deleteObject(storage, resource, object, clock());
  if (deleted.gone) finishNamespace(storage, stringAt(metadataOf(object), "namespace"));
  return deleted;
}
