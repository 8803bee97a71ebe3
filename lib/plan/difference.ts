import { isDeepStrictEqual } from "node:util";
import type { MergePatch } from "../cluster/cluster.ts";

type Fields = Record<string, unknown>;

/**
 * The merge patch (RFC 7396) that gives `observed` every field that `desired` names; undefined where it has them.
 * Fields that `desired` does not name are nobody's business; one that it names `null` must be absent. Lists are
 * compared and replaced as wholes.
 */
export function difference(observed: unknown, desired: object): MergePatch | undefined {
  const present = isFields(observed) ? observed : {};
  const patch: MergePatch = {};
  for (const [field, wanted] of Object.entries(desired)) {
    const found = present[field];
    if (isFields(wanted)) {
      const nested = difference(found, wanted);
      if (nested !== undefined) patch[field] = nested;
    } else if (!isDeepStrictEqual(found ?? null, wanted)) {
      patch[field] = wanted;
    }
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** `wanted`, with `null` for every field that `observed` has beside it: for a value that is ours as a whole. */
export function exactly(observed: unknown, wanted: object): Fields {
  const present = isFields(observed) ? observed : {};
  const extra = Object.keys(present).filter((field) => !(field in wanted));
  return {
    ...Object.fromEntries(extra.map((field) => [field, null])),
    ...Object.fromEntries(
      Object.entries(wanted).map(([field, value]) => [
        field,
        isFields(value) ? exactly(present[field], value) : value,
      ]),
    ),
  };
}

/** `desired` as it is sent to create the object: what must be absent is. */
export function withoutNulls<T extends Fields>(desired: T): T {
  const entries = Object.entries(desired).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([field, value]) => [field, isFields(value) ? withoutNulls(value) : value]),
  ) as T;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
