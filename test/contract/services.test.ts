import { expect } from "vitest";
import { contract, STRATEGIC_MERGE_PATCH } from "./contract.ts";
import { SERVICES, service } from "./objects.ts";

// What the API server makes of a Service, and which it refuses.

const HTTP = { name: "http", port: 80 };

contract("a ClusterIP Service gets its defaults and an address", async (api) => {
  const all = SERVICES(await api.namespace());
  const { body } = await api.post(all, service("one", { selector: { app: "one" }, ports: [{ port: 80 }] }));
  expect(body.spec).toMatchObject({
    type: "ClusterIP",
    sessionAffinity: "None",
    internalTrafficPolicy: "Cluster",
    ipFamilies: ["IPv4"],
    ipFamilyPolicy: "SingleStack",
    ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
  });
  expect(body.spec.clusterIPs).toEqual([body.spec.clusterIP]);
  expect(body.status).toEqual({ loadBalancer: {} });
  const full = {
    sessionAffinity: "ClientIP",
    internalTrafficPolicy: "Local",
    ports: [{ ...HTTP, targetPort: 10_000, protocol: "UDP" }],
  };
  const { body: other } = await api.post(all, service("two", full));
  expect(other.spec.sessionAffinityConfig).toEqual({ clientIP: { timeoutSeconds: 10_800 } });
  expect(other.spec.clusterIP).not.toBe(body.spec.clusterIP);
});

contract("an ExternalName Service has neither address nor traffic policy", async (api) => {
  const all = SERVICES(await api.namespace());
  const spec = {
    type: "ExternalName",
    externalName: "a.b.svc.cluster.local",
    sessionAffinity: "ClientIP",
    internalTrafficPolicy: "Cluster",
  };
  const { status, body } = await api.post(
    all,
    service("one", { ...spec, ports: [HTTP, { name: "tcp", port: 443, targetPort: 443 }] }),
  );
  expect(status).toBe(201);
  expect(body.spec.internalTrafficPolicy).toBeUndefined();
  expect(body.spec.clusterIP).toBeUndefined();
  expect(
    (await api.post(all, service("without-ports", { type: "ExternalName", externalName: "a.b" }))).status,
  ).toBe(201);
  expect(
    (await api.post(all, service("dot", { type: "ExternalName", externalName: "a.b." }))).body.spec
      .externalName,
  ).toBe("a.b.");
});

contract("a headless Service has no address", async (api) => {
  const all = SERVICES(await api.namespace());
  const { body } = await api.post(
    all,
    service("one", { clusterIP: "None", selector: { a: "b" }, ports: [HTTP] }),
  );
  expect(body.spec.clusterIPs).toEqual(["None"]);
  await api.post(all, service("two", { clusterIP: "None", ports: [HTTP] }));
});

contract("ports that are refused", async (api) => {
  const all = SERVICES(await api.namespace());
  const wrong: unknown[][] = [
    [],
    [{ port: 0 }],
    [{ port: 65_536 }],
    [{ port: -1 }],
    [{ port: 80 }, { port: 81 }],
    [HTTP, { name: "http", port: 81 }],
    [HTTP, { name: "other", port: 80 }],
    [{ ...HTTP, protocol: "QUIC" }],
    [{ ...HTTP, targetPort: 70_000 }],
    [{ ...HTTP, targetPort: "a-name-that-is-too-long" }],
    [{ ...HTTP, targetPort: "8080" }],
    [{ ...HTTP, targetPort: "a--b" }],
    [{ ...HTTP, targetPort: "-a" }],
    [{ ...HTTP, targetPort: "Upper" }],
    [{ name: "Upper", port: 80 }],
    [{ name: "n".repeat(64), port: 80 }],
  ];
  for (const ports of wrong) {
    expect(await api.post(all, service("one", { ports }))).toMatchObject({
      status: 422,
      body: { reason: "Invalid" },
    });
  }
  const fine = [
    [
      { ...HTTP, targetPort: "web-1" },
      { name: "dns", port: 80, protocol: "UDP" },
    ],
    [{ name: "1", port: 65_535, targetPort: 1 }],
  ];
  for (const [index, ports] of fine.entries())
    expect((await api.post(all, service(`fine-${index}`, { ports }))).status).toBe(201);
});

