import { expect } from "vitest";
import { type Api, contract } from "./contract.ts";
import { BOUND_ENDPOINTS, boundEndpoint, SERVICES, service } from "./objects.ts";

type Event = {
  type: string;
  object: { kind: string; metadata: Record<string, never>; rows?: Array<{ cells: unknown[] }> };
};

/** Watches until so many events have come; the timeout on the server's side ends a watch that sees too few. */
async function watch(api: Api, path: string, count: number, accept?: string): Promise<Event[]> {
  const events: Event[] = [];
  for await (const line of api.target.lines(
    `${path}&watch=true&timeoutSeconds=5`,
    accept === undefined ? {} : { accept },
  )) {
    events.push(JSON.parse(line) as Event);
    if (events.length === count) break;
  }
  api.note(events);
  return events;
}

const types = (events: readonly Event[]) => events.map(({ type }) => type);
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const PORTS = { ports: [{ port: 80 }] };

contract("a watch goes on from a revision", async (api) => {
  const all = BOUND_ENDPOINTS(await api.namespace());
  const { body: list } = await api.get(all);
  await api.post(all, boundEndpoint("one"));
  await api.patch(`${all}/one`, { spec: { port: 10_001 } });
  await api.patch(`${all}/one/status`, { status: { hashedName: "ngrok-x" } });
  await api.post(all, boundEndpoint("two"));
  await api.delete(`${all}/one`);
  const events = await watch(api, `${all}?resourceVersion=${list.metadata.resourceVersion}`, 5);
  expect(types(events)).toEqual(["ADDED", "MODIFIED", "MODIFIED", "ADDED", "DELETED"]);
});

contract("a watch without a revision begins with what is there", async (api) => {
  const all = SERVICES(await api.namespace());
  await api.post(all, service("one", PORTS));
  await api.post(all, service("two", PORTS));
  expect(types(await watch(api, `${all}?`, 2))).toEqual(["ADDED", "ADDED"]);
  expect(types(await watch(api, `${all}?fieldSelector=metadata.name%3Dtwo`, 1))).toEqual(["ADDED"]);
});

contract("a watch by labels sees objects come and go as they match", async (api) => {
  const all = SERVICES(await api.namespace());
  const { body: list } = await api.get(all);
  await api.post(all, service("one", PORTS));
  await api.patch(`${all}/one`, { metadata: { labels: { a: "b" } } });
  await api.patch(`${all}/one`, { metadata: { labels: { c: "d" } } });
  await api.patch(`${all}/one`, { metadata: { labels: { a: null } } });
  const events = await watch(
    api,
    `${all}?labelSelector=a%3Db&resourceVersion=${list.metadata.resourceVersion}`,
    3,
  );
  expect(types(events)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
});

contract("a watch that is asked to marks the end of what was there", async (api) => {
  const all = BOUND_ENDPOINTS(await api.namespace());
  await api.post(all, boundEndpoint("one"));
  const query = "sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan";
  const events = await watch(api, `${all}?${query}`, 2);
  expect(types(events)).toEqual(["ADDED", "BOOKMARK"]);
  expect(events[1]?.object.metadata.annotations).toEqual({ "k8s.io/initial-events-end": "true" });
});

contract("a watch may be of tables", async (api) => {
  const all = BOUND_ENDPOINTS(await api.namespace());
  await api.post(all, boundEndpoint("one"));
  await api.post(all, boundEndpoint("two"));
  const events = await watch(api, `${all}?`, 2, TABLE);
  expect(events.map(({ object }) => object.rows?.[0]?.cells[0])).toEqual(["one", "two"]);
});

contract("a watch with a selector that is none", async (api) => {
  const all = BOUND_ENDPOINTS(await api.namespace());
  const { status } = await api.target.send("GET", `${all}?watch=true&labelSelector=%3D`);
  expect(status).toBe(400);
});

contract("a watch ends at its time", async (api) => {
  const all = BOUND_ENDPOINTS(await api.namespace());
  await api.post(all, boundEndpoint("one"));
  const seen = [];
  for await (const line of api.target.lines(`${all}?watch=1&timeoutSeconds=1`))
    seen.push(JSON.parse(line).type);
  expect(seen).toEqual(["ADDED"]);
});
