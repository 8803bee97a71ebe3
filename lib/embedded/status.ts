import type { ApiResponse } from "../cluster/transport.ts";
import type { FieldError } from "./field-error.ts";
import type { JsonObject } from "./json.ts";

/** What an error is about: a resource (`services`) or a kind (`Service`), the API server is not of one mind. */
export type Subject = { readonly group: string; readonly kind: string; readonly name: string };

/** A request that is refused. The answer's body is a `Status`, as the API conventions of Kubernetes have it. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject | undefined;

  constructor(code: number, reason: string, message: string, details?: JsonObject) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  response(): ApiResponse {
    return json(this.code, {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      ...(this.reason === "" ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    });
  }
}

export function json(status: number, body: unknown): ApiResponse {
  return { status, headers: { "content-type": "application/json" }, body };
}

/** `services "x"`, `leases.coordination.k8s.io "x"`. */
function quoted({ group, kind, name }: Subject): string {
  return `${group === "" ? kind : `${kind}.${group}`} ${JSON.stringify(name)}`;
}

function detailsOf({ group, kind, name }: Subject, causes?: readonly object[]): JsonObject {
  return {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    ...(kind === "" ? {} : { kind }),
    ...(causes === undefined ? {} : { causes }),
  };
}

export function notFound(subject: Subject): ApiError {
  return new ApiError(404, "NotFound", `${quoted(subject)} not found`, detailsOf(subject));
}

export function alreadyExists(subject: Subject, beingDeleted: boolean): ApiError {
  const prefix = beingDeleted ? "object is being deleted: " : "";
  return new ApiError(409, "AlreadyExists", `${prefix}${quoted(subject)} already exists`, detailsOf(subject));
}

export function conflict(subject: Subject, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${quoted(subject)}: ${why}`;
  return new ApiError(409, "Conflict", message, detailsOf(subject));
}

export function forbidden(subject: Subject, why: string, causes?: readonly object[]): ApiError {
  return new ApiError(
    403,
    "Forbidden",
    `${quoted(subject)} is forbidden: ${why}`,
    detailsOf(subject, causes),
  );
}

export function invalid(subject: Subject, errors: readonly FieldError[]): ApiError {
  const texts = errors.map(({ field, message }) => `${field}: ${message}`);
  const all = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const causes = errors.map(({ reason, message, field }) => ({ reason, message, field }));
  return new ApiError(422, "Invalid", `${quoted(subject)} is invalid: ${all}`, detailsOf(subject, causes));
}

export function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", message);
}

export function methodNotAllowed(): ApiError {
  const message = "the server does not allow this method on the requested resource";
  return new ApiError(405, "MethodNotAllowed", message, {});
}

/** The path names no resource that is served here. */
export function unknownResource(): ApiError {
  return new ApiError(404, "NotFound", "the server could not find the requested resource", {});
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return new ApiError(415, "UnsupportedMediaType", message);
}