contract("other fields of a Service that are refused, all at once", async (api) => {
  const all = SERVICES(await api.namespace());
  const wrong = [
    { type: "Nope", ports: [HTTP] },
    { type: "ExternalName" },
    { type: "ExternalName", externalName: "no_name" },
    { type: "ExternalName", externalName: "Upper.case" },
    { type: "ExternalName", externalName: "a.b", clusterIP: "10.0.0.9" },
    {
      sessionAffinity: "Sticky",
      internalTrafficPolicy: "Nearby",
      selector: { "a b": "c d" },
      ports: [{ port: 0 }],
    },
    {
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } },
      ports: [HTTP],
    },
    {
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 86_401 } },
      ports: [HTTP],
    },
    { clusterIP: "no address", ports: [HTTP] },
  ];
  for (const spec of wrong) {
    expect(await api.post(all, service("one", spec))).toMatchObject({
      status: 422,
      body: { reason: "Invalid" },
    });
  }
});

contract("a Service name is a DNS label, which may begin with a digit", async (api) => {
  const all = SERVICES(await api.namespace());
  expect((await api.post(all, service("1one", { ports: [HTTP] }))).status).toBe(201);
  expect((await api.post(all, service("a.b", { ports: [HTTP] }))).status).toBe(422);
  expect((await api.post(all, service("n".repeat(64), { ports: [HTTP] }))).status).toBe(422);
});

contract("an address is given once", async (api) => {
  const all = SERVICES(await api.namespace());
  const { body } = await api.post(all, service("one", { ports: [HTTP] }));
  const { clusterIP } = body.spec;
  const taken = await api.post(all, service("two", { clusterIP, ports: [HTTP] }));
  expect(taken.body.message).toContain("provided IP is already allocated");
  expect((await api.patch(`${all}/one`, { spec: { clusterIP: "10.96.250.1" } })).body.message).toContain(
    "may not change once set",
  );
  await api.delete(`${all}/one`);
  expect((await api.post(all, service("two", { clusterIP, ports: [HTTP] }))).body.spec.clusterIP).toBe(
    clusterIP,
  );
});

contract("the type of a Service changes there and back", async (api) => {
  const all = SERVICES(await api.namespace());
  await api.post(all, service("one", { selector: { a: "b" }, ports: [HTTP] }));
  const external = await api.patch(`${all}/one`, { spec: { type: "ExternalName", externalName: "a.b" } });
  expect(external.body.spec.clusterIP).toBeUndefined();
  const back = await api.patch(`${all}/one`, { spec: { type: "ClusterIP", externalName: null } });
  expect(back.body.spec.clusterIP).toBeDefined();
  expect(back.body.spec.internalTrafficPolicy).toBe("Cluster");
  await api.patch(`${all}/one`, {
    spec: { type: "ExternalName", externalName: "c.d", selector: null, ports: null, clusterIP: null },
  });
  expect((await api.patch(`${all}/one`, { spec: { type: "ClusterIP" } })).status).toBe(422);
});

