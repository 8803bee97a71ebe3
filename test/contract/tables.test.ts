import { expect } from "vitest";
import { contract } from "./contract.ts";
import {
  BOUND_ENDPOINTS,
  BOUND_HOSTS,
  boundEndpoint,
  condition,
  EVENTS,
  LEASES,
  lease,
  RECORDS,
  SERVICES,
  service,
} from "./objects.ts";

const TABLE = {
  accept:
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
};

contract("tables of the built-in kinds", async (api) => {
  const namespace = await api.namespace();
  await api.post(SERVICES(namespace), service("a", { selector: { x: "y", a: "b" }, ports: [{ port: 80 }] }));
  const ports = [
    { name: "a", port: 80 },
    { name: "b", port: 53, protocol: "UDP" },
  ];
  await api.post(SERVICES(namespace), service("b", { type: "ExternalName", externalName: "x.y", ports }));
  await api.post(SERVICES(namespace), service("c", { clusterIP: "None", selector: { a: "b" } }));
  await api.post(LEASES(namespace), lease("one", { holderIdentity: "me" }));
  await api.post(LEASES(namespace), lease("two"));
  const services = await api.get(SERVICES(namespace), TABLE);
  expect(services.body.rows.map(({ cells }: { cells: unknown[] }) => cells[0])).toEqual(["a", "b", "c"]);
  expect(services.body.rows[1].cells.slice(1, 5)).toEqual(["ExternalName", "<none>", "x.y", "80/TCP,53/UDP"]);
  await api.get(`${SERVICES(namespace)}/a`, TABLE);
  await api.get(`${SERVICES(namespace)}/a?includeObject=None`, TABLE);
  await api.get(`${SERVICES(namespace)}?includeObject=Object`, TABLE);
  expect((await api.get(`${SERVICES(namespace)}/none`, TABLE)).body.kind).toBe("Status");
  await api.get(LEASES(namespace), TABLE);
  expect((await api.get(`/api/v1/namespaces/${namespace}`, TABLE)).body.rows[0].cells.slice(0, 2)).toEqual([
    namespace,
    "Active",
  ]);
});

contract("the metadata of an object only", async (api) => {
  const namespace = await api.namespace();
  const METADATA = { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" };
  const path = `${BOUND_ENDPOINTS(namespace)}/one`;
  expect((await api.get(path, METADATA)).status).toBe(404);
  const { body: created } = await api.post(BOUND_ENDPOINTS(namespace), boundEndpoint("one"));
  const { body: found } = await api.get(path, METADATA);
  expect(found).toMatchObject({ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1" });
  expect(Object.keys(found).sort()).toEqual(["apiVersion", "kind", "metadata"]);
  expect(found.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
  await api.get(`/api/v1/namespaces/${namespace}`, METADATA);
});

contract("tables of events", async (api) => {
  const namespace = await api.namespace();
  const event = { apiVersion: "v1", kind: "Event", type: "Normal", reason: "Bound", message: "as tested" };
  const involvedObject = { kind: "BoundEndpoint", name: "one", namespace };
  const long = { firstTimestamp: "2020-01-01T00:00:00Z", lastTimestamp: "2024-01-01T00:00:00Z", count: 3 };
  await api.post(EVENTS(namespace), {
    ...event,
    ...long,
    metadata: { name: "one" },
    involvedObject,
    source: { component: "pushbind", host: "here" },
  });
  await api.post(EVENTS(namespace), {
    ...event,
    metadata: { name: "two" },
    involvedObject: { ...involvedObject, fieldPath: "spec" },
  });
  const { body } = await api.get(EVENTS(namespace), TABLE);
  expect(body.rows[0].cells[3]).toBe("boundendpoint/one");
});

contract("tables of the custom resources", async (api) => {
  const namespace = await api.namespace();
  await api.post(BOUND_ENDPOINTS(namespace), boundEndpoint("one"));
  await api.post(BOUND_ENDPOINTS(namespace), boundEndpoint("two"));
  const conditions = [
    condition("ServicesCreated", "True"),
    condition("Ready", "False", "ServiceCreationFailed"),
  ];
  await api.patch(`${BOUND_ENDPOINTS(namespace)}/two/status`, {
    status: { conditions, endpointsSummary: "2 endpoints" },
  });
  const { body } = await api.get(BOUND_ENDPOINTS(namespace), TABLE);
  const columns = body.columnDefinitions.map(({ name }: { name: string }) => name);
  expect(columns).toEqual([
    "Name",
    "URL",
    "Port",
    "Endpoints",
    "Services",
    "Ready",
    "Age",
    "Reason",
    "Message",
  ]);
  expect(body.rows[1].cells.filter((_: unknown, index: number) => index !== 6)).toEqual([
    "two",
    "http://app.example:80",
    10_000,
    "2 endpoints",
    "True",
    "False",
    "ServiceCreationFailed",
    "as tested",
  ]);
  await api.get(BOUND_HOSTS(namespace), TABLE);
  await api.get(RECORDS(namespace), TABLE);
});

contract("discovery of the project's groups", async (api) => {
  for (const path of [
    "/healthz",
    "/readyz",
    "/livez",
    "/apis/bindings.k8s.ngrok.com",
    "/apis/pushbind.dev",
  ]) {
    expect((await api.get(path)).status).toBe(200);
  }
  for (const path of [
    "/apis/bindings.k8s.ngrok.com/v1alpha1",
    "/apis/pushbind.dev/v1alpha1",
    "/apis/coordination.k8s.io/v1",
    "/api/v1",
  ]) {
    const { body } = await api.target.send("GET", path);
    const ours = [
      "boundendpoints",
      "endpointrecords",
      "boundhosts",
      "leases",
      "namespaces",
      "services",
      "events",
    ];
    type Entry = {
      name: string;
      namespaced: boolean;
      kind: string;
      singularName: string;
      shortNames?: string[];
    };
    const entries = (body.resources as Entry[]).filter(({ name }) => ours.includes(name));
    expect(entries.length).toBeGreaterThan(0);
    const shown = entries.map(({ name, namespaced, kind, singularName, shortNames = [] }) => ({
      name,
      namespaced,
      kind,
      singularName,
      shortNames,
    }));
    api.note(shown.sort((a, b) => (a.name < b.name ? -1 : 1)));
  }
  const version = await api.target.send("GET", "/version");
  expect(version.body).toMatchObject({ major: "1", minor: "36" });
});
