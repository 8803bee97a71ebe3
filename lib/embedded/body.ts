import { DecodeError } from "./decoder.ts";
import { invalidValue } from "./field-error.ts";
import { isObject, type JsonObject, stringAt } from "./json.ts";
import { apiVersionOf, nameOf, namespaceOf, type Resource, withMetadata } from "./resource.ts";
import { type ApiError, badRequest, invalid } from "./status.ts";
import type { WriteOptions } from "./write-options.ts";

/** An object that came in, and the warnings that go back with the answer. */
export type Decoded = { readonly object: JsonObject; readonly warnings: readonly string[] };

/** Decodes the body of a create or an update. Throws an `ApiError` with code 400, or 422 for a wrong kind. */
export function decodeBody(resource: Resource, body: unknown, { fieldValidation }: WriteOptions): Decoded {
  const whole = recognize(resource, body);
  const { kind, version } = resource;
  const shown = stringAt(whole, "kind") || kind;
  const refuse = (why: string) =>
    badRequest(
      `${shown} in version ${JSON.stringify(versionOf(whole) || version)} cannot be handled as a ${kind}: ${why}`,
    );
  checkKind(resource, whole, refuse);
  return decodeWith(resource, whole, fieldValidation, refuse);
}

/** Decodes an object that a patch was applied to. Throws an `ApiError` with code 422 that shows the object. */
export function decodePatched(
  resource: Resource,
  patched: unknown,
  { fieldValidation }: WriteOptions,
): Decoded {
  const refuse = (why: string) =>
    invalid({ group: "", kind: "", name: "" }, [invalidValue("patch", JSON.stringify(patched), why)]);
  if (!isObject(patched)) throw refuse("the patched value is not an object");
  checkKind(resource, patched, refuse);
  return decodeWith(resource, patched, fieldValidation, refuse);
}

type Refuse = (why: string) => ApiError;

function decodeWith(resource: Resource, body: JsonObject, fieldValidation: string, refuse: Refuse): Decoded {
  const unknown: string[] = [];
  const object = decodeOr(resource, body, unknown, refuse);
  const complaints = unknown.map((field) => `unknown field ${JSON.stringify(field)}`);
  if (complaints.length === 0 || fieldValidation === "Ignore") return { object, warnings: [] };
  if (fieldValidation === "Strict") throw refuse(`strict decoding error: ${complaints.join(", ")}`);
  return { object, warnings: complaints };
}

function decodeOr(resource: Resource, body: JsonObject, unknown: string[], refuse: Refuse): JsonObject {
  try {
    const whole = { kind: resource.kind, apiVersion: apiVersionOf(resource), ...body };
    return resource.decode(whole, unknown);
  } catch (error) {
    throw error instanceof DecodeError ? refuse(error.message) : error;
  }
}

/** The body as an object with, for a custom resource, the two fields that say what it is. */
function recognize(resource: Resource, body: unknown): JsonObject {
  const refuse = (why: string) =>
    badRequest(`the object provided is unrecognized (must be of type ${resource.kind}): ${why}`);
  if (body === undefined)
    throw refuse("couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)");
  if (!isObject(body)) {
    const found = Array.isArray(body) ? "array" : typeof body;
    throw refuse(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${found} into Go value of type struct`,
    );
  }
  if (resource.custom && stringAt(body, "kind") === "") {
    const text = JSON.stringify(body);
    throw refuse(
      `Object 'Kind' is missing in '${text}' (${text.length > 30 ? `${text.slice(0, 30)} ...` : text})`,
    );
  }
  return body;
}

function versionOf(body: JsonObject): string {
  return stringAt(body, "apiVersion").replace(/^.*\//, "");
}

function checkKind(resource: Resource, body: JsonObject, refuse: Refuse): void {
  const kind = stringAt(body, "kind") || resource.kind;
  if (resource.custom) {
    checkCustomKind(resource, kind, stringAt(body, "apiVersion"), nameOf(body));
    return;
  }
  const apiVersion = stringAt(body, "apiVersion") || apiVersionOf(resource);
  if (apiVersion !== apiVersionOf(resource) || kind !== resource.kind) {
    throw refuse(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  }
}

function checkCustomKind(resource: Resource, kind: string, apiVersion: string, name: string): void {
  const wanted = apiVersionOf(resource);
  if (apiVersion !== wanted) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`,
    );
  }
  if (kind === resource.kind) return;
  throw invalid({ group: resource.group, kind, name }, [
    invalidValue("kind", kind, `must be ${resource.kind}`),
  ]);
}

/** The object in the namespace that the path names. Throws an `ApiError` where it names another. */
export function inNamespace(object: JsonObject, namespace: string): JsonObject {
  const given = namespaceOf(object);
  if (given === namespace) return object;
  if (given !== "")
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  return withMetadata(object, { namespace });
}
