import pino from "pino";
import { describe, expect, it } from "vitest";
import { buildApp } from "../../functions/app.ts";
import { instantOf } from "../../lib/event/instant.ts";
import { Rounds } from "../../lib/reconcile/rounds.ts";
import { REQUESTS_AT_ONCE } from "../../lib/settings/limits.ts";
import { readSettings } from "../../lib/settings/settings.ts";
import { created } from "../support/events.ts";
import type { Answer } from "../support/function.ts";
import { describeScene } from "./suite.ts";

describeScene("a function that has much to do", "busy", (scene) => {
  /** A function whose calls to the API server wait until `open` is called; `waiting` settles once `count` do. */
  function gated(count: number) {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const { promise: waiting, resolve: enough } = Promise.withResolvers<void>();
    let calls = 0;
    const fn = scene.start({}, (send) => async (request, signal) => {
      calls++;
      if (calls === count) enough();
      await opened;
      return send(request, signal);
    });
    return { fn, waiting, open };
  }

  const event = created("ep_BUSY", "http://busy.busy", 0, { bindings: ["public"] });

  const expectBusy = (answer: Answer, reason: string) => {
    expect(answer).toMatchObject({ status: 503, body: { status: 503, reason } });
    expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
  };

  it("answers 503 to what is too many at once, and handles what it took on", async () => {
    expect((await scene.fn.post(event)).body.outcome).toBe("excluded");
    const { fn, waiting, open } = gated(REQUESTS_AT_ONCE);
    const posted = Array.from({ length: REQUESTS_AT_ONCE }, () => fn.post(event));
    await waiting;
    const requests = await scene.requests(async () => expectBusy(await fn.post(event), "TooManyRequests"));
    expect(requests).toEqual([]);
    expect((await fn.app.inject("/healthz")).statusCode).toBe(200);
    open();
    const outcomes = (await Promise.all(posted)).map(({ body }) => body.outcome);
    expect(outcomes).toEqual(Array.from({ length: REQUESTS_AT_ONCE }, () => "unchanged"));
    expect((await fn.post(event)).status).toBe(200);
  });

  it("that is ending finishes what is in flight and takes nothing on", async () => {
    const { fn, waiting, open } = gated(1);
    const first = fn.post(created("ep_DRAIN", "http://drain.busy"));
    await waiting;
    expect((await fn.app.inject("/readyz")).statusCode).toBe(200);
    let drained = false;
    const quiet = fn.app.drain().then(() => {
      drained = true;
    });
    expectBusy(await fn.post(created("ep_LATE", "http://late.busy")), "Draining");
    const ready = await fn.app.inject("/readyz");
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toMatchObject({ status: 503, reason: "Draining" });
    expect((await fn.app.inject("/healthz")).json()).toEqual({ status: "ok" });
    expect(drained).toBe(false);
    open();
    expect(await first).toMatchObject({ status: 200, body: { outcome: "bound", ready: true } });
    await quiet;
    expect(await scene.objects()).not.toContain("Service busy/late");
  });

  it("passes on how long the API server wants senders to wait", async () => {
    const fn = scene.start({}, () => async () => ({
      status: 429,
      headers: { "retry-after": "17" },
      body: { kind: "Status", message: "too many requests", reason: "TooManyRequests" },
    }));
    const answer = await fn.post(event);
    expectBusy(answer, "ClusterUnavailable");
    expect(answer.headers["retry-after"]).toBe("17");
    expect(answer.body.detail).toMatch(
      /^GET \/apis\/pushbind\.dev\/.*\/endpointrecords\/ep-\S+: too many requests$/,
    );
  });
});

describe("the probes", () => {
  function appThat(checkReady: (signal: AbortSignal) => Promise<void>) {
    const read = readSettings({});
    if (!read.ok) throw new Error("the defaults are not right");
    return buildApp({
      world: {
        transport: () => Promise.reject(new Error("there is no cluster")),
        settings: read.settings,
        now: () => instantOf(new Date()),
        random: Math.random,
        sleep: async () => undefined,
        rounds: new Rounds(),
      },
      logger: pino({ level: "silent" }),
      checkReady,
    });
  }

  it("say that the process is up, and that the API server answers", async () => {
    const app = appThat(async () => undefined);
    expect((await app.inject("/healthz")).json()).toEqual({ status: "ok" });
    expect((await app.inject("/readyz")).json()).toEqual({ status: "ok" });
  });

  it("say what is wrong where it does not", async () => {
    const app = appThat(() => Promise.reject(new Error("the API server answered 500 to GET /readyz")));
    const ready = await app.inject("/readyz");
    expect(ready.statusCode).toBe(503);
    expect(ready.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(Number(ready.headers["retry-after"])).toBeGreaterThan(0);
    expect(ready.json()).toMatchObject({
      reason: "ClusterUnavailable",
      detail: "the API server answered 500 to GET /readyz",
    });
    expect((await app.inject("/healthz")).statusCode).toBe(200);
  });
});
