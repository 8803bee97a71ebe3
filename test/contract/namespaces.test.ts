import { expect } from "vitest";
import { contract } from "./contract.ts";
import { BOUND_ENDPOINTS, boundEndpoint, EVENTS, LEASES, lease, SERVICES, service } from "./objects.ts";

const PORTS = { ports: [{ port: 80 }] };

contract("a namespace", async (api) => {
  const name = await api.namespace();
  const { body } = await api.get(`/api/v1/namespaces/${name}`);
  expect(body).toMatchObject({ status: { phase: "Active" }, spec: { finalizers: ["kubernetes"] } });
  expect(body.metadata.labels).toEqual({ "kubernetes.io/metadata.name": name });
  const labels = { "kubernetes.io/metadata.name": "another", a: "b" };
  const patched = await api.patch(`/api/v1/namespaces/${name}`, {
    metadata: { labels },
    status: { phase: "Terminating" },
  });
  expect(patched.body).toMatchObject({
    status: { phase: "Active" },
    metadata: { labels: { "kubernetes.io/metadata.name": name, a: "b" } },
  });
  const wrong = { apiVersion: "v1", kind: "Namespace", metadata: { name: "Not_a.label" } };
  expect((await api.post("/api/v1/namespaces", wrong)).status).toBe(422);
  expect((await api.post("/api/v1/namespaces", { ...wrong, metadata: { name } })).body.reason).toBe(
    "AlreadyExists",
  );
  expect((await api.get("/api/v1/namespaces/does-not-exist")).status).toBe(404);
  expect((await api.delete("/api/v1/namespaces/does-not-exist")).status).toBe(404);
  expect((await api.delete("/api/v1/namespaces/default")).body.reason).toBe("Forbidden");
  expect((await api.delete(`/api/v1/namespaces/${name}`, { preconditions: { uid: "another" } })).status).toBe(
    409,
  );
  expect((await api.get(`/api/v1/namespaces?fieldSelector=metadata.name%3D${name}`)).body.items).toHaveLength(
    1,
  );
});

contract("nothing new comes into a terminating namespace", async (api) => {
  const name = await api.namespace();
  // What finalizers hold keeps the namespace, whether or not a namespace controller deletes the rest.
  const held = { finalizers: ["example.com/held"] };
  await api.post(SERVICES(name), service("held", PORTS, held));
  const deleted = await api.delete(`/api/v1/namespaces/${name}`);
  expect(deleted.body.status.phase).toBe("Terminating");
  expect(deleted.body.metadata.deletionTimestamp).toBeDefined();
  const refused = await api.post(SERVICES(name), service("new", PORTS));
  expect(refused).toMatchObject({
    status: 403,
    body: { reason: "Forbidden", details: { causes: [{ reason: "NamespaceTerminating" }] } },
  });
  expect((await api.post(BOUND_ENDPOINTS(name), boundEndpoint("new"))).status).toBe(403);
  expect((await api.post(LEASES(name), lease("new"))).status).toBe(403);
  expect((await api.put(`${SERVICES(name)}/new`, service("new", PORTS))).status).toBe(403);
  expect((await api.get(`${SERVICES(name)}/new`)).status).toBe(404);
  expect((await api.get(`/api/v1/namespaces/${name}`)).body.status.phase).toBe("Terminating");
});

contract("events", async (api) => {
  const namespace = await api.namespace();
  const involvedObject = { apiVersion: "v1", kind: "Service", namespace, name: "app", uid: "some-uid" };
  const event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "app.1" },
    involvedObject,
    reason: "Bound",
    message: "bound",
    type: "Normal",
    source: { component: "pushbind" },
    firstTimestamp: "2025-10-29T01:20:43Z",
    lastTimestamp: "2025-10-29T01:20:43Z",
    count: 1,
  };
  expect((await api.post(EVENTS(namespace), event)).status).toBe(201);
  expect(
    (
      await api.post(EVENTS(namespace), {
        ...event,
        metadata: { name: "app.2" },
        involvedObject: { kind: "X" },
      })
    ).status,
  ).toBe(422);
  const found = async (query: string) =>
    (await api.get(`${EVENTS(namespace)}?fieldSelector=${query}`)).body.items.length;
  expect(
    await found("involvedObject.name%3Dapp,involvedObject.kind%3DService,involvedObject.uid%3Dsome-uid"),
  ).toBe(1);
  expect(await found("involvedObject.name%3Dother")).toBe(0);
});
