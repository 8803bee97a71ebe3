import { describe, expect, it } from "vitest";
import { BODY_LIMIT_BYTES } from "../../lib/settings/limits.ts";
import { created, timeOf } from "../support/events.ts";
import type { HttpFunction } from "../support/function.ts";
import type { Scene } from "../support/scene.ts";
import { refusing, wrongOf } from "./refused.ts";
import { startShipped } from "./shipped.ts";
import { FORMS, type Form } from "./spawned.ts";
import { describeScene } from "./suite.ts";

/** An event whose JSON has that many bytes. */
function eventOfSize(bytes: number, namespace: string): string {
  const event = created("ep_LARGE", `http://large.${namespace}`, 0, { padding: "" });
  event.object.padding = "x".repeat(bytes - Buffer.byteLength(JSON.stringify(event)));
  return JSON.stringify(event);
}

const tests = (form: Form) => (scene: Scene) => {
  const start = (env?: Record<string, string>): HttpFunction =>
    form === "bundle" ? startShipped(scene, env) : scene.start(env);
  const fn = start();
  const refused = (event: unknown, options?: Parameters<HttpFunction["post"]>[1], by = fn) =>
    refusing(scene)(event, options, by);

  it("takes a body of exactly the limit and none that is larger", async () => {
    expect(await fn.post(eventOfSize(BODY_LIMIT_BYTES, scene.target))).toMatchObject({ status: 200 });
    const answer = await refused(eventOfSize(BODY_LIMIT_BYTES + 1, scene.target), {});
    expect(answer).toMatchObject({ status: 413, body: { reason: "BodyTooLarge" } });
    expect(answer.body.detail).toBe("the body is larger than 1048576 bytes");
  });

  describe("by its content type", () => {
    const event = created("ep_TYPE", `http://type.${scene.target}`);

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
      const body = Buffer.from(JSON.stringify(event));
      expect(await fn.request({ method: "POST", path: "/events", body })).toMatchObject({
        status: 415,
        body: { reason: "ContentTypeUnknown", status: 415 },
      });
    });
  });

  describe("with accounts", () => {
    const other = start({ ACCOUNTS: JSON.stringify({ ac_test: scene.operator }) });

    it("refuses an account that is not served, and none", async () => {
      const event = created("ep_ACCOUNT", `http://account.${scene.target}`);
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
  ] as const)("is all there is beside the probes: %s %s is 404", async (method, path) => {
    const content =
      method === "GET" || method === "OPTIONS"
        ? {}
        : {
            headers: { "content-type": "application/json" },
            body: JSON.stringify(created("ep_N", "http://n.n")),
          };
    const { status, headers, body } = await fn.request({ method, path, ...content });
    expect(status).toBe(404);
    expect(headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(body).toMatchObject({ status: 404, reason: "NotFound" });
    expect(body.detail).toBe(`there is no ${method} ${path}; events go to POST /events`);
  });

  it("has no body of a reply for a sender that would take it for an event", async () => {
    const event = { ...created("ep_PREFER", `http://prefer.${scene.target}`), event_timestamp: timeOf(1) };
    const headers = { prefer: "reply" };
    expect(await fn.post(event, { headers })).toMatchObject({ status: 200, text: "" });
    const invalid = await fn.post(created("ep_PREFER2", `https://prefer.${scene.target}`), { headers });
    expect(invalid).toMatchObject({ status: 400, body: { outcome: "rejected" } });
    const other = await fn.post(event, { headers: { prefer: "return=minimal" } });
    expect(other).toMatchObject({ status: 200, body: { outcome: "unchanged" } });
  });
};

for (const form of FORMS) describeScene(`POST /events, from the ${form}`, `http-${form}`, tests(form));