contract("a Service is changed by merge patches", async (api) => {
  const all = SERVICES(await api.namespace());
  await api.post(all, service("one", { selector: { a: "b" }, ports: [HTTP] }, { labels: { a: "b" } }));
  const patches = [
    { spec: { sessionAffinity: "ClientIP" } },
    { spec: { sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } } },
    { spec: { sessionAffinity: "None" } },
    {
      spec: {
        ports: [
          { name: "http", port: 81 },
          { name: "tcp", port: 443, targetPort: 10_001 },
        ],
      },
    },
    { spec: { selector: { a: null, c: "d" } }, metadata: { labels: null, annotations: { x: "y" } } },
    {
      spec: {
        ports: [
          { name: "http", port: 81 },
          { name: "http", port: 82 },
        ],
      },
    },
    { spec: { ports: null } },
    { spec: { ports: "none" } },
    { status: { loadBalancer: { ingress: [] } } },
  ];
  const codes = [];
  for (const patch of patches) codes.push((await api.patch(`${all}/one`, patch)).status);
  expect(codes).toEqual([200, 200, 200, 200, 200, 422, 422, 422, 200]);
  expect((await api.get(`${all}/one`)).body.spec).toMatchObject({
    selector: { c: "d" },
    ports: [{ port: 81 }, { targetPort: 10_001 }],
  });
});

contract("a Service is changed by strategic merge patches, which merge ports by number", async (api) => {
  const all = SERVICES(await api.namespace());
  const patch = (body: unknown) => api.patch(`${all}/one`, body, STRATEGIC_MERGE_PATCH);
  await api.post(
    all,
    service("one", { selector: { a: "b" }, ports: [HTTP] }, { finalizers: ["example.com/a"] }),
  );
  const two = await patch({ spec: { ports: [{ port: 81, name: "more" }] } });
  expect(two.body.spec.ports.map(({ port }: { port: number }) => port).sort()).toEqual([80, 81]);
  const changed = await patch({ spec: { ports: [{ port: 80, targetPort: 8080 }] } });
  expect(changed.body.spec.ports).toContainEqual({
    name: "http",
    port: 80,
    protocol: "TCP",
    targetPort: 8080,
  });
  const ordered = await patch({
    spec: {
      "$setElementOrder/ports": [{ port: 81 }, { port: 80 }],
      ports: [{ port: 80, targetPort: 8081 }],
    },
  });
  expect(ordered.body.spec.ports.map(({ port }: { port: number }) => port)).toEqual([81, 80]);
  const one = await patch({ spec: { ports: [{ port: 81, $patch: "delete" }] } });
  expect(one.body.spec.ports).toHaveLength(1);
  expect(
    (await patch({ metadata: { finalizers: ["example.com/b"] } })).body.metadata.finalizers,
  ).toHaveLength(2);
  const without = { "$deleteFromPrimitiveList/finalizers": ["example.com/a", "example.com/b"] };
  expect((await patch({ metadata: without })).body.metadata.finalizers).toBeUndefined();
  expect((await patch({ spec: { selector: { $patch: "replace", c: "d" } } })).body.spec.selector).toEqual({
    c: "d",
  });
  expect((await patch({ spec: { selector: null } })).body.spec.selector).toBeUndefined();
  expect(
    (await patch({ spec: { $patch: "replace", type: "ClusterIP", ports: [{ port: 1 }] } })).body.spec.ports,
  ).toHaveLength(1);
});

contract("a Service is replaced without its revision, and keeps its address", async (api) => {
  const all = SERVICES(await api.namespace());
  const { body } = await api.post(all, service("one", { ports: [HTTP] }));
  const replaced = await api.put(`${all}/one`, service("one", { ports: [{ port: 81 }] }));
  expect(replaced.body.spec.clusterIP).toBe(body.spec.clusterIP);
  expect((await api.put(`${all}/two`, service("two", { ports: [HTTP] }))).status).toBe(201);
});

contract("finalizers of a Service are qualified names", async (api) => {
  const all = SERVICES(await api.namespace());
  expect((await api.post(all, service("one", { ports: [HTTP] }, { finalizers: ["plain"] }))).status).toBe(
    422,
  );
  expect((await api.post(all, service("one", { ports: [HTTP] }, { finalizers: ["a b/c"] }))).status).toBe(
    422,
  );
});

contract("a Service may have its name generated", async (api) => {
  const all = SERVICES(await api.namespace());
  const { body } = await api.post(all, {
    ...service("", { ports: [HTTP] }),
    metadata: { generateName: "gen-" },
  });
  expect(body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
});
