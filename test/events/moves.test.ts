import { expect, test } from "vitest";
import { created, deleted, type NgrokEvent, timeOf, updated } from "../support/events.ts";
import { difference, HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

describeScene("what an endpoint had before goes, and nothing else", "moves", (scene) => {
  const { fn } = scene;
  const { admin } = scene.cluster;
  const view = new HostView(scene);
  const post = async (event: unknown) => {
    const answer = await fn.post(event);
    expect(answer.status).toBe(200);
    return answer.body;
  };

  for (const first of ["target", "upstream", "boundEndpoint"] as const) {
    test(`${first} deleted by hand, and then the delete posted: nothing is left`, async () => {
      const host = `by-hand-${first.toLowerCase()}.moves`;
      const url = `http://${host}:80`;
      const since = await difference(scene);
      await post(created(`ep_${first}`, url));
      await admin.must("DELETE", view.paths[first](first === "target" ? host : url));
      expect(await post(deleted(`ep_${first}`, 1))).toMatchObject({ outcome: "deleted", ready: true });
      expect(await since()).toEqual({ come: [], gone: [] });
    });
  }

  test("everything deleted by hand, and then the delete posted: nothing is left", async () => {
    const url = "http://by-hand.moves:80";
    const since = await difference(scene);
    await post(created("ep_all", url));
    for (const path of [
      view.paths.target("by-hand.moves"),
      view.paths.upstream(url),
      view.paths.boundEndpoint(url),
    ]) {
      await admin.must("DELETE", path);
    }
    expect(await post(deleted("ep_all", 1))).toMatchObject({ outcome: "deleted", ready: true });
    expect(await since()).toEqual({ come: [], gone: [] });
  });

  test("a target that never came to be: the delete leaves nothing", async () => {
    const since = await difference(scene);
    await post(created("ep_nowhere", "http://app.moves-nowhere"));
    expect((await since()).come).toEqual(view.behind("http://app.moves-nowhere:80").sort());
    await post(deleted("ep_nowhere", 1));
    expect(await since()).toEqual({ come: [], gone: [] });
  });

  test("the target namespace went meanwhile: the delete leaves nothing", async () => {
    await scene.namespace("moves-going");
    const url = "http://app.moves-going:80";
    const since = await difference(scene);
    await post(created("ep_going", url));
    await scene.cluster.removeNamespace("moves-going");
    expect(await post(created("ep_going", url))).toMatchObject({ reason: "NamespaceMissing", ready: false });
    await post(deleted("ep_going", 1));
    expect(await since()).toEqual({ come: [], gone: [] });
  });

  test("moved on the same host: the old URL's objects go, the target stays and leads to the new one", async () => {
    const [before, after] = ["http://turned.moves:80", "tcp://turned.moves:5432"];
    const since = await difference(scene);
    await post(created("ep_turned", before));
    const target = await view.target("turned.moves");
    expect(await post(updated("ep_turned", after, 1))).toMatchObject({ outcome: "bound", ready: true });
    expect((await since()).come).toEqual(view.whole("turned.moves", after));
    const turned = await view.target("turned.moves");
    expect(turned?.metadata.uid).toBe(target?.metadata.uid);
    expect(turned?.spec?.externalName).toBe(view.upstreamDns(after));
    expect(await view.targetPorts("turned.moves")).toEqual({ tcp: "5432 -> 5432" });
    expect(await view.condition(after, "Ready")).toBe("True");
    expect((await view.record("ep_turned"))?.spec.hosts).toEqual(["turned.moves"]);
  });

  test("moved to another host: the old host is empty, the new one served", async () => {
    const since = await difference(scene);
    await post(created("ep_moved", "http://from.moves"));
    expect(await post(updated("ep_moved", "http://to.moves", 1))).toMatchObject({ ready: true });
    expect((await since()).come).toEqual(view.whole("to.moves", "http://to.moves:80"));
    expect((await view.record("ep_moved"))?.spec.hosts).toEqual(["from.moves", "to.moves"]);
    await post(updated("ep_moved", "http://from.moves", 2));
    expect((await since()).come).toEqual(view.whole("from.moves", "http://from.moves:80"));
    await post(deleted("ep_moved", 3));
    expect(await since()).toEqual({ come: [], gone: [] });
  });

  test("moved away from a pool: the other endpoint's objects stay", async () => {
    const since = await difference(scene);
    await post(created("ep_pool_1", "http://pool.moves"));
    await post(created("ep_pool_2", "http://pool.moves"));
    await post(updated("ep_pool_1", "http://alone.moves", 1));
    expect((await since()).come.sort()).toEqual(
      [
        ...view.whole("pool.moves", "http://pool.moves:80"),
        ...view.whole("alone.moves", "http://alone.moves:80"),
      ].sort(),
    );
    const status = (await view.boundEndpoint("http://pool.moves:80"))?.status;
    expect(status?.endpoints?.map(({ id }) => id)).toEqual(["ep_pool_2"]);
  });

  /** Updates that take an endpoint off its host, each with what is left of it. */
  const leavings: {
    what: string;
    event: (id: string, url: string) => NgrokEvent;
    status: number;
    outcome: string;
    reason: string;
    state: string;
  }[] = [
    {
      what: "its URL becomes invalid",
      event: (id, url) => updated(id, `${url}/path`, 1),
      status: 400,
      outcome: "rejected",
      reason: "PathNotAllowed",
      state: "Rejected",
    },
    {
      what: "its URL becomes a number",
      event: (id) => updated(id, 17, 1),
      status: 400,
      outcome: "rejected",
      reason: "URLNotString",
      state: "Rejected",
    },
    {
      what: "its bindings no longer have kubernetes",
      event: (id, url) => updated(id, url, 1, { bindings: ["internal"] }),
      status: 200,
      outcome: "excluded",
      reason: "NotKubernetes",
      state: "Excluded",
    },
    {
      what: "its bindings are gone",
      event: (id, url) => updated(id, url, 1, { bindings: undefined }),
      status: 200,
      outcome: "excluded",
      reason: "NotKubernetes",
      state: "Excluded",
    },
    {
      what: "no selector selects it",
      event: (id, url) => updated(id, url, 1, { type: "edge" }),
      status: 200,
      outcome: "excluded",
      reason: "NotSelected",
      state: "Excluded",
    },
    {
      what: "its namespace is denied",
      event: (id) => updated(id, "http://app.kube-public", 1),
      status: 200,
      outcome: "excluded",
      reason: "NamespaceDenied",
      state: "Excluded",
    },
  ];
  for (const [index, { what, event, status, outcome, reason, state }] of leavings.entries()) {
    test(`${what}: its objects go, another endpoint's on the host stay, and it can come back`, async () => {
      const choosy = scene.start({ ENDPOINT_SELECTORS: '["endpoint.type == \\"agent\\""]' });
      const host = `leaving-${index}.moves`;
      const [url, beside] = [`http://${host}:80`, `tcp://${host}:5432`];
      const id = `ep_leaving_${index}`;
      const since = await difference(scene);
      await choosy.post(created(id, url));
      await choosy.post(created(`${id}_beside`, beside));
      const answer = await choosy.post(event(id, url));
      expect(answer).toMatchObject({ status, body: { outcome, reason } });
      expect(answer.body.changes.length).toBeGreaterThan(0);
      expect((await since()).come).toEqual(view.whole(host, beside));
      expect(await view.targetPorts(host)).toEqual({ tcp: "5432 -> 5432" });
      expect(await view.condition(beside, "Ready")).toBe("True");
      expect((await view.record(id))?.spec).toMatchObject({ verdict: { state, reason }, hosts: [host] });

      await choosy.post(updated(id, url, 2));
      expect((await since()).come).toEqual(view.whole(host, url, beside));
      await choosy.post(deleted(`${id}_beside`, 3));
      await choosy.post(event(id, url));
      expect((await since()).come).toEqual(view.whole(host, url));
      await choosy.post({ ...event(id, url), event_timestamp: timeOf(4) });
      expect(await since()).toEqual({ come: [], gone: [] });
    });
  }
});
