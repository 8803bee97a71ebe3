import { expect, test } from "vitest";
import type { ApiRequest, Transport } from "../../lib/cluster/transport.ts";
import { created, deleted, type NgrokEvent, updated } from "../support/events.ts";
import type { Answer } from "../support/function.ts";
import { difference, HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

/** What goes wrong with one call. */
type Fault = {
  what: string;
  /** Stands in for the call. */
  strike: (send: () => ReturnType<Transport>) => ReturnType<Transport>;
  /** What the reply says. */
  retryAfter: string;
  /**
   * How many calls of a delivery it strikes in turn. One fault that strikes all is enough: an answer that is lost at one
   * call leaves what a call that never went out leaves at the next.
   */
  calls: number;
};

const answering = (status: number, headers: Record<string, string> = {}) =>
  Promise.resolve({ status, headers, body: { kind: "Status", message: `answer ${status}` } });

const FAULTS: Fault[] = [
  {
    what: "the connection is refused",
    strike: () => Promise.reject(new Error("connect ECONNREFUSED 127.0.0.1:6443")),
    retryAfter: "5",
    calls: 2,
  },
  {
    what: "the answer is lost after the call took effect",
    strike: async (send) => {
      await send();
      throw new Error("socket hang up");
    },
    retryAfter: "5",
    calls: Number.POSITIVE_INFINITY,
  },
  {
    what: "the call takes too long",
    strike: () => Promise.reject(new DOMException("The operation timed out", "TimeoutError")),
    retryAfter: "5",
    calls: 2,
  },
  { what: "429", strike: () => answering(429, { "retry-after": "7" }), retryAfter: "7", calls: 2 },
  { what: "500", strike: () => answering(500), retryAfter: "5", calls: 2 },
  {
    what: "504 after the call took effect",
    strike: async (send) => {
      await send();
      return answering(504);
    },
    retryAfter: "5",
    calls: 2,
  },
];

/** Lets a fault strike the n-th call, counted from 0, and reports whether there was one. */
function striking(
  { strike }: Fault,
  n: number,
): { through: (send: Transport) => Transport; struck(): boolean } {
  let calls = 0;
  return {
    through: (send) => (request, signal) =>
      calls++ === n ? strike(() => send(request, signal)) : send(request, signal),
    struck: () => calls > n,
  };
}

describeScene("the API server fails", "outages", (scene) => {
  const { fn, operator } = scene;
  const view = new HostView(scene);

  const deliveries: Delivery[] = [
    {
      what: "a new endpoint on a new host",
      before: () => [],
      event: (id, host) => created(id, `http://${host}`),
      after: (host) => [`http://${host}:80`],
    },
    {
      what: "a further URL",
      before: (id, host) => [created(`${id}_first`, `http://${host}`)],
      event: (id, host) => created(id, `tcp://${host}:5432`, 1),
      after: (host) => [`http://${host}:80`, `tcp://${host}:5432`],
    },
    {
      what: "a move to another host",
      before: (id, host) => [created(id, `http://from-${host}`)],
      event: (id, host) => updated(id, `http://${host}`, 1),
      after: (host) => [`http://${host}:80`],
    },
    {
      what: "a delete that empties the host",
      before: (id, host) => [created(id, `http://${host}`)],
      event: (id) => deleted(id, 1),
      after: () => [],
    },
  ];

  /** Posts the event while the n-th call fails, then again as its sender does. False where there was no such call. */
  async function round(delivery: Delivery, fault: Fault, n: number, name: string): Promise<boolean> {
    const host = `${name}-${n}.outages`;
    const id = `ep_${name}_${n}`;
    const event = delivery.event(id, host);
    for (const earlier of delivery.before(id, host)) expect((await fn.post(earlier)).status).toBe(200);
    const { through, struck } = striking(fault, n);
    const answer = await scene.start({}, through).post(event);
    if (struck()) expectFailed(answer, fault);
    else expect(answer.status).toBe(200);

    expect((await fn.post(event)).body).toMatchObject({ ready: true });
    const urls = delivery.after(host);
    for (const url of urls) expect(await view.condition(url, "Ready")).toBe("True");
    expect(Object.keys(await view.targetPorts(host))).toHaveLength(urls.length);
    expect(await scene.writes(() => fn.post(event))).toEqual([]);
    for (const left of [id, `${id}_first`]) await fn.post(deleted(left, 9));
    return struck();
  }

  for (const [index, delivery] of deliveries.entries()) {
    for (const [kind, fault] of FAULTS.entries()) {
      test(`${delivery.what}: ${fault.what}, at one call after the other; sent again it ends right`, async () => {
        const since = await difference(scene);
        let n = 0;
        while (n < fault.calls && (await round(delivery, fault, n, `app-${index}-${kind}`))) n++;
        expect(n).toBeGreaterThan(1);
        expect(await since()).toEqual({ come: [], gone: [] });
      });
    }
  }

  test("after all that, no URL has claimed two ports", async () => {
    const leases = await scene.read<{ items: Claim[] } & Claim>(
      `/apis/coordination.k8s.io/v1/namespaces/${operator}/leases`,
    );
    const holders = leases?.items.map(({ spec }) => spec.holderIdentity) ?? [];
    expect(holders.length).toBeGreaterThan(50);
    expect(new Set(holders).size).toBe(holders.length);
  });

  test("unreachable: 503 with Retry-After, for each event of a batch, and no word of the cause is lost", async () => {
    const down = scene.start(
      {},
      () => () => Promise.reject(new Error("connect ECONNREFUSED 127.0.0.1:6443")),
    );
    const answer = await down.post(created("ep_down", "http://down.outages"));
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("5");
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.body).toMatchObject({
      status: 503,
      outcome: "failed",
      reason: "ClusterUnavailable",
      detail: "the API server could not be reached: connect ECONNREFUSED 127.0.0.1:6443",
      changes: [],
    });
  });

  test("one host fails: the others of the endpoint are looked after all the same", async () => {
    await fn.post(created("ep_hosts", "http://z-from.outages"));
    const failing = scene.start(
      {},
      (send) => (request: ApiRequest, signal) =>
        request.path.includes("a-to.outages") ? answering(500) : send(request, signal),
    );
    const event = updated("ep_hosts", "http://a-to.outages", 1);
    expect((await failing.post(event)).status).toBe(503);
    expect(await view.target("z-from.outages")).toBeUndefined();
    expect((await fn.post(event)).body).toMatchObject({ outcome: "bound", ready: true });
    expect(await view.condition("http://a-to.outages:80", "Ready")).toBe("True");
  });
});

type Delivery = {
  what: string;
  /** What was handled before it. */
  before: (id: string, host: string) => NgrokEvent[];
  event: (id: string, host: string) => NgrokEvent;
  /** The URLs that the host serves after it. */
  after: (host: string) => string[];
};

function expectFailed(answer: Answer, fault: Fault): void {
  expect(answer.status).toBe(503);
  expect(answer.headers["retry-after"]).toBe(fault.retryAfter);
  expect(answer.body).toMatchObject({ outcome: "failed", reason: "ClusterUnavailable" });
}

type Claim = {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: { holderIdentity: string };
};
