import { isSameJSON, setMember } from "../event/json.ts";
import { type Draft, isObject, type JsonObject } from "./json.ts";
import type { Schema } from "./schema.ts";

/**
 * Strategic merge patch: as a merge patch, but lists of structs merge by a key that the schema names, and
 * directives (`$patch`, `$deleteFromPrimitiveList/x`, `$setElementOrder/x`, `$retainKeys`) say what else to do.
 *
 * https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function strategicMerge(target: unknown, patch: JsonObject, schema: Schema): unknown {
  if (patch.$patch === "replace") return without(patch, isDirective);
  if (patch.$patch === "delete") return undefined;
  const original = isObject(target) ? target : {};
  const result: Draft = retained(original, patch);
  for (const key of fieldsOf(patch)) mergeInto(result, original, key, patch, schema);
  for (const key of Object.keys(patch)) {
    if (key.startsWith(DELETE)) deleteItems(result, key.slice(DELETE.length), patch[key]);
  }
  return result;
}

/** The fields that a patch is about, also those of which it says nothing but the order of their items. */
function fieldsOf(patch: JsonObject): Set<string> {
  const keys = Object.keys(patch);
  const ordered = keys.filter((key) => key.startsWith(ORDER)).map((key) => key.slice(ORDER.length));
  return new Set([...keys.filter((key) => !isDirective(key)), ...ordered]);
}

const DELETE = "$deleteFromPrimitiveList/";
const ORDER = "$setElementOrder/";

function mergeInto(
  result: Draft,
  original: JsonObject,
  key: string,
  patch: JsonObject,
  schema: Schema,
): void {
  const change = key in patch ? patch[key] : [];
  const merged = mergeField(original[key], change, patch[ORDER + key], fieldSchema(schema, key));
  if (merged === undefined || merged === null) delete result[key];
  else setMember(result, key, merged);
}

function isDirective(key: string): boolean {
  return key.startsWith("$");
}

function without(object: JsonObject, drop: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !drop(key)));
}

function retained(original: JsonObject, patch: JsonObject): Draft {
  const keys = patch.$retainKeys;
  return Array.isArray(keys) ? { ...without(original, (key) => !keys.includes(key)) } : { ...original };
}

function fieldSchema(schema: Schema, key: string): Schema {
  const values = schema.additionalProperties;
  return schema.properties?.[key] ?? (typeof values === "object" ? values : {});
}

function mergeField(original: unknown, patch: unknown, order: unknown, schema: Schema): unknown {
  if (isObject(patch)) return strategicMerge(original, patch, schema);
  if (!Array.isArray(patch) || schema["x-kubernetes-patch-strategy"] !== "merge") return patch;
  if (patch.some(isReplacement)) return patch.filter((item) => !isReplacement(item));
  const list = Array.isArray(original) ? original : [];
  const mergeKey = schema["x-kubernetes-patch-merge-key"];
  const keyOf = (item: unknown) =>
    JSON.stringify(mergeKey !== undefined && isObject(item) ? item[mergeKey] : item);
  const merged =
    mergeKey === undefined
      ? [...new Set([...list, ...patch])]
      : mergeItems(list, patch, mergeKey, schema.items ?? {});
  const first = (Array.isArray(order) ? order : patch).map(keyOf);
  return arrange(merged, keyOf, first, list.map(keyOf));
}

function isReplacement(item: unknown): boolean {
  return isObject(item) && item.$patch === "replace";
}

function mergeItems(
  list: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
  schema: Schema,
): unknown[] {
  const merged = [...list];
  for (const item of patch.filter(isObject)) {
    const found = merged.findIndex((one) => isObject(one) && isSameJSON(one[mergeKey], item[mergeKey]));
    const index = found < 0 ? merged.length : found;
    if (item.$patch === "delete") merged.splice(index, 1);
    else merged[index] = strategicMerge(merged[index], item, schema);
  }
  return merged;
}

type KeyOf = (item: unknown) => string;

/**
 * The items that the patch names (`first`) come in its order, the others in theirs. Of one of each, the one that the
 * server had in front stays in front; where it did not have both, the patch's comes first.
 */
function arrange(
  merged: unknown[],
  keyOf: KeyOf,
  first: readonly string[],
  before: readonly string[],
): unknown[] {
  const named = merged.filter((item) => first.includes(keyOf(item)));
  const others = merged.filter((item) => !first.includes(keyOf(item)));
  named.sort((a, b) => first.indexOf(keyOf(a)) - first.indexOf(keyOf(b)));
  const result: unknown[] = [];
  for (const item of named) {
    const place = before.indexOf(keyOf(item));
    while (others.length > 0 && place >= 0 && before.indexOf(keyOf(others[0])) < place)
      result.push(others.shift());
    result.push(item);
  }
  return [...result, ...others];
}

function deleteItems(result: Draft, key: string, items: unknown): void {
  const list = result[key];
  if (Array.isArray(list) && Array.isArray(items)) result[key] = list.filter((item) => !items.includes(item));
}
