import { expect } from "vitest";
import { type Api, contract, JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH } from "./contract.ts";
import { BOUND_ENDPOINTS, boundEndpoint, LEASES, lease, SERVICES, service } from "./objects.ts";

// How requests are refused that are wrong whatever is stored, and JSON patches, which are the same for all kinds.

const PORTS = { ports: [{ port: 80 }] };

contract("bodies of a Service that cannot be decoded", async (api) => {
  const all = SERVICES(await api.namespace());
  const wrong = [
    service("one", { ports: [{ port: "80" }] }),
    service("one", { ports: [{ port: 1.5 }] }),
    service("one", { ports: [{ port: 2 ** 40 }] }),
    service("one", { ports: [{ port: 80, name: 5 }] }),
    service("one", { type: {} }),
    service("one", { ports: [{ port: 80 }], publishNotReadyAddresses: "yes" }),
    service("one", PORTS, { labels: { a: true } }),
    { ...service("one", PORTS), metadata: { name: "one", namespace: "another" } },
  ];
  for (const body of wrong)
    expect(await api.post(all, body)).toMatchObject({ status: 400, body: { reason: "BadRequest" } });
});

contract("unknown fields of a Service are dropped, or refused when asked", async (api) => {
  const all = SERVICES(await api.namespace());
  const odd = (name: string) => service(name, { bogus: [], ports: [{ port: 80, odd: 1 }] });
  const kept = await api.post(all, odd("one"));
  expect(kept.status).toBe(201);
  expect(kept.warnings).toHaveLength(2);
  const refused = await api.post(`${all}?fieldValidation=Strict`, odd("two"));
  expect(refused.body.message).toContain('unknown field "spec.bogus", unknown field "spec.ports[0].odd"');
  expect((await api.patch(`${all}/one?fieldValidation=Strict`, { spec: { bogus: 1 } })).status).toBe(422);
  expect((await api.post(`${all}?fieldValidation=Perhaps`, odd("two"))).status).toBe(422);
  expect(
    (await api.post(`${all}?fieldManager=pushbind&fieldValidation=Strict`, service("two", PORTS))).status,
  ).toBe(201);
});

contract("media types that are not taken", async (api) => {
  const namespace = await api.namespace();
  await api.post(SERVICES(namespace), service("one", PORTS));
  await api.post(BOUND_ENDPOINTS(namespace), boundEndpoint("one"));
  const json = { contentType: "application/json" };
  expect((await api.patch(`${SERVICES(namespace)}/one`, {}, json)).status).toBe(415);
  expect((await api.patch(`${BOUND_ENDPOINTS(namespace)}/one`, {}, STRATEGIC_MERGE_PATCH)).status).toBe(415);
  expect(
    (
      await api.post(SERVICES(namespace), service("two", PORTS), {
        contentType: "application/json; charset=utf-8",
      })
    ).status,
  ).toBe(201);
});

contract("methods and paths that do not exist", async (api) => {
  const namespace = await api.namespace();
  await api.post(SERVICES(namespace), service("one", PORTS));
  const answers = [
    await api.send("POST", `${SERVICES(namespace)}/one`, service("one", PORTS)),
    await api.send("PUT", SERVICES(namespace), service("one", PORTS)),
    await api.send("PATCH", SERVICES(namespace), {}, MERGE_PATCH),
    await api.send("POST", "/api/v1/services", service("one", PORTS)),
    await api.send("GET", "/api/v1/nonsense"),
    await api.send("GET", `/api/v1/namespaces/${namespace}/nonsense`),
    await api.send("GET", "/nonsense"),
    await api.send("GET", "/apis/nonsense/v1/things"),
  ];
  expect(answers.map(({ status }) => status)).toEqual([405, 405, 405, 405, 404, 404, 404, 404]);
  expect(answers[0]?.body.reason).toBe("MethodNotAllowed");
});

contract("patches that cannot be decoded or applied", async (api) => {
  const all = LEASES(await api.namespace());
  await api.post(all, lease("one", { holderIdentity: "a" }));
  for (const patch of [[1], "text", 5])
    expect((await api.patch(`${all}/one`, JSON.stringify(patch))).status).toBe(400);
  expect((await api.patch(`${all}/one`, {}, JSON_PATCH)).status).toBe(400);
  for (const operation of [
    { op: "test", path: "/spec/holderIdentity", value: "b" },
    { op: "remove", path: "/spec/none" },
    { op: "replace", path: "/spec/none/deeper", value: 1 },
    { op: "nonsense", path: "/spec" },
  ]) {
    expect(await api.patch(`${all}/one`, [operation], JSON_PATCH)).toMatchObject({
      status: 422,
      body: { reason: "Invalid" },
    });
  }
  expect((await api.patch(`${all}/one`, { metadata: { name: "two" } })).status).toBe(400);
  expect((await api.patch(`${all}/one`, { metadata: { namespace: "two" } })).status).toBe(400);
  expect((await api.patch(`${all}/one?force=true`, {})).status).toBe(422);
});

contract("JSON patches", async (api: Api) => {
  const all = SERVICES(await api.namespace());
  await api.post(
    all,
    service("one", { ports: [{ name: "a", port: 80 }] }, { labels: { a: "b", "x.example/y": "z" } }),
  );
  const patched = await api.patch(
    `${all}/one`,
    [
      { op: "test", path: "/metadata/labels/a", value: "b" },
      { op: "add", path: "/spec/ports/-", value: { name: "c", port: 82 } },
      { op: "add", path: "/spec/ports/1", value: { name: "b", port: 81 } },
      { op: "replace", path: "/spec/ports/0/port", value: 79 },
      { op: "remove", path: "/metadata/labels/x.example~1y" },
      { op: "copy", from: "/metadata/labels/a", path: "/metadata/labels/copied" },
      { op: "move", from: "/metadata/labels/a", path: "/metadata/labels/moved" },
    ],
    JSON_PATCH,
  );
  expect(patched.body.spec.ports.map(({ port }: { port: number }) => port)).toEqual([79, 81, 82]);
  expect(patched.body.metadata.labels).toEqual({ copied: "b", moved: "b" });
});

contract("a Lease that is refused", async (api) => {
  const all = LEASES(await api.namespace());
  expect((await api.post(all, lease("one", { leaseDurationSeconds: 0, leaseTransitions: -1 }))).status).toBe(
    422,
  );
  expect((await api.post(all, lease("one", { renewTime: "never" }))).status).toBe(400);
  const full = {
    holderIdentity: "",
    leaseDurationSeconds: 1,
    leaseTransitions: 0,
    renewTime: "2025-10-29T01:20:43.000001Z",
  };
  expect((await api.post(all, lease("one", full))).body.spec).toEqual(full);
});
