import { describe, expect, test } from "vitest";
import type { EndpointChange } from "../../../lib/event/change.ts";
import { decode } from "../../../lib/event/decode.ts";
import {
  CLOUD_EVENT,
  changeOf,
  ENDPOINT,
  EVENT,
  problemsOf,
  request,
  resultOf,
  structured,
} from "./requests.ts";

const CHANGE: EndpointChange = {
  id: "ep_1",
  kind: "upsert",
  time: changeOf(request(EVENT)).time,
  eventId: "ev_1",
  account: "ac_1",
  endpoint: ENDPOINT,
};

describe("ngrok's envelope", () => {
  test("is read", () => {
    expect(changeOf(request(EVENT))).toEqual(CHANGE);
    expect(CHANGE.time).toBe("2026-04-03T00:00:00.000001Z");
  });

  test.each([
    ["endpoint_created.v0", "upsert"],
    ["endpoint_updated.v0", "upsert"],
    ["endpoint_deleted.v0", "delete"],
  ])("%s is an %s", (event_type, kind) => {
    expect(changeOf(request({ ...EVENT, event_type })).kind).toBe(kind);
  });

  test("fields that are not known are kept, the traffic policy and nulls are not", () => {
    const object = {
      ...ENDPOINT,
      traffic_policy: "secret",
      description: null,
      domain: { id: "rd_1", uri: null },
      brand_new: { of: ["any", { type: null }] },
    };
    expect(changeOf(request({ ...EVENT, object, brand_new: 1 })).endpoint).toStrictEqual({
      ...ENDPOINT,
      domain: { id: "rd_1" },
      brand_new: { of: ["any", {}] },
    });
  });

  test("what the URL is made of and bindings may be anything: they are judged, not refused", () => {
    const object = { ...ENDPOINT, url: 80, public_url: [], proto: {}, scheme: true, bindings: "kubernetes" };
    expect(changeOf(request({ ...EVENT, object })).endpoint).toEqual(object);
  });

  test("without an id it is known by its content, whatever the order of its keys", () => {
    const { event_id: _, ...nameless } = EVENT;
    const { eventId } = changeOf(request(nameless));
    expect(eventId).toMatch(/^sha256-[0-9a-f]{64}$/);
    const turned = Object.fromEntries(Object.entries(nameless).reverse());
    expect(changeOf(request(turned)).eventId).toBe(eventId);
    const other = { ...nameless, object: { ...ENDPOINT, name: "other" } };
    expect(changeOf(request(other)).eventId).not.toBe(eventId);
  });
});

describe("the time of an event", () => {
  const { event_timestamp: _1, ...timeless } = EVENT;
  const { updated_at: _2, ...unchanged } = ENDPOINT;
  const { created_at: _3, ...ageless } = unchanged;
  const deleted = { ...timeless, event_type: "endpoint_deleted.v0" };

  test.each([
    ["is its own", EVENT, "2026-04-03T00:00:00.000001Z"],
    ["else that of the last change", timeless, "2026-04-02T00:00:00.123456Z"],
    ["else that of the creation", { ...timeless, object: unchanged }, "2026-04-01T00:00:00Z"],
    ["for a delete too", deleted, "2026-04-02T00:00:00.123456Z"],
    ["which may have none", { ...deleted, object: ageless }, undefined],
  ])("%s", (_, event, time) => {
    expect(changeOf(request(event)).time).toBe(time);
  });

  test("is missed where nothing supplies it, and it is said what would", () => {
    const result = resultOf(request({ ...timeless, object: ageless }));
    expect(result).toEqual({
      ok: false,
      eventId: "ev_1",
      endpointId: "ep_1",
      problems: [
        {
          at: "object.updated_at",
          reason: "TimeMissing",
          message: expect.stringMatching(/event_timestamp .*object.updated_at or object.created_at/),
        },
      ],
    });
  });

  test("may be five minutes ahead, and no more", () => {
    const ahead = (event_timestamp: string) => request({ ...EVENT, event_timestamp });
    expect(problemsOf(ahead("2026-05-01T12:05:00Z"))).toEqual([]);
    expect(problemsOf(ahead("2026-05-01T12:05:00.000000001Z"))).toEqual(["event_timestamp TimeInFuture"]);
    const future = { ...ENDPOINT, updated_at: "2027-01-01T00:00:00Z" };
    expect(problemsOf(request({ ...timeless, object: future }))).toEqual(["object.updated_at TimeInFuture"]);
    // A time that is not the event's is not compared.
    expect(problemsOf(request({ ...EVENT, object: future }))).toEqual([]);
  });
});

describe("an Endpoint alone", () => {
  test.each([
    ["created", "upsert"],
    ["updated", "upsert"],
    ["deleted", "delete"],
  ])("with ?type=%s is an %s", (type, kind) => {
    const change = changeOf(request(ENDPOINT, { query: { type } }));
    expect(change).toEqual({
      ...CHANGE,
      kind,
      time: "2026-04-02T00:00:00.123456Z",
      eventId: expect.stringMatching(/^sha256-/),
      account: undefined,
    });
  });

  test.each([
    [undefined, "query.type FieldMissing"],
    ["removed", "query.type NotSupported"],
    ["constructor", "query.type NotSupported"],
  ])("with the type %s is an error", (type, problem) => {
    expect(problemsOf(request(ENDPOINT, { query: { type } }))).toEqual([problem]);
  });
});

test("a length counts characters, whatever UTF-16 makes of them", () => {
  const described = (length: number) => ({
    ...EVENT,
    object: { ...ENDPOINT, type: "\u{1F600}".repeat(length) },
  });
  expect(problemsOf(request(described(256)))).toEqual([]);
  expect(problemsOf(request(described(257)))).toEqual(["object.type TooLong"]);
});

