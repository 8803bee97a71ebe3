import type { FieldError } from "./field-error.ts";
import { type JsonObject, objectAt, stringAt } from "./json.ts";
import type { PrinterColumn, Schema } from "./schema.ts";
import type { Subject } from "./status.ts";

/** A column of the tables that `kubectl get` prints. */
export type Column = Omit<PrinterColumn, "jsonPath"> & { cell(object: JsonObject, now: Date): unknown };

/** Where a ClusterIP comes from. */
export type Addresses = {
  /** A free address; in a dry run the network's own, as nothing is reserved. */
  next(): string;
  taken(address: string): boolean;
};

/**
 * One served resource: what the API server calls a storage and its strategy. Objects that come in and go out are
 * frozen; each step returns a new one. All steps are pure.
 */
export type Resource = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Defined by a CRD: has `kind` in list items, no strategic merge, and errors of its own. */
  readonly custom: boolean;
  readonly hasStatus: boolean;
  readonly schema: Schema;
  readonly columns: readonly Column[];
  /** A PUT of an absent object creates it. */
  readonly createOnUpdate: boolean;
  /** A PUT need not carry the `resourceVersion` that it replaces. */
  readonly unconditionalUpdate: boolean;
  /** A delete answers with the object rather than with a `Status`. */
  readonly echoesDeleted: boolean;
  /** etcd's key prefix, which one of the error messages shows. */
  readonly keyPrefix: string;
  nameProblems(name: string): string[];
  /** Decodes and defaults; paths of unknown fields are added to `unknown`. Throws a `DecodeError`. */
  decode(body: JsonObject, unknown: string[]): JsonObject;
  prepareCreate(object: JsonObject): JsonObject;
  prepareUpdate(object: JsonObject, old: JsonObject): JsonObject;
  /** Errors in everything but `metadata`; `old` with an update. */
  validate(object: JsonObject, old: JsonObject | undefined, subresource: string): FieldError[];
  /** What the server assigns after validation; throws an `ApiError`. */
  assign(object: JsonObject, old: JsonObject | undefined, addresses: Addresses): JsonObject;
  /** Fields that a field selector may name, `metadata.name` and `metadata.namespace` apart. */
  selectableFields(object: JsonObject): { readonly [field: string]: string };
};

export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === "" ? version : `${group}/${version}`;
}

/** As in `services "x" not found`. */
export function resourceSubject({ group, plural }: Resource, name: string): Subject {
  return { group, kind: plural, name };
}

/** As in `Service "x" is invalid`. */
export function kindSubject({ group, kind }: Resource, name: string): Subject {
  return { group, kind, name };
}

export function metadataOf(object: JsonObject): JsonObject {
  return objectAt(object, "metadata");
}

export function nameOf(object: JsonObject): string {
  return stringAt(metadataOf(object), "name");
}

export function namespaceOf(object: JsonObject): string {
  return stringAt(metadataOf(object), "namespace");
}

/** The object with some fields of its metadata set; `undefined` removes one. */
export function withMetadata(object: JsonObject, changes: JsonObject): JsonObject {
  return withFields(object, { metadata: withFields(metadataOf(object), changes) });
}

/** A frozen copy with some fields set; `undefined` removes one. */
export function withFields(object: JsonObject, changes: JsonObject): JsonObject {
  const next: { [key: string]: unknown } = { ...object };
  for (const key of Object.keys(changes)) {
    if (changes[key] === undefined) delete next[key];
    else next[key] = changes[key];
  }
  return Object.freeze(next);
}
