import pino from "pino";
import { describe, expect, it } from "vitest";
import { buildApp } from "../../../functions/app.ts";
import { problemDetails } from "../../../functions/reply.ts";
import { instantOf } from "../../../lib/event/instant.ts";
import { Rounds } from "../../../lib/reconcile/rounds.ts";
import { readSettings } from "../../../lib/settings/settings.ts";
import { newCluster } from "../../simulation/cluster.ts";

/** The app on an embedded cluster of its own, and what it logs. */
function start() {
  const read = readSettings({ OPERATOR_NAMESPACE: "op-0" });
  if (!read.ok) throw new Error("the settings are not right");
  const store = newCluster(() => new Date());
  const logged: Record<string, unknown>[] = [];
  const app = buildApp({
    world: {
      transport: async (request) => store.handle(request),
      settings: read.settings,
      now: () => instantOf(new Date()),
      random: Math.random,
      sleep: async () => undefined,
      rounds: new Rounds(),
    },
    logger: pino({ level: "info" }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    checkReady: async () => undefined,
  });
  const post = (url: string, payload: unknown) =>
    app.inject({
      method: "POST",
      url,
      headers: { "content-type": "application/json" },
      payload: payload as object,
    });
  return { store, logged, post };
}

const endpoint = {
  id: "ep_1",
  url: "http://app.x",
  bindings: ["kubernetes"],
  created_at: "2026-01-01T00:00:00Z",
};

describe("the query", () => {
  it.each(["dryrun=All", "dryRuns=All", "typ=created"])(
    "refuses %s, which would be taken for what it is not",
    async (query) => {
      const { post, store } = start();
      const { revision } = store.storage;
      const response = await post(`/events?type=created&${query}`, endpoint);
      expect(response.statusCode).toBe(400);
      expect(response.json()).toMatchObject({
        reason: "QueryUnknown",
        detail: `query.${query.split("=")[0]} is not known; there are type=created, updated or deleted, and dryRun=All`,
      });
      expect(store.storage.revision).toBe(revision);
    },
  );
});

describe("the log", () => {
  it("says of a dry run that it was one", async () => {
    const { post, logged } = start();
    await post("/events?type=created&dryRun=All", endpoint);
    await post("/events?type=created", endpoint);
    expect(logged.map(({ outcome, dryRun }) => [outcome, dryRun])).toEqual([
      ["bound", true],
      ["bound", undefined],
    ]);
  });

  it("has a line for what is no event at all", async () => {
    const { post, logged } = start();
    await post("/events?dryRun=x", endpoint);
    expect(logged).toMatchObject([{ status: 400, reason: "DryRunUnknown" }]);
  });
});

describe("an event that is overtaken by one of the same time", () => {
  it("is told so", async () => {
    const { post } = start();
    const both = ["http://app.x", "http://app.x:81", "http://app.x:82"].map((url) => ({ ...endpoint, url }));
    const event = (object: object) => ({
      event_id: "ev_1",
      event_type: "endpoint_updated.v0",
      event_timestamp: "2026-01-01T00:00:00Z",
      object,
    });
    const replies = [];
    for (const object of [...both, ...both]) replies.push((await post("/events", event(object))).json());
    // One of them wins whatever the order; in the second round the others are stale.
    const stale = replies.slice(both.length).filter(({ outcome }) => outcome === "stale");
    expect(stale).toHaveLength(2);
    for (const { message } of stale) {
      expect(message).toBe(
        "an event of the same time, ev_1 of 2026-01-01T00:00:00Z, comes after this one; the endpoint is bound",
      );
    }
  });
});

describe("a problem's type", () => {
  it.each([
    ["NotATime", "urn:pushbind:problem:not-a-time"],
    ["URLMissing", "urn:pushbind:problem:url-missing"],
    ["NotJSON", "urn:pushbind:problem:not-json"],
    ["SchemeNotSupported", "urn:pushbind:problem:scheme-not-supported"],
  ])("is made of the reason %s", (reason, type) => {
    expect(problemDetails(400, reason, "").type).toBe(type);
  });
});
