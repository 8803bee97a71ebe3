import { type Draft, deepEqual, isObject, type JsonObject, setOwn } from "./json.ts";
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
  for (const key of Object.keys(patch))
    if (!isDirective(key)) mergeInto(result, original, key, patch[key], schema);
  for (const key of Object.keys(patch))
    if (key.startsWith(DELETE)) deleteItems(result, key.slice(DELETE.length), patch[key]);
  for (const key of Object.keys(patch))
    if (key.startsWith(ORDER)) order(result, key.slice(ORDER.length), patch[key], schema);
  return result;
}

const DELETE = "$deleteFromPrimitiveList/";
const ORDER = "$setElementOrder/";

function mergeInto(result: Draft, original: JsonObject, key: string, patch: unknown, schema: Schema): void {
  const merged = mergeField(original[key], patch, fieldSchema(schema, key));
  if (merged === undefined || merged === null) delete result[key];
  else setOwn(result, key, merged);
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

function mergeField(original: unknown, patch: unknown, schema: Schema): unknown {
  if (isObject(patch)) return strategicMerge(original, patch, schema);
  if (!Array.isArray(patch) || schema["x-kubernetes-patch-strategy"] !== "merge") return patch;
  return mergeList(Array.isArray(original) ? original : [], patch, schema);
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], schema: Schema): unknown {
  const mergeKey = schema["x-kubernetes-patch-merge-key"];
  if (mergeKey === undefined) return [...original, ...patch.filter((item) => !original.includes(item))];
  const directives = patch.filter((item) => isObject(item) && item.$patch === "replace");
  if (directives.length > 0) return patch.filter((item) => !directives.includes(item));
  return patch
    .filter(isObject)
    .reduce<unknown[]>((list, item) => mergeItem(list, item, mergeKey, schema.items ?? {}), [...original]);
}

function mergeItem(list: unknown[], item: JsonObject, mergeKey: string, schema: Schema): unknown[] {
  const index = list.findIndex((one) => isObject(one) && deepEqual(one[mergeKey], item[mergeKey]));
  if (item.$patch === "delete") return index < 0 ? list : list.toSpliced(index, 1);
  const merged = strategicMerge(list[index], item, schema);
  return index < 0 ? [...list, merged] : list.with(index, merged);
}

function deleteItems(result: Draft, key: string, items: unknown): void {
  const list = result[key];
  if (Array.isArray(list) && Array.isArray(items)) result[key] = list.filter((item) => !items.includes(item));
}

/** Items that the order names stand in it; the others stay behind the item that they followed. */
function order(result: Draft, key: string, wanted: unknown, schema: Schema): void {
  const list = result[key];
  if (!Array.isArray(list) || !Array.isArray(wanted)) return;
  const mergeKey = schema.properties?.[key]?.["x-kubernetes-patch-merge-key"];
  const keyOf = (item: unknown) =>
    JSON.stringify(mergeKey !== undefined && isObject(item) ? item[mergeKey] : item);
  const places = new Map(wanted.map((item, index) => [keyOf(item), index]));
  let place = -1;
  const ranked = list.map((item) => {
    place = places.get(keyOf(item)) ?? place;
    return { item, place };
  });
  result[key] = ranked.toSorted((a, b) => a.place - b.place).map(({ item }) => item);
}
