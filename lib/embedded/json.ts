import { setMember } from "../event/json.ts";

/** A JSON object as the store holds it: frozen all the way down, shared freely, never changed. */
export type JsonObject = { readonly [key: string]: unknown };

/** A JSON object under construction. */
export type Draft = { [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object at a key, or an empty one: what an absent struct reads as. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : NOTHING;
}

export function listAt(object: JsonObject, key: string): readonly unknown[] {
  const value = object[key];
  return Array.isArray(value) ? value : NONE;
}

export function stringAt(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

/** A frozen copy, so that neither who sent a value nor who reads it can change what is stored. */
export function frozenCopy<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy)) as T;
  if (!isObject(value)) return value;
  const copy: Draft = {};
  for (const key of Object.keys(value)) setMember(copy, key, frozenCopy(value[key]));
  return Object.freeze(copy) as T;
}

const NOTHING: JsonObject = Object.freeze({});
const NONE: readonly unknown[] = Object.freeze([]);
