import { type Decoded, decodePatched } from "./body.ts";
import { isObject, type JsonObject } from "./json.ts";
import { jsonPatch, PatchError } from "./json-patch.ts";
import { mergePatch } from "./merge-patch.ts";
import type { Resource } from "./resource.ts";
import { ApiError, badRequest, unsupportedMediaType } from "./status.ts";
import { strategicMerge } from "./strategic-merge.ts";
import type { WriteOptions } from "./write-options.ts";

const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";
const STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json";

/** The media types of patches that a resource takes. Server-side apply is not among them: nothing here uses it. */
export function patchTypes({ custom }: Resource): readonly string[] {
  return custom ? [JSON_PATCH, MERGE_PATCH] : [JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH];
}

/** Reads a patch: returns what makes the new object of the old one. Both throw an `ApiError`. */
export function compilePatch(
  resource: Resource,
  contentType: string,
  patch: unknown,
  options: WriteOptions,
): (old: JsonObject | undefined) => Decoded {
  const apply = applier(resource, contentType, patch);
  return (old) => decodePatched(resource, apply(old), options);
}

function applier(resource: Resource, contentType: string, patch: unknown): (old: unknown) => unknown {
  if (!patchTypes(resource).includes(contentType)) throw refuseType(resource);
  if (contentType === JSON_PATCH) {
    if (!Array.isArray(patch)) throw undecodable(patch, "[]handlers.jsonPatchOp");
    return (old) => applyJsonPatch(old, patch);
  }
  if (!isObject(patch)) throw undecodable(patch, "map[string]interface {}");
  if (contentType === MERGE_PATCH) return (old) => mergePatch(old, patch);
  return (old) => strategicMerge(old, patch, resource.schema);
}

function applyJsonPatch(old: unknown, operations: readonly unknown[]): unknown {
  try {
    return jsonPatch(old, operations);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    throw new ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {});
  }
}

function refuseType(resource: Resource): ApiError {
  if (resource.custom) return unsupportedMediaType(patchTypes(resource));
  return new ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
}

function undecodable(patch: unknown, wanted: string): ApiError {
  const found = Array.isArray(patch) ? "array" : typeof patch;
  return badRequest(`error decoding patch: json: cannot unmarshal ${found} into Go value of type ${wanted}`);
}
