import type { ApiRequest, ApiResponse } from "./transport.ts";

/**
 * What an API error means for whoever made the call.
 *
 * - `notFound`: a create into a namespace that does not exist.
 * - `precondition`: the object is not as it was when it was read (409, or 404 on a change): look again.
 * - `refused`: the API server will not do this however often it is asked (quota, admission, role, validation).
 * - `tryAgain`: nothing was decided: unreachable, overloaded, too slow, or its own error.
 */
export type ClusterErrorKind = "notFound" | "precondition" | "refused" | "tryAgain";

export class ClusterError extends Error {
  readonly kind: ClusterErrorKind;
  /** The API server's own reason, such as `AlreadyExists`; empty where it gave none. */
  readonly reason: string;
  /** Causes of the API server's `Status`, such as `NamespaceTerminating`. */
  readonly causes: readonly string[];
  /** What the API server's `Retry-After` says, in seconds. */
  readonly retryAfter: number | undefined;

  constructor(
    kind: ClusterErrorKind,
    message: string,
    details: { reason?: string; causes?: string[]; retryAfter?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = "ClusterError";
    this.kind = kind;
    this.reason = details.reason ?? "";
    this.causes = details.causes ?? [];
    this.retryAfter = details.retryAfter;
  }
}

/** Nothing more may be sent for this delivery. */
export function timeIsUp(cause: unknown): ClusterError {
  return new ClusterError("tryAgain", "the time for this delivery is up", {
    reason: "DeadlineExceeded",
    cause,
  });
}

type Status = { message?: string; reason?: string; details?: { causes?: Array<{ reason?: string }> } };

/** Turns an answer that is no 2xx into an error of one of the four kinds. */
export function errorOf(response: ApiResponse, request: ApiRequest): ClusterError {
  const status = (typeof response.body === "object" && response.body !== null ? response.body : {}) as Status;
  const message = status.message ?? `the API server answered ${response.status}`;
  const causes = (status.details?.causes ?? []).flatMap(({ reason }) =>
    reason === undefined ? [] : [reason],
  );
  const kind = kindOf(response.status, request.method);
  // An error of the server's own ("etcdserver: request is too large") does not say of what.
  const about = kind === "tryAgain" ? `${request.method} ${request.path.replace(/\?.*/, "")}: ` : "";
  return new ClusterError(kind, about + message, {
    reason: status.reason ?? "",
    causes,
    retryAfter: retryAfterOf(response),
  });
}

function kindOf(status: number, method: ApiRequest["method"]): ClusterErrorKind {
  if (status === 404) return method === "POST" ? "notFound" : "precondition";
  if (status === 409) return "precondition";
  // 401: a token that has just been rotated away; the next attempt reads the new one.
  if (status === 401 || status === 408 || status === 429 || status >= 500 || status < 400) return "tryAgain";
  return "refused";
}

function retryAfterOf(response: ApiResponse): number | undefined {
  const seconds = Number(response.headers["retry-after"]);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}
