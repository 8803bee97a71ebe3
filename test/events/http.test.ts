import { describe, expect, it } from "vitest";
import { BODY_LIMIT_BYTES, MAX_JSON_DEPTH } from "../../lib/settings/limits.ts";
import { created, timeOf } from "../support/events.ts";
import type { Answer } from "../support/function.ts";
import { realCluster } from "../support/real-cluster.ts";
import { openScene } from "../support/scene.ts";

/** An event whose JSON has that many bytes. */
function eventOfSize(bytes: number): string {
  const event = created("ep_LARGE", "http://large.http", 0, { padding: "" });
  event.object.padding = "x".repeat(bytes - Buffer.byteLength(JSON.stringify(event)));
  return JSON.stringify(event);
}

const wrongOf = ({ body }: Answer) => body.errors?.map(({ at, reason }) => [at, reason]);

const cluster = await realCluster();

describe.skipIf(cluster === undefined)("POST /events", async () => {
  if (cluster === undefined) return;
  const scene = await openScene(cluster, "http");
  const { fn } = scene;

  /** Posts what must come to nothing: the API server is not asked for anything, and the answer says what is wrong. */
  async function refused(event: unknown, options: Parameters<typeof fn.post>[1], by = fn): Promise<Answer> {
    let answer: Answer | undefined;
    const requests = await scene.requests(async () => {
      answer = await by.post(event, options);
    });
    expect(requests).toEqual([]);
    const { status, headers, body } = answer as Answer;
    expect(headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(body).toMatchObject({ status, type: expect.stringMatching(/^urn:pushbind:problem:[a-z-]+$/) });
    expect(body.title).not.toBe("");
    return answer as Answer;
  }

  describe("with what is not well-formed", () => {
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
      const answer = await refused(event, {});
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
      ["a list", [created("ep_A", "http://a.http")], "body", "WrongType"],
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
      const answer = await refused(body, {});
      expect(answer.status).toBe(400);
      expect(wrongOf(answer)).toContainEqual([at, reason]);
    });

    it("takes no upsert without a time, and none from the future", async () => {
      const { event_timestamp: _, ...timeless } = created("ep_T", "http://t.http", 0, {
        created_at: undefined,
      });
      expect(wrongOf(await refused(timeless, {}))).toEqual([["object.updated_at", "TimeMissing"]]);
      const future = { ...created("ep_T", "http://t.http"), event_timestamp: "2999-01-01T00:00:00Z" };
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
      const answer = await refused(text, {});
      expect(answer).toMatchObject({ status: 400, body: { reason: "NotJSON" } });
      expect(answer.body.errors).toEqual([
        { at: "body", reason: "NotJSON", message: `it is no JSON: at ${place}` },
      ]);
    });

    it("says that the body is empty", async () => {
      const answer = await refused("", {});
      expect(answer).toMatchObject({ status: 400, body: { reason: "WrongType" } });
      expect(answer.body.detail).toBe("body: it is nothing and must be an object: one event");
    });

    it.each([
      ["lists", "[".repeat(BODY_LIMIT_BYTES / 2) + "]".repeat(BODY_LIMIT_BYTES / 2)],
      ["objects", `{"object":{"metadata":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}}`],
      ["lists of an endpoint", created("ep_D", "http://d.http", 0, { deep: nested(MAX_JSON_DEPTH) })],
    ])("does not follow %s that are nested too deep", async (_, body) => {
      const answer = await refused(body, {});
      expect(answer.status).toBe(400);
      expect(wrongOf(answer)).toEqual([["body", "NestedTooDeep"]]);
    });

    it("takes a body of exactly the limit and none that is larger", async () => {
      expect(await fn.post(eventOfSize(BODY_LIMIT_BYTES))).toMatchObject({ status: 200 });
      const answer = await refused(eventOfSize(BODY_LIMIT_BYTES + 1), {});
      expect(answer).toMatchObject({ status: 413, body: { reason: "BodyTooLarge" } });
      expect(answer.body.detail).toBe("the body is larger than 1048576 bytes");
    });

    it("keeps keys that name a prototype from doing anything", async () => {
      const { object, ...envelope } = created("ep_PROTO", "http://proto.http");
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

  describe("by its content type", () => {
    const event = created("ep_TYPE", "http://type.http");

    it.each([
      "application/json",
      "application/json; charset=utf-8",
      "Application/JSON",
      "application/vnd.ngrok.event+json",
      "text/json",
    ])("takes %s for JSON", async (type) => {
      const answer = await fn.post(event, { headers: { "content-type": type } });
      expect(answer).toMatchObject({ status: 200, body: { endpointId: "ep_TYPE" } });
    });

    it.each([
      ["application/x-www-form-urlencoded", "what curl says if it is not told"],
      ["text/plain", "another type"],
      ["application/jsonp", "a name that only begins like JSON"],
      ["application/xml+json+xml", "one that has JSON in it only"],
      ["json", "no type"],
      ["", "an empty one"],
    ])("refuses %j: %s", async (type) => {
      const answer = await refused(event, { headers: { "content-type": type } });
      expect(answer).toMatchObject({ status: 415, body: { reason: "ContentTypeUnknown" } });
      expect(answer.body.detail).toMatch(/application\/json/);
    });

    it("refuses a body that has none", async () => {
      const response = await fn.app.inject({
        method: "POST",
        url: "/events",
        payload: Buffer.from(JSON.stringify(event)),
      });
      expect(response.statusCode).toBe(415);
      expect(response.json()).toMatchObject({ reason: "ContentTypeUnknown", status: 415 });
    });
  });

  describe("with accounts", () => {
    const other = scene.start({ ACCOUNTS: JSON.stringify({ ac_test: scene.operator }) });

    it("refuses an account that is not served, and none", async () => {
      const event = created("ep_ACCOUNT", "http://account.http");
      const stranger = await refused({ ...event, account_id: "ac_stranger" }, {}, other);
      expect(stranger.status).toBe(400);
      expect(stranger.body.errors).toEqual([
        {
          at: "account_id",
          reason: "AccountUnknown",
          message: 'account "ac_stranger" is not served here; it must be one of ACCOUNTS',
        },
      ]);
      const { account_id: _, ...nobodys } = event;
      expect(wrongOf(await refused(nobodys, {}, other))).toEqual([["account_id", "AccountMissing"]]);
      expect(await other.post(event)).toMatchObject({ status: 200, body: { outcome: "bound" } });
    });
  });

  it.each([
    ["GET", "/events"],
    ["PUT", "/events"],
    ["DELETE", "/events"],
    ["PATCH", "/"],
    ["POST", "/event"],
    ["POST", "/events/1"],
    ["GET", "/"],
    ["OPTIONS", "/events"],
  ] as const)("is all there is beside the probes: %s %s is 404", async (method, url) => {
    const payload =
      method === "GET" || method === "OPTIONS" ? {} : { payload: created("ep_N", "http://n.http") };
    const response = await fn.app.inject({ method, url, ...payload });
    expect(response.statusCode).toBe(404);
    expect(response.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(response.json()).toMatchObject({ status: 404, reason: "NotFound" });
    expect(response.json().detail).toBe(`there is no ${method} ${url}; events go to POST /events`);
  });

  it("has no body of a reply for a sender that would take it for an event", async () => {
    const event = { ...created("ep_PREFER", "http://prefer.http"), event_timestamp: timeOf(1) };
    const headers = { prefer: "reply" };
    expect(await fn.post(event, { headers })).toMatchObject({ status: 200, text: "" });
    const invalid = await fn.post(created("ep_PREFER2", "https://prefer.http"), { headers });
    expect(invalid).toMatchObject({ status: 400, body: { outcome: "rejected" } });
    const other = await fn.post(event, { headers: { prefer: "return=minimal" } });
    expect(other).toMatchObject({ status: 200, body: { outcome: "unchanged" } });
  });

  it("logs one line for each event, and nothing of what may be secret", async () => {
    const own = scene.start();
    const secret = "s3cr3t-of-the-policy";
    const policy = { traffic_policy: JSON.stringify({ on_http_request: [{ actions: [secret] }] }) };
    const event = created("ep_LOG", "http://log.http", 0, policy);
    const cloudEvent = {
      specversion: "1.0",
      id: "ce_LOG",
      source: "https://api.ngrok.com/accounts/ac_test",
      type: "com.ngrok.endpoint.created",
      time: timeOf(0),
      data: { ...event.object, id: "ep_LOG2", url: "https://log.http" },
    };
    const requests = await scene.requests(async () => {
      const bound = await own.post(event);
      const rejected = await own.post(cloudEvent, {
        headers: { "content-type": "application/cloudevents+json" },
      });
      const dry = await own.post({ ...event, event_timestamp: timeOf(1) }, { query: "?dryRun=All" });
      expect([bound, rejected, dry].map(({ status }) => status)).toEqual([200, 400, 200]);
      expect(bound.text + rejected.text + dry.text).not.toContain(secret);
    });
    expect(requests.length).toBeGreaterThan(0);
    expect(JSON.stringify(requests)).not.toContain(secret);
    expect(JSON.stringify(own.logged)).not.toContain(secret);
    expect(own.logged).toHaveLength(3);
    expect(own.logged[0]).toMatchObject({
      eventId: "ev_ep_LOG_created_0",
      endpointId: "ep_LOG",
      host: "log.http",
      outcome: "bound",
      reason: "Bound",
      ready: true,
      status: 200,
      durationMs: expect.any(Number),
    });
    const { operator } = scene;
    expect(own.logged[0]?.changes).toContain("created Service http/log");
    expect(own.logged[0]?.changes).toContainEqual(
      expect.stringMatching(`^created BoundEndpoint ${operator}/ngrok-`),
    );
    expect(own.logged[1]).toMatchObject({
      eventId: "ce_LOG",
      endpointId: "ep_LOG2",
      outcome: "rejected",
      reason: "SchemeNotSupported",
      status: 400,
    });
  });
});

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)];
}
