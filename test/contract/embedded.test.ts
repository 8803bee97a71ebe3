import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ApiRequest } from "../../lib/cluster/transport.ts";
import { projectCrds } from "../../lib/embedded/crds.ts";
import { startEmbedded } from "../../lib/embedded/server.ts";
import { createStore, type Store, type StoreOptions } from "../../lib/embedded/store.ts";
import { BOUND_ENDPOINTS, boundEndpoint, LEASES, lease, SERVICES, service } from "./objects.ts";

// What only the embedded API promises: to be repeatable, to be copied, to take anything without falling over.

const CRDS = projectCrds();
const PORTS = { ports: [{ port: 80 }] };

function newStore(options: Partial<StoreOptions> = {}): Store {
  let count = 0;
  let seconds = 0;
  return createStore({
    clock: () => new Date(Date.UTC(2025, 0, 1, 0, 0, seconds++)),
    uid: () => `00000000-0000-4000-8000-${String(count++).padStart(12, "0")}`,
    crds: CRDS,
    ...options,
  });
}

const post = (path: string, body: unknown): ApiRequest => ({ method: "POST", path, body });
const patch = (path: string, body: unknown): ApiRequest => ({
  method: "PATCH",
  path,
  body,
  contentType: "application/merge-patch+json",
});

const REQUESTS: readonly ApiRequest[] = [
  post(SERVICES("default"), service("one", PORTS)),
  post(BOUND_ENDPOINTS("default"), boundEndpoint("one")),
  post("/api/v1/namespaces/default/events", {
    apiVersion: "v1",
    kind: "Event",
    metadata: { generateName: "one." },
    involvedObject: { kind: "Service", name: "one", namespace: "default" },
  }),
  patch(`${BOUND_ENDPOINTS("default")}/one`, { spec: { port: 10_001 } }),
  { method: "DELETE", path: `${SERVICES("default")}/one` },
  { method: "GET", path: "/api/v1/events" },
];

