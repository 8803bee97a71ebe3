import { expect } from "vitest";
import { contract } from "./contract.ts";
import { BOUND_ENDPOINTS, BOUND_HOSTS, boundEndpoint, condition, RECORDS } from "./objects.ts";

// What the CRDs promise: validation, pruning, the status subresource, generations.

const strict = "?fieldValidation=Strict";

contract("a BoundEndpoint that its schema refuses, with every error", async (api) => {
  const all = BOUND_ENDPOINTS(await api.namespace());
  const target = { service: "app", namespace: "example", protocol: "TCP", port: 80 };
  const wrong = [
    { port: 0, scheme: "gopher" },
    { port: 65_536 },
    { port: "80" },
    { port: null },
    { endpointURL: "app.example" },
    { endpointURL: `http://${"a".repeat(200)}.example:80` },
    { endpointURL: 5 },
    { target: { ...target, service: "Upper" } },
    { target: { ...target, service: "a".repeat(64) } },
    { target: { service: "app", port: "x" } },
    { target: [] },
    { target: { ...target, metadata: { labels: { a: 1 }, annotations: "none" } } },
  ];
  for (const spec of wrong) {
    expect(await api.post(all, boundEndpoint("one", spec))).toMatchObject({
      status: 422,
      body: { reason: "Invalid" },
    });
  }
  for (const object of [{ spec: undefined }, { spec: null }, { spec: "text" }, { spec: [] }, { spec: {} }]) {
    expect((await api.post(all, { ...boundEndpoint("one"), ...object })).status).toBe(422);
  }
});

contract("unknown fields of a BoundEndpoint are dropped, or refused when asked", async (api) => {
  const all = BOUND_ENDPOINTS(await api.namespace());
  const odd = {
    ...boundEndpoint("one", {
      bogus: 1,
      target: { service: "app", namespace: "example", protocol: "TCP", port: 80, more: {} },
    }),
    extra: 1,
  };
  const kept = await api.post(all, odd);
  expect(kept.status).toBe(201);
  expect(kept.body.extra).toBeUndefined();
  expect(kept.warnings.length).toBe(3);
  expect(
    (await api.post(`${all}?fieldValidation=Ignore`, { ...odd, metadata: { name: "two" } })).warnings,
  ).toEqual([]);
  const refused = await api.post(`${all}${strict}`, { ...odd, metadata: { name: "three" } });
  expect(refused.body.message).toContain('strict decoding error: unknown field "extra"');
  expect((await api.patch(`${all}/one${strict}`, { spec: { bogus: 1 } })).status).toBe(422);
  expect((await api.patch(`${all}/one${strict}`, { spec: { port: 10_001 } })).status).toBe(200);
  expect((await api.patch(`${all}/one`, { metadata: { bogus: 1 } })).status).toBe(200);
});

contract("status and spec of a BoundEndpoint are written apart", async (api) => {
  const all = BOUND_ENDPOINTS(await api.namespace());
  const { body: created } = await api.post(all, {
    ...boundEndpoint("one"),
    status: { hashedName: "ignored" },
  });
  expect(created.status).toBeUndefined();
  expect(created.metadata.generation).toBe(1);
  expect((await api.patch(`${all}/one`, { status: { hashedName: "ignored" } })).body.status).toBeUndefined();

  const status = {
    hashedName: "ngrok-x",
    endpointsSummary: "1 endpoint",
    endpoints: [{ id: "ep_1" }],
    conditions: [condition("Ready", "True")],
  };
  const written = await api.patch(`${all}/one/status`, {
    status,
    spec: { port: 5 },
    metadata: { labels: { ignored: "too" } },
  });
  expect(written.body.status).toEqual(status);
  expect(written.body.spec.port).toBe(10_000);
  expect(written.body.metadata.labels).toBeUndefined();
  expect(written.body.metadata.generation).toBe(1);

  const changed = await api.patch(`${all}/one`, { spec: { port: 10_001 } });
  expect(changed.body.metadata.generation).toBe(2);
  expect(changed.body.status).toEqual(status);
  const labelled = await api.patch(`${all}/one`, { metadata: { labels: { a: "b" } } });
  expect(labelled.body.metadata.generation).toBe(2);
  const stale = { metadata: { resourceVersion: created.metadata.resourceVersion }, status: {} };
  expect((await api.patch(`${all}/one/status`, stale)).status).toBe(409);
  expect((await api.get(`${all}/one/status`)).body).toEqual(labelled.body);
  const replaced = await api.put(`${all}/one/status`, {
    ...labelled.body,
    status: { hashedName: "ngrok-y" },
    spec: { ...labelled.body.spec, port: 7 },
  });
  expect(replaced.body).toMatchObject({ status: { hashedName: "ngrok-y" }, spec: { port: 10_001 } });
  const again = await api.patch(`${all}/one/status`, { status: { hashedName: "ngrok-y" } });
  expect(again.body.metadata.resourceVersion).toBe(replaced.body.metadata.resourceVersion);
  expect((await api.patch(`${all}/none/status`, { status: {} })).status).toBe(404);
  expect((await api.patch(`${all}/one/scale`, { spec: {} })).status).toBe(404);
});

