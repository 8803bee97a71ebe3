import { describe, expect, it } from "vitest";
import type { Reply } from "../../functions/reply.ts";
import type { BoundEndpoint, BoundHost } from "../../lib/cluster/objects.ts";
import { listOf, newCluster } from "./cluster.ts";
import { type SimEvent, START } from "./events.ts";
import { deliverTo, newCopy } from "./function.ts";
import { type Random, seeded } from "./random.ts";
import { type Call, Scheduler } from "./scheduler.ts";

const COUNT = 60;
const URL = "http://a.x";

/** Runs everything that is under way, in random order; `onCall` is told each call and its status. */
async function runAll(scheduler: Scheduler, random: Random, handle: (call: Call) => number): Promise<void> {
  for (await scheduler.settle(); scheduler.running > 0; await scheduler.settle()) {
    const next = random.pick(scheduler.waiting);
    scheduler.take(next);
    if (next.kind === "pause") next.wake();
    else handle(next);
  }
}

function burst(scheduler: Scheduler, events: SimEvent[]): Reply[] {
  const copy = newCopy("instance", "plain");
  const replies: Reply[] = [];
  for (const event of events)
    deliverTo(
      scheduler,
      copy,
      event,
      () => 0.5,
      (reply) => replies.push(reply),
    );
  return replies;
}

describe("a burst of events for one host, in one instance", () => {
  it.each([1, 2, 3])("shares its passes, and ends with every endpoint (order %i)", async (seed) => {
    const scheduler = new Scheduler(START);
    const store = newCluster(() => new Date(scheduler.now));
    const calls: string[] = [];
    const replies = burst(
      scheduler,
      Array.from({ length: COUNT }, (_, n) => ({ n, endpoint: n, kind: "upsert", at: 1, url: URL })),
    );
    await runAll(scheduler, seeded(seed), (call) => {
      const response = store.handle(call.request);
      const { method, path, accept } = call.request;
      calls.push(`${response.status} ${method} ${path.replace(/\?.*/, "")} ${accept}`);
      call.resolve(response);
      return response.status;
    });
    expect(replies.map(({ status, body }) => [status, body.outcome, body.ready])).toEqual(
      Array.from({ length: COUNT }, () => [200, "bound", true]),
    );
    const [ledger] = listOf<BoundHost>(store, "ledgers");
    const [boundEndpoint] = listOf<BoundEndpoint>(store, "boundEndpoints");
    expect(Object.keys(ledger?.spec.entries ?? {})).toHaveLength(COUNT);
    expect(boundEndpoint?.status?.endpoints).toHaveLength(COUNT);
    // The records are apart; the ledger is written once a round, and rounds are few.
    const ledgerWrites = calls.filter((call) => / (POST|PATCH) .*boundhosts/.test(call)).length;
    expect(ledgerWrites).toBeLessThan(COUNT / 4);
    // Nobody else writes it, so it is read once; after that, only whether it is still so.
    expect(calls.filter((call) => / GET .*boundhosts.* application\/json$/.test(call))).toHaveLength(1);
    expect(calls.filter((call) => call.startsWith("409"))).toEqual([]);
  });

  it("answers none by a pass that read the ledger before its merge", async () => {
    const scheduler = new Scheduler(START);
    const store = newCluster(() => new Date(scheduler.now));
    const random = seeded(5);
    const events = Array.from(
      { length: 12 },
      (_, n): SimEvent => ({ n, endpoint: n, kind: "upsert", at: 1, url: URL }),
    );
    const copy = newCopy("instance", "plain");
    const early: string[] = [];
    for (const event of events) {
      deliverTo(
        scheduler,
        copy,
        event,
        () => 0.5,
        () => {
          const [boundEndpoint] = listOf<BoundEndpoint>(store, "boundEndpoints");
          const ids = boundEndpoint?.status?.endpoints?.map(({ id }) => id) ?? [];
          if (!ids.includes(`ep_${event.endpoint}`)) early.push(`ep_${event.endpoint}`);
        },
      );
      // Some come while a round is under way.
      for (let step = random.below(6); step > 0; step--) {
        await scheduler.settle();
        const [next] = scheduler.waiting;
        if (next?.kind !== "call") break;
        scheduler.take(next);
        next.resolve(store.handle(next.request));
      }
    }
    await runAll(scheduler, random, (call) => {
      const response = store.handle(call.request);
      call.resolve(response);
      return response.status;
    });
    expect(early).toEqual([]);
  });

  it("reads the ledger for a delivery that brings nothing, though the round before knew it", async () => {
    const scheduler = new Scheduler(START);
    const store = newCluster(() => new Date(scheduler.now));
    const event: SimEvent = { n: 0, endpoint: 0, kind: "upsert", at: 1, url: URL };
    const replies = burst(scheduler, [event, event]);
    const reads: string[] = [];
    // The second delivery finds the record soon, and waits while the round of the first is under way.
    await scheduler.runInOrder(({ request }) => {
      const { method, path, accept } = request;
      if (method === "GET" && path.includes("/boundhosts") && accept === "application/json") reads.push(path);
      return store.handle(request);
    });
    expect(replies.map(({ status, body }) => [status, body.outcome])).toEqual([
      [200, "bound"],
      [200, "unchanged"],
    ]);
    expect(reads).toHaveLength(2);
  });

  it("says in each reply what its own event brought about, and unchanged where it brought nothing", async () => {
    const scheduler = new Scheduler(START);
    const store = newCluster(() => new Date(scheduler.now));
    const handle = (call: Call) => {
      const response = store.handle(call.request);
      call.resolve(response);
      return response.status;
    };
    const known: SimEvent = { n: 0, endpoint: 0, kind: "upsert", at: 1, url: URL };
    burst(scheduler, [known]);
    await runAll(scheduler, seeded(1), handle);
    const replies = burst(scheduler, [known, { n: 1, endpoint: 1, kind: "upsert", at: 1, url: URL }]);
    await runAll(scheduler, seeded(1), handle);
    const outcomes = Object.fromEntries(replies.map(({ body }) => [body.endpointId, body.outcome]));
    expect(outcomes).toEqual({ ep_0: "unchanged", ep_1: "bound" });
  });

  it("gives up waiting when the time is up, and lets the others go on", async () => {
    const scheduler = new Scheduler(START);
    const store = newCluster(() => new Date(scheduler.now));
    const events = Array.from(
      { length: 3 },
      (_, n): SimEvent => ({ n, endpoint: n, kind: "upsert", at: 1, url: URL }),
    );
    const replies = burst(scheduler, events);
    let aborted = false;
    const random = seeded(2);
    for (await scheduler.settle(); scheduler.running > 0; await scheduler.settle()) {
      const next = random.pick(scheduler.waiting);
      if (next.kind === "call" && next.request.path.includes("boundendpoints") && !aborted) {
        aborted = true;
        next.task.abort();
        continue;
      }
      scheduler.take(next);
      if (next.kind === "pause") next.wake();
      else next.resolve(store.handle(next.request));
    }
    expect(aborted).toBe(true);
    expect(replies).toHaveLength(3);
    expect(replies.map(({ status }) => status).filter((status) => status !== 200 && status !== 503)).toEqual(
      [],
    );
    expect(replies.some(({ body }) => body.reason === "DeadlineExceeded")).toBe(true);
  });
});
