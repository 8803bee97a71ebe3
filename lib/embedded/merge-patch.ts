import { setMember } from "../event/json.ts";
import { type Draft, isObject } from "./json.ts";

/** JSON merge patch (RFC 7396). What the patch does not touch is shared with the target, which stays as it is. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Draft = isObject(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete result[key];
    else setMember(result, key, mergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}
