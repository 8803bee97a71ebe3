import { expect, it } from "vitest";
import { BODY_LIMIT_BYTES, MAX_JSON_DEPTH } from "../../lib/settings/limits.ts";
import { created } from "../support/events.ts";
import { refusing, wrongOf } from "./refused.ts";
import { describeScene } from "./suite.ts";

describeScene("what is not well-formed", "malformed", (scene) => {
  const { fn } = scene;
  const refused = refusing(scene);

  it("says everything that is wrong at once", async () => {
    const event = {
      event_id: "",
      event_type: "endpoint_renamed.v0",
      event_timestamp: "yesterday",
      account_id: 7,
      object: {
        id: "",
        created_at: "2026-13-01T00:00:00Z",
        port: 70_000,
        pooling_enabled: "yes",
        domain: "x",
      },
    };
    const answer = await refused(event);
    expect(answer.status).toBe(400);
    expect(wrongOf(answer)).toEqual([
      ["event_id", "Empty"],
      ["event_type", "NotSupported"],
      ["event_timestamp", "NotATime"],
      ["account_id", "WrongType"],
      ["object.id", "Empty"],
      ["object.created_at", "NotATime"],
      ["object.port", "OutOfRange"],
      ["object.domain", "WrongType"],
      ["object.pooling_enabled", "WrongType"],
    ]);
    expect(answer.body.errors?.[1]?.message).toBe(
      '"endpoint_renamed.v0" is not known; it must be one of "endpoint_created.v0", "endpoint_updated.v0", ' +
        '"endpoint_deleted.v0" (what happened to the endpoint)',
    );
    expect(answer.body.detail).toBe(
      answer.body.errors?.map(({ at, message }) => `${at}: ${message}`).join("; "),
    );
  });

  it.each([
    ["a list", [created("ep_A", "http://a.malformed")], "body", "WrongType"],
    ["a string", '"text"', "body", "WrongType"],
    ["a number", "7", "body", "WrongType"],
    ["null", "null", "body", "WrongType"],
    ["an object of something else", {}, "query.type", "FieldMissing"],
    ["an event without an endpoint", { event_type: "endpoint_created.v0" }, "object", "FieldMissing"],
    [
      "an event whose endpoint is a list",
      { event_type: "endpoint_created.v0", object: [] },
      "object",
      "WrongType",
    ],
  ])("%s is no event", async (_, body, at, reason) => {
    const answer = await refused(body);
    expect(answer.status).toBe(400);
    expect(wrongOf(answer)).toContainEqual([at, reason]);
  });

  it("takes no upsert without a time, and none from the future", async () => {
    const { event_timestamp: _, ...timeless } = created("ep_T", "http://t.malformed", 0, {
      created_at: undefined,
    });
    expect(wrongOf(await refused(timeless, {}))).toEqual([["object.updated_at", "TimeMissing"]]);
    const future = { ...created("ep_T", "http://t.malformed"), event_timestamp: "2999-01-01T00:00:00Z" };
    expect(wrongOf(await refused(future, {}))).toEqual([["event_timestamp", "TimeInFuture"]]);
  });

  it.each([
    ["no value", '{"event_type": }', 'line 1, column 16 there is "}" where a value must be'],
    [
      "a word for a string",
      '{\n  "event_type": endpoint_created.v0\n}',
      'line 2, column 17 there is "e" where a value must be',
    ],
    [
      "an end too early",
      '{"event_type": "endpoint_created.v0"',
      "line 1, column 37 it ends where , or } must be",
    ],
    ["something after it", '{"event_type": 1}\n}', 'line 2, column 1 there is "}" where the end must be'],
    [
      "a line break in a string",
      '{"event_type": "end\npoint"}',
      'line 1, column 20 there is "\\n" where the end of the string must be',
    ],
  ])("says where JSON with %s is no JSON", async (_, text, place) => {
    const answer = await refused(text);
    expect(answer).toMatchObject({ status: 400, body: { reason: "NotJSON" } });
    expect(answer.body.errors).toEqual([
      { at: "body", reason: "NotJSON", message: `it is no JSON: at ${place}` },
    ]);
  });

  it("says that the body is empty", async () => {
    const answer = await refused("");
    expect(answer).toMatchObject({ status: 400, body: { reason: "WrongType" } });
    expect(answer.body.detail).toBe("body: it is nothing and must be an object: one event");
  });

  it.each([
    ["lists", "[".repeat(BODY_LIMIT_BYTES / 2) + "]".repeat(BODY_LIMIT_BYTES / 2)],
    ["objects", `{"object":{"metadata":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}}`],
    ["lists of an endpoint", created("ep_D", "http://d.malformed", 0, { deep: nested(MAX_JSON_DEPTH) })],
  ])("does not follow %s that are nested too deep", async (_, body) => {
    const answer = await refused(body);
    expect(answer.status).toBe(400);
    expect(wrongOf(answer)).toEqual([["body", "NestedTooDeep"]]);
  });

  it("keeps keys that name a prototype from doing anything", async () => {
    const { object, ...envelope } = created("ep_PROTO", "http://proto.malformed");
    const text = JSON.stringify({ ...envelope, object: { ...object, a: 1 } }).replace(
      '"a":1',
      '"__proto__":{"bindings":[],"polluted":true},"constructor":{"prototype":{"polluted":true}}',
    );
    expect(text).toContain("__proto__");
    const answer = await fn.post(text);
    // Fields that nobody knows are accepted, whatever their names.
    expect(answer).toMatchObject({ status: 200, body: { outcome: "bound", endpointId: "ep_PROTO" } });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(await fn.post(text)).toMatchObject({ status: 200, body: { outcome: "unchanged", changes: [] } });
  });
});

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}