describe("what is not well-formed", () => {
  test.each([
    ["event_type", { ...EVENT, event_type: "endpoint_exploded.v0" }, ["event_type NotSupported"]],
    ["no event_type", { event_id: "ev_1", object: ENDPOINT }, ["event_type FieldMissing"]],
    ["event_type of another kind", { ...EVENT, event_type: 7 }, ["event_type NotSupported"]],
    ["no object", { ...EVENT, object: undefined }, ["object FieldMissing"]],
    ["object null", { ...EVENT, object: null }, ["object FieldMissing"]],
    ["object a list", { ...EVENT, object: [] }, ["object WrongType"]],
    ["id missing", { ...EVENT, object: { ...ENDPOINT, id: undefined } }, ["object.id FieldMissing"]],
    ["id a number", { ...EVENT, object: { ...ENDPOINT, id: 7 } }, ["object.id WrongType"]],
    ["id empty", { ...EVENT, object: { ...ENDPOINT, id: "" } }, ["object.id Empty"]],
    ["id too long", { ...EVENT, object: { ...ENDPOINT, id: "e".repeat(257) } }, ["object.id TooLong"]],
    [
      "id with a null byte",
      { ...EVENT, object: { ...ENDPOINT, id: "ep\0" } },
      ["object.id CharacterNotAllowed"],
    ],
    ["event_id too long", { ...EVENT, event_id: "e".repeat(257) }, ["event_id TooLong"]],
    ["event_id with a newline", { ...EVENT, event_id: "ev\n" }, ["event_id CharacterNotAllowed"]],
    ["account_id a number", { ...EVENT, account_id: 7 }, ["account_id WrongType"]],
    ["a time that is none", { ...EVENT, event_timestamp: "yesterday" }, ["event_timestamp NotATime"]],
    [
      "a time without offset",
      { ...EVENT, event_timestamp: "2026-04-03T00:00:00" },
      ["event_timestamp NotATime"],
    ],
    [
      "a date",
      { ...EVENT, object: { ...ENDPOINT, created_at: "2026-04-03" } },
      ["object.created_at NotATime"],
    ],
    ["a port", { ...EVENT, object: { ...ENDPOINT, port: 65536 } }, ["object.port OutOfRange"]],
    ["a part of a port", { ...EVENT, object: { ...ENDPOINT, port: 80.5 } }, ["object.port WrongType"]],
    ["a reference", { ...EVENT, object: { ...ENDPOINT, domain: { id: 1 } } }, ["object.domain.id WrongType"]],
    ["metadata", { ...EVENT, object: { ...ENDPOINT, metadata: {} } }, ["object.metadata WrongType"]],
    ["a string", "endpoint", ["body WrongType"]],
    ["a list", [EVENT], ["body WrongType"]],
    ["null", null, ["body WrongType"]],
    ["no body", undefined, ["body WrongType"]],
  ])("%s", (_, body, problems) => {
    expect(problemsOf(request(body))).toEqual(problems);
  });

  test("everything is said at once, each with what would be right", () => {
    const object = { ...ENDPOINT, id: 7, region: [], updated_at: "soon", pooling_enabled: "yes" };
    const result = resultOf(request({ event_type: "x", event_id: 1, event_timestamp: "never", object }));
    if (result.ok) throw new Error("it was accepted");
    const messages = Object.fromEntries(result.problems.map(({ at, message }) => [at, message]));
    expect(messages).toEqual({
      event_type: expect.stringContaining(
        'must be one of "endpoint_created.v0", "endpoint_updated.v0", "endpoint_deleted.v0"',
      ),
      event_id: expect.stringContaining("it is a number and must be a string"),
      event_timestamp: expect.stringContaining("such as 2026-01-02T03:04:05.678Z"),
      "object.id": expect.stringContaining("it is a number and must be a string (the endpoint's id"),
      "object.region": expect.stringContaining("it is a list and must be a string"),
      "object.updated_at": expect.stringContaining('"soon" is no RFC 3339 time'),
      "object.pooling_enabled": expect.stringContaining("must be a boolean"),
    });
  });

  test("an id that is wrong is not passed on", () => {
    const result = resultOf(request({ ...EVENT, event_id: "x".repeat(1000), object: { id: "\n" } }));
    expect(Object.keys(result)).toEqual(["ok", "problems"]);
  });

  test("nesting that would fill the stack is refused", () => {
    const deep = JSON.parse(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`);
    expect(problemsOf(request({ ...EVENT, object: deep }))).toEqual(["body NestedTooDeep"]);
  });

  test("a CloudEvent that is not sent as one is no Endpoint", () => {
    const given = request(CLOUD_EVENT, { query: { type: "created" } });
    expect(problemsOf(given)).toEqual(["headers.content-type ContentTypeUnknown"]);
  });
});

describe("content types", () => {
  test.each([
    undefined,
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/xml",
    "application/cloudevents",
    "application/cloudevents+xml",
    "json",
  ])("%j is unknown", (contentType) => {
    expect(decode(request(EVENT, { contentType }))).toEqual({
      ok: false,
      status: 415,
      problems: [
        {
          at: "headers.content-type",
          reason: "ContentTypeUnknown",
          message: expect.stringContaining("application/json, application/cloudevents+json or"),
        },
      ],
    });
  });

  test.each([
    "application/json",
    "Application/JSON; charset=utf-8",
    "text/json",
    "application/vnd.ngrok+json",
  ])("%s is JSON", (contentType) => {
    expect(changeOf(request(EVENT, { contentType }))).toEqual(CHANGE);
  });

  test("a structured CloudEvent is known by its content type alone", () => {
    expect(changeOf(structured(CLOUD_EVENT)).eventId).toBe("ce-1");
  });
});