describe("a store", () => {
  test("answers the same to the same requests, clock and uids", () => {
    const [one, two] = [newStore(), newStore()];
    const answers = REQUESTS.map((request) => one.handle(request));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 200, 200, 200]);
    expect(REQUESTS.map((request) => two.handle(request))).toEqual(answers);
  });

  test("goes back to a snapshot, and from it on as often as wanted", () => {
    const store = newStore();
    store.handle(post(SERVICES("default"), service("kept", PORTS)));
    const before = store.handle({ method: "GET", path: "/api/v1/services" });
    const snapshot = store.snapshot();
    for (const change of ["first", "second"]) {
      const changed = store.handle(
        patch(`${SERVICES("default")}/kept`, { metadata: { labels: { change } } }),
      );
      expect(changed.body).toMatchObject({ metadata: { labels: { change } } });
      store.handle({ method: "DELETE", path: `${SERVICES("default")}/kept` });
      const again = store.handle(post(SERVICES("default"), service("other", PORTS)));
      expect(again.body).toMatchObject({
        spec: { clusterIP: "10.96.0.12" },
        metadata: { resourceVersion: "9" },
      });
      store.restore(snapshot);
      expect(store.handle({ method: "GET", path: "/api/v1/services" })).toEqual(before);
    }
  });

  test("stores what was sent, not the sender's object, and hands out what nobody can change", () => {
    const store = newStore();
    const sent = boundEndpoint("one", {}, { labels: { a: "b" } });
    const { body } = store.handle(post(BOUND_ENDPOINTS("default"), sent));
    (sent.spec as Record<string, unknown>).port = 1;
    const stored = store.handle({ method: "GET", path: `${BOUND_ENDPOINTS("default")}/one` })
      .body as typeof sent;
    expect(stored).toEqual(body);
    expect(() => Object.assign(stored.spec as object, { port: 1 })).toThrow(TypeError);
    expect(() => Object.assign((stored.metadata as { labels: object }).labels, { a: "c" })).toThrow(
      TypeError,
    );
  });

  test("tells each change in order, and forgets the oldest", () => {
    const store = newStore({ historyLimit: 2 });
    const seen: string[] = [];
    const end = store.subscribe(({ type, resource, revision }) =>
      seen.push(`${type} ${resource.kind} ${revision}`),
    );
    const start = store.storage.revision;
    for (let i = 0; i < 5; i++) store.handle(post(LEASES("default"), lease(`lease-${i}`)));
    end();
    store.handle({ method: "DELETE", path: `${LEASES("default")}/lease-0` });
    expect(seen).toEqual([6, 7, 8, 9, 10].map((revision) => `ADDED Lease ${revision}`));
    expect(store.storage.changesSince(start)).toBeUndefined();
    expect(store.storage.changesSince(store.storage.revision - 1)).toMatchObject([{ type: "DELETED" }]);
  });

  test("empties a terminating namespace and lets it go when nothing holds it", () => {
    const store = newStore({ namespaces: ["default", "going"] });
    const namespace = () => store.handle({ method: "GET", path: "/api/v1/namespaces/going" });
    store.handle(post(SERVICES("going"), service("plain", PORTS)));
    store.handle(post(SERVICES("going"), service("held", PORTS, { finalizers: ["example.com/held"] })));
    store.handle({ method: "DELETE", path: "/api/v1/namespaces/going" });
    expect(namespace().body).toMatchObject({ status: { phase: "Terminating" } });
    const left = store.handle({ method: "GET", path: SERVICES("going") }).body as { items: unknown[] };
    expect(left.items).toMatchObject([{ metadata: { name: "held" } }]);
    store.handle(patch(`${SERVICES("going")}/held`, { metadata: { finalizers: null } }));
    expect(namespace().status).toBe(404);
    expect(store.handle(post("/api/v1/namespaces", { metadata: { name: "going" } })).status).toBe(201);
  });

  test("says that it has neither node ports nor load balancers", () => {
    const { status, body } = newStore().handle(
      post(SERVICES("default"), service("one", { type: "NodePort", ...PORTS })),
    );
    expect(status).toBe(422);
    expect((body as { message: string }).message).toContain(
      "the embedded API has no node ports and no load balancers",
    );
  });

  test("refuses a CRD with rules that it would pass over", () => {
    const [crd] = structuredClone(CRDS);
    const schema = crd?.spec.versions[0]?.schema.openAPIV3Schema ?? {};
    Object.assign(schema, { "x-kubernetes-validations": [] });
    const message = "does not know the keyword x-kubernetes-validations";
    expect(() => newStore({ crds: crd === undefined ? [] : [crd] })).toThrow(message);
  });

  test("answers whatever is sent, and keeps what it has", () => {
    const paths = [
      SERVICES("default"),
      `${SERVICES("default")}/one`,
      BOUND_ENDPOINTS("default"),
      `${BOUND_ENDPOINTS("default")}/one`,
    ];
    const request = fc.record({
      method: fc.constantFrom("POST", "PUT", "PATCH", "DELETE", "GET") as fc.Arbitrary<ApiRequest["method"]>,
      path: fc.oneof(
        fc.constantFrom(...paths, `${BOUND_ENDPOINTS("default")}/one/status`),
        fc.string().map((text) => `/api/v1/${text}`),
      ),
      contentType: fc.constantFrom(
        "application/json",
        "application/merge-patch+json",
        "application/json-patch+json",
        "application/strategic-merge-patch+json",
      ),
      body: fc.oneof(
        fc.jsonValue(),
        fc.record(
          { metadata: fc.jsonValue(), spec: fc.jsonValue(), status: fc.jsonValue() },
          { requiredKeys: [] },
        ),
        fc.array(
          fc.record({
            op: fc.constantFrom("add", "remove", "replace", "move", "test"),
            path: fc.constantFrom("/spec", "/metadata/labels/a", "/spec/ports/0", ""),
            value: fc.jsonValue(),
          }),
        ),
      ),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 5 }), (requests) => {
        const store = newStore();
        store.handle(post(SERVICES("default"), service("one", PORTS)));
        store.handle(post(BOUND_ENDPOINTS("default"), boundEndpoint("one")));
        for (const one of requests) {
          const { status, body } = store.handle(one);
          // 500 is what the real API server, too, says to a revision that is no number.
          expect([200, 201, 400, 404, 405, 409, 415, 422, 500]).toContain(status);
          expect(JSON.parse(JSON.stringify(body))).toEqual(body);
        }
        for (const path of paths) expect([200, 404]).toContain(store.handle({ method: "GET", path }).status);
      }),
      { numRuns: 300 },
    );
  });
});

describe("the server", () => {
  test("takes no more than a body's limit, and ends", async () => {
    const embedded = await startEmbedded({ crds: CRDS, namespaces: ["there"] });
    const url = `${embedded.url}${LEASES("there")}`;
    const headers = { "content-type": "application/json" };
    const big = JSON.stringify(lease("one", { holderIdentity: "x".repeat(4 * 1024 * 1024) }));
    expect((await fetch(url, { method: "POST", headers, body: big })).status).toBe(413);
    const malformed = await fetch(url, { method: "POST", headers, body: "{bad" });
    expect(await malformed.json()).toMatchObject({ code: 400, reason: "BadRequest" });
    const yaml = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/yaml" },
      body: "metadata: {name: from-yaml}",
    });
    expect(yaml.status).toBe(201);
    const protobuf = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/vnd.kubernetes.protobuf" },
      body: "k8s\0",
    });
    expect(protobuf.status).toBe(415);
    expect((await fetch(url, { method: "OPTIONS" })).status).toBe(405);
    const watching = await fetch(`${url}?watch=true`);
    await embedded.close();
    await expect(watching.text()).rejects.toThrow();
    await expect(fetch(url)).rejects.toThrow();
  });

  test("says where a watch can no longer begin", async () => {
    const embedded = await startEmbedded({ crds: CRDS });
    for (let i = 0; i < 2100; i++) embedded.store.handle(post(LEASES("default"), lease(`lease-${i}`)));
    const answer = await fetch(`${embedded.url}${LEASES("default")}?watch=true&resourceVersion=5`);
    expect(await answer.json()).toMatchObject({ code: 410, reason: "Expired" });
    await embedded.close();
  });
});
