import { isSameJSON } from "../event/json.ts";
import { type Decoded, decodeBody, inNamespace } from "./body.ts";
import { isNamespace } from "./builtin.ts";
import { type FieldError, forbiddenField, invalidValue } from "./field-error.ts";
import { type JsonObject, listAt, stringAt } from "./json.ts";
import { metadataErrors, nameErrors } from "./metadata.ts";
import { admitCreate, finishNamespace } from "./namespace.ts";
import {
  kindSubject,
  metadataOf,
  nameOf,
  type Resource,
  resourceSubject,
  withFields,
  withMetadata,
} from "./resource.ts";
import type { Route } from "./route.ts";
import { ApiError, alreadyExists, badRequest, conflict, invalid, notFound } from "./status.ts";
import type { Storage } from "./storage.ts";
import { timestamp } from "./time.ts";
import type { WriteOptions } from "./write-options.ts";

/** What a write needs: the stored objects, and the clock and source of uids that make it repeatable. */
export type Context = { readonly storage: Storage; readonly clock: () => Date; readonly uid: () => string };

/** What a write came to. */
export type Written = {
  readonly object: JsonObject;
  readonly warnings: readonly string[];
  readonly created: boolean;
};

/** In a dry run nothing is reserved, so that every address asked for is the network's own. */
const DRY_RUN_ADDRESS = "10.96.0.0";

/** Creates an object. Throws an `ApiError`. */
export function create(
  context: Context,
  { resource, namespace }: Route,
  body: unknown,
  options: WriteOptions,
): Written {
  return createDecoded(context, resource, namespace, decodeBody(resource, body, options), options);
}

function createDecoded(
  context: Context,
  resource: Resource,
  namespace: string,
  { object, warnings }: Decoded,
  options: WriteOptions,
): Written {
  const placed = named(resource.namespaced ? inNamespace(object, namespace) : object, context);
  const name = nameOf(placed);
  if (resource.namespaced) admitCreate(context.storage, resource, namespace, name);
  const fresh = withMetadata(resource.prepareCreate(placed), {
    uid: context.uid(),
    creationTimestamp: timestamp(context.clock()),
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
    managedFields: undefined,
    selfLink: undefined,
  });
  refuseIfAny(resource, name, [
    ...nameErrors(resource, fresh),
    ...metadataErrors(resource, fresh),
    ...resource.validate(fresh, undefined, ""),
  ]);
  const complete = resource.assign(fresh, undefined, addresses(context, options));
  if (stringAt(metadataOf(complete), "resourceVersion") !== "") {
    throw new ApiError(500, "", "resourceVersion should not be set on objects to be created");
  }
  const present = context.storage.get(resource, namespace, name);
  if (present !== undefined) {
    throw alreadyExists(resourceSubject(resource, name), metadataOf(present).deletionTimestamp !== undefined);
  }
  const stored = options.dryRun ? complete : context.storage.put(resource, complete);
  return { object: stored, warnings, created: true };
}

/** Five characters that the API server also uses: neither vowels nor what is easily mistaken for something else. */
const SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

function named(object: JsonObject, { uid }: Context): JsonObject {
  const metadata = metadataOf(object);
  const prefix = stringAt(metadata, "generateName");
  if (prefix === "" || stringAt(metadata, "name") !== "") return object;
  const digits = uid().replaceAll("-", "").slice(-10);
  const suffix = (digits.match(/../g) ?? []).map(
    (pair) => SUFFIX_ALPHABET[Number.parseInt(pair, 16) % SUFFIX_ALPHABET.length],
  );
  return withMetadata(object, { name: prefix + suffix.join("") });
}

/**
 * Replaces what is there with what `change` makes of it, or creates it where that is allowed. An update that
 * changes nothing writes nothing. Throws an `ApiError`.
 */
