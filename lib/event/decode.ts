/**
 * From what was posted to what it says: one EndpointChange for each event, whatever envelope it came in.
 *
 * | content type, headers                  | body                                                            |
 * | -------------------------------------- | --------------------------------------------------------------- |
 * | application/cloudevents-batch+json     | a list of CloudEvents                                           |
 * | application/cloudevents+json           | a CloudEvent                                                    |
 * | JSON, with `ce-` headers               | the data of a CloudEvent                                        |
 * | JSON                                   | an event of ngrok's; or an Endpoint, and `?type=created` (`updated`, `deleted`) |
 */
import { describe, type Problem, quote } from "../endpoint/problem.ts";
import { MAX_JSON_DEPTH } from "../settings/limits.ts";
import { isBinaryMode, readBinaryMode, readStructuredMode } from "./cloud-event.ts";
import type { Instant } from "./instant.ts";
import { cleaned, isObject, isWithinDepth, type JSONObject } from "./json.ts";
import { type BodyForm, bodyFormOf, CONTENT_TYPES } from "./media-type.ts";
import { isNgrokEvent, readNgrokEvent } from "./ngrok-event.ts";
import { placeIn, type Reading } from "./reading.ts";
import { type ChangeResult, toChange } from "./to-change.ts";

export type { ChangeResult } from "./to-change.ts";

/** A delivery as the HTTP layer has it. */
export type EventRequest = {
  readonly contentType: string | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** The parsed JSON; undefined where there is no body. */
  readonly body: unknown;
  /** The time of receipt. */
  readonly now: Instant;
};

/** A result for each event in the order of the body, or why the body has none. A body that is no batch has one. */
export type Decoded =
  | { ok: true; changes: ChangeResult[]; batch: boolean }
  | { ok: false; status: 400 | 415; problems: Problem[] };

/** Reads a delivery and says everything that is wrong with each event in it. Never throws. */
export function decode(request: EventRequest): Decoded {
  const { contentType, body } = request;
  const form = contentType === undefined ? undefined : bodyFormOf(contentType);
  if (form === undefined && !(body === undefined && isBinaryMode(request.headers))) {
    return { ok: false, status: 415, problems: [contentTypeUnknown(contentType)] };
  }
  if (form !== "cloudevents-batch") {
    const read = (event: unknown) => readOne(form ?? "json", event, request);
    return { ok: true, batch: false, changes: [decodeOne(body, "body", request.now, read)] };
  }
  if (!Array.isArray(body)) {
    const message = `the body is ${describe(body)}; with this content type it must be a list of CloudEvents`;
    return { ok: false, status: 400, problems: [{ at: "body", reason: "WrongType", message }] };
  }
  const changes = body.map((event, index) =>
    decodeOne(event, `[${index}]`, request.now, (value) => readStructured(value, `[${index}]`)),
  );
  return { ok: true, batch: true, changes };
}

function contentTypeUnknown(contentType: string | undefined): Problem {
  const found = contentType === undefined ? "there is no content type" : `it is ${quote(contentType)}`;
  const message = `${found}; it must be ${CONTENT_TYPES}`;
  return { at: "headers.content-type", reason: "ContentTypeUnknown", message };
}

function decodeOne(
  event: unknown,
  place: string,
  now: Instant,
  read: (event: unknown) => Reading | Problem,
): ChangeResult {
  if (!isWithinDepth(event, MAX_JSON_DEPTH)) {
    const message = `lists and objects must be nested at most ${MAX_JSON_DEPTH} deep`;
    return { ok: false, problems: [{ at: place, reason: "NestedTooDeep", message }] };
  }
  const clean = cleaned(event);
  const reading = read(clean);
  return "reason" in reading ? { ok: false, problems: [reading] } : toChange(reading, clean, now);
}

function readOne(form: BodyForm, event: unknown, request: EventRequest): Reading | Problem {
  if (form === "cloudevent") return readStructured(event, "");
  if (isBinaryMode(request.headers)) {
    return readBinaryMode(request.headers, request.contentType, event);
  }
  if (!isObject(event)) return notAnObject(event, "body");
  if (isNgrokEvent(event)) return readNgrokEvent(event, "");
  return Object.hasOwn(event, "specversion") ? notAsCloudEvent() : readBare(event, request.query.type);
}

function readStructured(event: unknown, place: string): Reading | Problem {
  return isObject(event) ? readStructuredMode(event, place) : notAnObject(event, placeIn(place, []));
}

function notAnObject(event: unknown, at: string): Problem {
  return { at, reason: "WrongType", message: `it is ${describe(event)} and must be an object: one event` };
}

function notAsCloudEvent(): Problem {
  const message = "the body is a CloudEvent; its content type must be application/cloudevents+json";
  return { at: "headers.content-type", reason: "ContentTypeUnknown", message };
}

const BARE_KINDS: ReadonlyMap<string | undefined, "upsert" | "delete"> = new Map([
  ["created", "upsert"],
  ["updated", "upsert"],
  ["deleted", "delete"],
]);

/** An Endpoint alone, as ngrok's API returns it; what happened to it is in the query. */
function readBare(endpoint: JSONObject, type: string | undefined): Reading {
  const kind = BARE_KINDS.get(type);
  return {
    problems: kind === undefined ? [bareTypeUnknown(type)] : [],
    kind,
    time: undefined,
    eventId: undefined,
    account: undefined,
    subject: undefined,
    endpoint: { at: "", value: endpoint },
  };
}

function bareTypeUnknown(type: string | undefined): Problem {
  const found =
    type === undefined ? "the body is no event and the query has no type" : `${quote(type)} is not known`;
  const message =
    `${found}; with an Endpoint alone it must be ?type=created, ?type=updated or ?type=deleted, ` +
    "an event of ngrok's has event_type and object";
  return { at: "query.type", reason: type === undefined ? "FieldMissing" : "NotSupported", message };
}
