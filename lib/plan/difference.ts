import type { MergePatch } from "../cluster/cluster.ts";
import { isObject, isSameJSON, type JSONObject, setMember } from "../event/json.ts";

/**
 * The merge patch (RFC 7396) that gives `observed` every field that `desired` names; undefined where it has them.
 * Fields that `desired` does not name are nobody's business; one that it names `null` must be absent. Lists are
 * compared and replaced as wholes.
 */
export function difference(observed: unknown, desired: object): MergePatch | undefined {
  const present = isObject(observed) ? observed : NOTHING;
  const wanted = desired as JSONObject;
  let patch: MergePatch | undefined;
  for (const field of Object.keys(wanted)) {
    const part = differenceOf(ownMember(present, field), wanted[field]);
    if (part === undefined) continue;
    patch ??= {};
    setMember(patch, field, part);
  }
  return patch;
}

function differenceOf(found: unknown, wanted: unknown): unknown {
  if (isObject(wanted)) return difference(found, wanted);
  return isSameJSON(found ?? null, wanted) ? undefined : wanted;
}

/** `wanted`, with `null` for every field that `observed` has beside it: for a value that is ours as a whole. */
export function exactly(observed: unknown, wanted: object): JSONObject {
  const fields = wanted as JSONObject;
  if (!isObject(observed)) return fields;
  const exact: JSONObject = {};
  for (const field of Object.keys(observed)) {
    if (!Object.hasOwn(fields, field)) setMember(exact, field, null);
  }
  for (const field of Object.keys(fields)) {
    const value = fields[field];
    setMember(exact, field, isObject(value) ? exactly(ownMember(observed, field), value) : value);
  }
  return exact;
}

/** `desired` as it is sent to create the object: what must be absent is. */
export function withoutNulls<T extends JSONObject>(desired: T): T {
  if (!hasNulls(desired)) return desired;
  const kept: JSONObject = {};
  for (const field of Object.keys(desired)) {
    const value = desired[field];
    if (value !== null) setMember(kept, field, isObject(value) ? withoutNulls(value) : value);
  }
  return kept as T;
}

function hasNulls(value: unknown): boolean {
  return value === null || (isObject(value) && Object.values(value).some(hasNulls));
}

const NOTHING: JSONObject = {};

/** What was sent may have members of any name, `constructor` too, which every object has from elsewhere. */
function ownMember(object: JSONObject, field: string): unknown {
  return Object.hasOwn(object, field) ? object[field] : undefined;
}