export function update(
  context: Context,
  { resource, namespace, name, subresource }: Route,
  change: (old: JsonObject | undefined) => Decoded & { precondition?: string },
  options: WriteOptions,
  createIfAbsent: boolean,
): Written {
  const old = context.storage.get(resource, namespace, name);
  if (old === undefined && !createIfAbsent) throw notFound(resourceSubject(resource, name));
  const { object, warnings, precondition = "" } = change(old);
  const placed = checkName(resource.namespaced ? inNamespace(object, namespace) : object, name);
  if (old === undefined)
    return createDecoded(context, resource, namespace, { object: placed, warnings }, options);
  checkPreconditions(resource, old, placed, precondition);
  const merged =
    subresource === "status" ? withFields(old, { status: placed.status }) : inherit(resource, placed, old);
  refuseIfAny(resource, name, updateErrors(resource, merged, old, placed, subresource));
  const complete = resource.assign(merged, old, addresses(context, options));
  return { object: commit(context.storage, resource, complete, old, options), warnings, created: false };
}

function checkName(object: JsonObject, name: string): JsonObject {
  const given = nameOf(object);
  if (given === name) return object;
  if (given === "")
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
}

function checkPreconditions(resource: Resource, old: JsonObject, next: JsonObject, uid: string): void {
  const name = nameOf(old);
  const subject = resourceSubject(resource, name);
  const current = metadataOf(old);
  if (uid !== "" && uid !== current.uid) {
    const namespace = stringAt(current, "namespace");
    const key = [resource.keyPrefix, namespace, name].filter((part) => part !== "").join("/");
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.uid}`;
    throw conflict(
      subject,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
    );
  }
  const version = stringAt(metadataOf(next), "resourceVersion");
  if (version === "" && !resource.unconditionalUpdate) {
    throw invalid(subject, [invalidValue("metadata.resourceVersion", 0, "must be specified for an update")]);
  }
  if (!/^\d*$/.test(version))
    throw new ApiError(500, "", `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`);
  if (version !== "" && version !== current.resourceVersion) {
    throw conflict(
      subject,
      "the object has been modified; please apply your changes to the latest version and try again",
    );
  }
}

/** What an update cannot change, it inherits. */
function inherit(resource: Resource, next: JsonObject, old: JsonObject): JsonObject {
  const before = metadataOf(old);
  const carried = withMetadata(next, {
    uid: before.uid,
    resourceVersion: before.resourceVersion,
    generation: before.generation,
    creationTimestamp: before.creationTimestamp,
    deletionTimestamp: before.deletionTimestamp,
    deletionGracePeriodSeconds: before.deletionGracePeriodSeconds,
    managedFields: undefined,
    selfLink: undefined,
  });
  return resource.prepareUpdate(carried, old);
}

function updateErrors(
  resource: Resource,
  next: JsonObject,
  old: JsonObject,
  sent: JsonObject,
  subresource: string,
): FieldError[] {
  const { uid } = metadataOf(sent);
  const current = metadataOf(old);
  const added = listAt(metadataOf(next), "finalizers").filter(
    (one) => !listAt(current, "finalizers").includes(one),
  );
  const late = current.deletionTimestamp !== undefined && added.length > 0;
  const list = added.map((one) => JSON.stringify(one)).join(", ");
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  return [
    ...(uid === undefined || uid === current.uid
      ? []
      : [invalidValue("metadata.uid", uid, "field is immutable")]),
    ...(late ? [forbiddenField("metadata.finalizers", why)] : []),
    ...metadataErrors(resource, next),
    ...resource.validate(next, old, subresource),
  ];
}

function commit(
  storage: Storage,
  resource: Resource,
  next: JsonObject,
  old: JsonObject,
  { dryRun }: WriteOptions,
): JsonObject {
  if (dryRun || isSameJSON(next, old)) return next;
  const metadata = metadataOf(next);
  const released = metadata.deletionTimestamp !== undefined && listAt(metadata, "finalizers").length === 0;
  if (!released || isNamespace(resource)) {
    const stored = storage.put(resource, next);
    if (released) finishNamespace(storage, nameOf(next));
    return stored;
  }
  // The last finalizer is gone: this update is the deletion.
  storage.remove(resource, next);
  finishNamespace(storage, stringAt(metadata, "namespace"));
  return next;
}

function refuseIfAny(resource: Resource, name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(kindSubject(resource, name), errors);
}

function addresses({ storage }: Context, { dryRun }: WriteOptions) {
  return {
    next: () => (dryRun ? DRY_RUN_ADDRESS : storage.nextAddress()),
    taken: (address: string) => storage.addressTaken(address),
  };
}
