import { hash } from "node:crypto";
import type { Endpoint } from "../../schemas/types.ts";
import { describe, type Problem, quote } from "../endpoint/problem.ts";
import { MAX_FUTURE_MS } from "../settings/limits.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { EndpointChange } from "./change.ts";
import { compareInstants, type Instant, parseInstant, plusMillis } from "./instant.ts";
import { isObject, type JSONObject } from "./json.ts";
import { type Placed, placedText, placeIn, type Reading } from "./reading.ts";
import { validate } from "./validate.ts";

/** A change, or everything that is wrong with the event, with its ids where they could be read. */
export type ChangeResult =
  | { ok: true; change: EndpointChange }
  | { ok: false; problems: Problem[]; eventId?: string; endpointId?: string };

/**
 * Checks the endpoint that an envelope holds, and that the two fit together.
 *
 * @param event the whole event, cleaned: what an event without an id is known by
 * @param now the time of receipt
 */
export function toChange(reading: Reading, event: unknown, now: Instant): ChangeResult {
  const endpoint = endpointOf(reading);
  const time = timeOf(reading, endpoint.value);
  // What is no time has been reported by the schema.
  const instant = time && parseInstant(time.value);
  const problems = [...reading.problems, ...endpoint.problems, ...timeProblems(reading, time, instant, now)];
  const { kind, account } = reading;
  if (problems.length > 0 || kind === undefined || endpoint.value === undefined) {
    return { ok: false, problems, ...readableIds(reading, endpoint.value) };
  }
  const eventId = reading.eventId ?? `sha256-${hash("sha256", canonicalJson(event))}`;
  const { id } = endpoint.value;
  return {
    ok: true,
    change: { id, kind, time: instant, eventId, account, endpoint: endpoint.value },
  };
}

type Checked = { value: Endpoint | undefined; problems: Problem[] };

/** The endpoint without its traffic policy, with the id that the envelope has where it has none itself. */
function endpointOf(reading: Reading): Checked {
  const { subject, kind } = reading;
  const { at, value } = reading.endpoint;
  if (value === undefined && (subject === undefined || kind !== "delete")) {
    return { value: undefined, problems: [endpointMissing(reading)] };
  }
  const given = value ?? {};
  if (!isObject(given)) return { value: undefined, problems: [endpointNotObject(given, at)] };
  const endpoint = withId(withoutPolicy(given), subject);
  const problems = validate("endpoint", endpoint, (path) => placeIn(at, path));
  problems.push(...subjectProblems(subject, endpoint, at));
  return { value: endpoint as Endpoint, problems };
}

function withoutPolicy(given: JSONObject): JSONObject {
  if (!Object.hasOwn(given, "traffic_policy")) return given;
  const { traffic_policy: _, ...rest } = given;
  return rest;
}

function withId(given: JSONObject, subject: Placed<string> | undefined): JSONObject {
  return given.id === undefined && subject !== undefined ? { ...given, id: subject.value } : given;
}

function endpointMissing({ endpoint, kind }: Reading): Problem {
  const instead = kind === "delete" ? ", or, in a CloudEvent, the endpoint's id as its subject" : "";
  const message = `there is no endpoint; it must be an Endpoint object of ngrok's API${instead}`;
  return { at: placeIn(endpoint.at, []), reason: "FieldMissing", message };
}

function endpointNotObject(value: unknown, at: string): Problem {
  const message = `it is ${describe(value)} and must be an Endpoint object of ngrok's API`;
  return { at: placeIn(at, []), reason: "WrongType", message };
}

function subjectProblems(subject: Placed<string> | undefined, endpoint: JSONObject, at: string): Problem[] {
  if (subject === undefined || typeof endpoint.id !== "string" || endpoint.id === subject.value) return [];
  const message =
    `the subject is ${quote(subject.value)}, but ${placeIn(at, ["id"])} is ${quote(endpoint.id)}; ` +
    "they must be the same, or one of them absent";
  return [{ at: subject.at, reason: "IdsDisagree", message }];
}

/** The event's time, else the endpoint's last change, else its creation. */
function timeOf(reading: Reading, endpoint: Endpoint | undefined): Placed<string> | undefined {
  const at = (field: string) => placeIn(reading.endpoint.at, [field]);
  return (
    reading.time ??
    placedText(at("updated_at"), endpoint?.updated_at) ??
    placedText(at("created_at"), endpoint?.created_at)
  );
}

function timeProblems(
  reading: Reading,
  time: Placed<string> | undefined,
  instant: Instant | undefined,
  now: Instant,
): Problem[] {
  if (time === undefined) return reading.kind === "upsert" ? [timeMissing(reading)] : [];
  if (instant === undefined || compareInstants(instant, now) <= 0) return [];
  if (compareInstants(instant, plusMillis(now, MAX_FUTURE_MS)) <= 0) return [];
  const message =
    `${instant} is more than ${MAX_FUTURE_MS / 60_000} minutes in the future (it is ${now} here); ` +
    "it must be the time when the event happened";
  return [{ at: time.at, reason: "TimeInFuture", message }];
}

function timeMissing({ endpoint }: Reading): Problem {
  const fields = ["updated_at", "created_at"].map((field) => placeIn(endpoint.at, [field]));
  const message =
    "the event has no time, so it cannot be ordered among others; event_timestamp (a CloudEvent: time), " +
    `${fields.join(" or ")} must supply it`;
  return { at: placeIn(endpoint.at, ["updated_at"]), reason: "TimeMissing", message };
}

/** The ids by which the sender and the log can know the event, where they are such as a change may have. */
function readableIds(
  reading: Reading,
  endpoint: Endpoint | undefined,
): { eventId?: string; endpointId?: string } {
  const endpointId: unknown = endpoint?.id ?? reading.subject?.value;
  return {
    ...(isId(reading.eventId) ? { eventId: reading.eventId } : {}),
    ...(isId(endpointId) ? { endpointId } : {}),
  };
}

function isId(value: unknown): value is string {
  return typeof value === "string" && validate("endpoint", { id: value }, () => "").length === 0;
}