contract("a status that its schema refuses", async (api) => {
  const all = BOUND_ENDPOINTS(await api.namespace());
  await api.post(all, boundEndpoint("one"));
  const ready = condition("Ready", "True");
  const wrong = [
    { conditions: [ready, condition("Ready", "False")] },
    { conditions: [{ ...ready, status: "Maybe" }] },
    { conditions: [{ type: "Ready" }] },
    { conditions: [{ ...ready, lastTransitionTime: "yesterday" }] },
    { conditions: [{ ...ready, reason: "" }] },
    { conditions: [{ ...ready, reason: "no words" }] },
    { conditions: [{ ...ready, observedGeneration: -1 }] },
    { conditions: {} },
    { endpoints: [{ uri: "x" }] },
    { endpoints: ["ep_1"] },
    { targetServiceRef: { name: "app" } },
    { hashedName: "Upper" },
  ];
  for (const status of wrong) {
    expect(await api.patch(`${all}/one/status`, { status })).toMatchObject({
      status: 422,
      body: { reason: "Invalid" },
    });
  }
});

contract("a BoundEndpoint of another kind, version or none", async (api) => {
  const all = BOUND_ENDPOINTS(await api.namespace());
  const { apiVersion: _, ...unversioned } = boundEndpoint("one");
  expect((await api.post(all, { ...boundEndpoint("one"), kind: "BoundHost" })).status).toBe(422);
  expect(
    (await api.post(all, { ...boundEndpoint("one"), apiVersion: "bindings.k8s.ngrok.com/v2" })).status,
  ).toBe(400);
  expect((await api.post(all, { metadata: { name: "one" } })).status).toBe(400);
  expect((await api.post(all, unversioned)).status).toBe(400);
  await api.post(all, boundEndpoint("one"));
  expect((await api.patch(`${all}/one`, { kind: "BoundHost" })).status).toBe(422);
  expect((await api.patch(`${all}/one`, { metadata: { resourceVersion: null } })).status).toBe(422);
  expect((await api.patch(`${all}/one`, { metadata: { labels: { a: 1 } } })).status).toBe(422);
});

const HOST = {
  apiVersion: "pushbind.dev/v1alpha1",
  kind: "BoundHost",
  metadata: { name: "app.example" },
  spec: {
    host: "app.example",
    epoch: 1,
    entries: {
      ep_1: { key: "2025-10-29T01:20:43Z upsert ev_1 0f3a 1", url: "http://app.example:80" },
    },
    urls: [{ url: "http://app.example:80", port: 10_000 }],
    summary: { urls: "http://app.example:80", endpoints: 1 },
  },
};

contract("a BoundHost has no status: its generation counts every change", async (api) => {
  const all = BOUND_HOSTS(await api.namespace());
  expect((await api.post(all, HOST)).body.metadata.generation).toBe(1);
  expect((await api.patch(`${all}/app.example`, { spec: { epoch: 2 } })).body.metadata.generation).toBe(2);
  expect((await api.patch(`${all}/app.example`, { spec: { epoch: 2 } })).body.metadata.generation).toBe(2);
  expect((await api.patch(`${all}/app.example/status`, { status: {} })).status).toBe(404);
  const twice = [{ url: "http://app.example:80" }, { url: "http://app.example:80" }];
  expect((await api.patch(`${all}/app.example`, { spec: { urls: twice } })).body.message).toContain(
    "Duplicate value",
  );
  expect((await api.patch(`${all}/app.example`, { spec: { summary: { endpoints: 1.5 } } })).status).toBe(422);
  expect((await api.patch(`${all}/app.example`, { spec: { summary: { endpoints: 2 ** 31 } } })).status).toBe(
    422,
  );
});

contract("the entries of a BoundHost", async (api) => {
  const all = BOUND_HOSTS(await api.namespace());
  await api.post(all, HOST);
  const change = async (entries: object) =>
    (await api.patch(`${all}/app.example`, { spec: { entries } })).status;
  const key = "2025-10-29T01:20:43Z upsert ev_1 0f3a 1";
  expect(await change({ ep_2: { key }, ep_1: null, ["__proto__"]: { key }, "": { key } })).toBe(200);
  expect(await change({ ep_2: { key: "2025-10-29T01:20:43Z delete \n an id with spaces 0 12" } })).toBe(200);
  expect(await change({ ep_2: { url: "http://app.example:80", key: null } })).toBe(422);
  for (const wrong of ["", "2025 upsert", key.replace("upsert", "update"), `${key}x`, "x".repeat(513)])
    expect(await change({ ep_2: { key: wrong } })).toBe(422);
  expect(await change({ ep_2: "x" })).toBe(422);
  await api.get(`${all}/app.example`);
});

contract("an EndpointRecord keeps the endpoint as it came", async (api) => {
  const all = RECORDS(await api.namespace());
  const endpoint = {
    id: "ep_1",
    nested: { any: ["thing", 1, null, { "": true }], zero: 0, none: null },
    list: [],
  };
  const record = {
    apiVersion: "pushbind.dev/v1alpha1",
    kind: "EndpointRecord",
    metadata: { name: "ep-1" },
    spec: {
      id: "ep_1",
      key: { time: "2025-10-29T01:20:43Z", kind: "upsert", eventId: "ev_1", content: "x" },
      endpoint,
      verdict: {
        state: "Bound",
        reason: "Bound",
        message: "",
        url: "http://app.example:80",
        host: "app.example",
      },
      hosts: ["app.example"],
      writtenAt: "2025-10-29T01:20:43Z",
    },
  };
  const created = await api.post(`${all}${strict}`, record);
  expect(created.status).toBe(201);
  expect(created.body.spec.endpoint).toEqual(endpoint);
  expect((await api.patch(`${all}/ep-1`, { spec: { key: { kind: "other" } } })).status).toBe(422);
  expect(
    (await api.patch(`${all}/ep-1`, { spec: { endpoint: { nested: null, id: "ep_2" } } })).body.spec.endpoint,
  ).toEqual({ id: "ep_2", list: [] });
});
