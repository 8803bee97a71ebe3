import { ClusterError } from "../lib/cluster/errors.ts";
import type { Written } from "../lib/cluster/recording.ts";
import type { Problem } from "../lib/endpoint/problem.ts";
import type { EndpointChange } from "../lib/event/change.ts";
import type { Delivered } from "../lib/reconcile/deliver.ts";
import { RETRY_AFTER_SECONDS } from "../lib/settings/limits.ts";

/**
 * What came of an event.
 *
 * - `bound`, `excluded`, `deleted`: the newest state is as the event says, and something was written.
 * - `unchanged`: the event was handled before, and nothing had to be written.
 * - `stale`: a newer event of the endpoint is known.
 * - `rejected`: the endpoint is against the rules, or the event is not well-formed.
 * - `failed`: something is left undone; to be sent again.
 */
export type Outcome = "bound" | "unchanged" | "deleted" | "stale" | "excluded" | "rejected" | "failed";

export type Reply = {
  status: 200 | 400 | 500 | 503;
  /** Seconds; with 503. */
  retryAfter?: number;
  /** `application/problem+json` (RFC 9457) unless the status is 200. */
  body: ReplyBody;
  /** The error behind a 500 or 503, for the log. */
  cause?: unknown;
};

export type ReplyBody = {
  /** RFC 9457; with errors only. */
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  eventId?: string;
  endpointId?: string;
  outcome: Outcome;
  /** One CamelCase word for programs to read. */
  reason: string;
  /** The reason in words. */
  message?: string;
  host?: string;
  boundEndpoint?: { namespace: string; name: string };
  /** Whether everything that the newest state of the endpoint asks for is in place. */
  ready?: boolean;
  dryRun?: true;
  /** Everything that was written, in order. */
  changes: Written[];
  /** Everything that is wrong with what was sent. */
  errors?: Problem[];
};

/** The reply to an event that was handled: all its effects are durable. */
export function replyOf(
  change: EndpointChange,
  operatorNamespace: string,
  delivered: Delivered,
  written: Written[],
  dryRun: boolean,
): Reply {
  const { record, boundEndpoint, problems } = delivered;
  const outcome = outcomeOf(delivered, written);
  const { host } = record.verdict;
  const common = {
    eventId: change.eventId,
    endpointId: change.id,
    outcome,
    ...reasonOf(change, delivered, outcome),
    ...(host === undefined ? {} : { host }),
    ...(boundEndpoint === undefined
      ? {}
      : { boundEndpoint: { namespace: operatorNamespace, name: boundEndpoint } }),
    ...readinessOf(delivered),
    ...(dryRun ? ({ dryRun: true } as const) : {}),
    changes: written,
  };
  if (outcome !== "rejected") return { status: 200, body: common };
  const { message, ...rest } = common;
  return { status: 400, body: { ...problemDetails(400, rest.reason, message), ...rest, errors: problems } };
}

/** Nothing where there is nothing to be ready, or where it is not known. */
function readinessOf({ record, isSettled, obstacle }: Delivered): { ready?: boolean } {
  if (!isSettled) return {};
  const { state } = record.verdict;
  return state === "Bound" || state === "Deleted" || obstacle !== undefined
    ? { ready: obstacle === undefined }
    : {};
}

/** The reply to what is no event, or of no account that is served here: nothing was changed. */
export function notWellFormed(found: { problems: Problem[]; eventId?: string; endpointId?: string }): Reply {
  const { problems, eventId, endpointId } = found;
  const reason = problems[0]?.reason ?? "NotWellFormed";
  return {
    status: 400,
    body: {
      ...problemDetails(400, reason, problems.map(({ at, message }) => `${at}: ${message}`).join("; ")),
      ...(eventId === undefined ? {} : { eventId }),
      ...(endpointId === undefined ? {} : { endpointId }),
      outcome: "rejected",
      reason,
      changes: [],
      errors: problems,
    },
  };
}

/** The reply to an event that is not, or not wholly, handled: to be sent again. */
export function failed(change: EndpointChange, written: Written[], error: unknown): Reply {
  const known = error instanceof ClusterError;
  const status = known ? 503 : 500;
  const reason = known ? reasonOfClusterError(error) : "InternalError";
  // What nobody has foreseen may say anything; it is for the log.
  const detail = known ? error.message : "something went wrong here; the log says what";
  return {
    status,
    ...(known ? { retryAfter: Math.ceil(error.retryAfter ?? RETRY_AFTER_SECONDS) } : {}),
    body: {
      ...problemDetails(status, reason, detail),
      eventId: change.eventId,
      endpointId: change.id,
      outcome: "failed",
      reason,
      changes: written,
    },
    cause: error,
  };
}

const titles: Record<number, string> = {
  400: "The event is not acceptable",
  413: "The body is too large",
  415: "The content type is not supported",
  500: "Something went wrong",
  503: "The event could not be handled now; send it again",
};

/** The members that RFC 9457 names. */
export function problemDetails(
  status: number,
  reason: string,
  detail: string,
): { type: string; title: string; status: number; detail: string } {
  const type = `urn:pushbind:problem:${reason.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "-").toLowerCase()}`;
  return { type, title: titles[status] ?? "The request is not acceptable", status, detail };
}

function outcomeOf({ relation, record }: Delivered, written: Written[]): Outcome {
  if (relation === "stale") return "stale";
  if (record.verdict.state === "Rejected") return "rejected";
  if (relation === "equal" && written.length === 0) return "unchanged";
  switch (record.verdict.state) {
    case "Bound":
      return "bound";
    case "Excluded":
      return "excluded";
    case "Deleted":
      return "deleted";
  }
}

function reasonOf(
  change: EndpointChange,
  { record, obstacle }: Delivered,
  outcome: Outcome,
): { reason: string; message: string } {
  if (outcome === "stale") {
    const { eventId, time } = record.key;
    const state = `the endpoint is ${record.verdict.state.toLowerCase()}`;
    const message =
      time === change.time
        ? `an event of the same time, ${eventId} of ${time}, comes after this one; ${state}`
        : `a newer event, ${eventId} of ${time}, is known; ${state}`;
    return { reason: "Stale", message };
  }
  if (obstacle !== undefined && record.verdict.state !== "Rejected") return { ...obstacle };
  const { reason, message } = record.verdict;
  return { reason, message };
}

function reasonOfClusterError(error: ClusterError): string {
  if (error.reason === "LostRaces" || error.reason === "DeadlineExceeded") return error.reason;
  return error.kind === "refused" || error.kind === "notFound" ? "RegisterRefused" : "ClusterUnavailable";
}
