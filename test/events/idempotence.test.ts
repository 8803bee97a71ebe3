import { expect, test } from "vitest";
import { hashedName } from "../../lib/endpoint/hashed-name.ts";
import { created, deleted, type NgrokEvent, updated } from "../support/events.ts";
import type { Answer, FunctionUnderTest } from "../support/function.ts";
import type { Scene } from "../support/scene.ts";
import { afterTombstones, observed, onceMore, repeated } from "./again.ts";
import { HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

/** A state of an endpoint, and the event that has led to it. */
type State = {
  what: string;
  /** Posts everything that comes before the event. */
  before?: () => Promise<unknown>;
  event: unknown;
  query?: string;
  /** Of the function; its own where the settings matter. */
  env?: Record<string, string>;
  first: { status: number; outcome: string; reason: string; ready?: boolean };
};

describeScene("the same event again writes nothing", "idem", (scene) => {
  const { fn, target } = scene;
  const at = (name: string) => `http://${name}.${target}`;

  const states: State[] = [
    {
      what: "bound",
      event: created("ep_bound", at("bound")),
      first: { status: 200, outcome: "bound", reason: "Bound", ready: true },
    },
    {
      what: "bound, one of two in a pool",
      before: () => fn.post(created("ep_pool_1", at("pool"))),
      event: created("ep_pool_2", at("pool"), 1),
      first: { status: 200, outcome: "bound", reason: "Bound", ready: true },
    },
    {
      what: "bound, without ports on the target",
      env: { TARGET_PORTS: "false", TARGET_LABELS: '{"a":"b"}', TARGET_ANNOTATIONS: '{"c":"d"}' },
      event: created("ep_mesh", at("mesh")),
      first: { status: 200, outcome: "bound", reason: "Bound", ready: true },
    },
    {
      what: "target namespace missing",
      event: created("ep_missing", "http://app.idem-missing"),
      first: { status: 200, outcome: "bound", reason: "NamespaceMissing", ready: false },
    },
    {
      what: "target namespace terminating",
      before: () => terminate(scene, "idem-ending"),
      event: created("ep_ending", "http://app.idem-ending"),
      first: { status: 200, outcome: "bound", reason: "NamespaceTerminating", ready: false },
    },
    {
      what: "a stranger's target Service",
      before: () => stranger(scene, target, "taken"),
      event: created("ep_taken", at("taken")),
      first: { status: 200, outcome: "bound", reason: "TargetNotOurs", ready: false },
    },
    {
      what: "a stranger's Service with the upstream's name",
      before: () => stranger(scene, scene.operator, hashedName("http://fronted.idem:80")),
      event: created("ep_fronted", at("fronted")),
      first: { status: 200, outcome: "bound", reason: "UpstreamNotOurs", ready: false },
    },
    {
      what: "port held by an older endpoint's URL",
      before: () => fn.post(created("ep_holder", "tcp://held.idem:443")),
      event: created("ep_second", "http://held.idem:443", 1, { created_at: "2026-01-01T00:00:01Z" }),
      first: { status: 200, outcome: "bound", reason: "PortHeld", ready: false },
    },
    {
      what: "excluded for its binding",
      event: created("ep_public", at("public"), 0, { bindings: ["public"] }),
      first: { status: 200, outcome: "excluded", reason: "NotKubernetes" },
    },
    {
      what: "excluded for its namespace",
      event: created("ep_system", "http://dns.kube-system"),
      first: { status: 200, outcome: "excluded", reason: "NamespaceDenied" },
    },
    {
      what: "excluded by the selectors",
      env: { ENDPOINT_SELECTORS: '["endpoint.id == \\"another\\""]' },
      event: created("ep_unselected", at("unselected")),
      first: { status: 200, outcome: "excluded", reason: "NotSelected" },
    },
    {
      what: "excluded, after it was bound",
      before: () => fn.post(created("ep_left", at("left"))),
      event: updated("ep_left", at("left"), 1, { bindings: ["public"] }),
      first: { status: 200, outcome: "excluded", reason: "NotKubernetes" },
    },
    {
      what: "rejected",
      event: created("ep_path", `${at("path")}/admin?x#y`),
      first: { status: 400, outcome: "rejected", reason: "PathNotAllowed" },
    },
    {
      what: "rejected, after it was bound",
      before: () => fn.post(created("ep_broken", at("broken"))),
      event: updated("ep_broken", "https://broken.idem", 1),
      first: { status: 400, outcome: "rejected", reason: "SchemeNotSupported" },
    },
    {
      what: "deleted",
      before: () => fn.post(created("ep_gone", at("gone"))),
      event: deleted("ep_gone", 1),
      first: { status: 200, outcome: "deleted", reason: "Deleted", ready: true },
    },
    {
      what: "deleted, one of two in a pool",
      before: () => all(fn, created("ep_stay", at("half")), created("ep_leave", at("half"))),
      event: deleted("ep_leave", 1),
      first: { status: 200, outcome: "deleted", reason: "Deleted", ready: true },
    },
    {
      what: "deleted before it was ever seen",
      event: deleted("ep_never", 1),
      first: { status: 200, outcome: "deleted", reason: "Deleted", ready: true },
    },
    {
      what: "deleted by an event without any time",
      before: () => fn.post(created("ep_timeless", at("timeless"))),
      event: { id: "ep_timeless" },
      query: "?type=deleted",
      first: { status: 200, outcome: "deleted", reason: "Deleted", ready: true },
    },
    {
      what: "deleted by an event without any time, before it was ever seen",
      event: { id: "ep_never_timeless" },
      query: "?type=deleted",
      first: { status: 200, outcome: "deleted", reason: "Deleted", ready: true },
    },
    {
      what: "moved to another host",
      before: () => fn.post(created("ep_moved", at("from"))),
      event: updated("ep_moved", at("to"), 1),
      first: { status: 200, outcome: "bound", reason: "Bound", ready: true },
    },
    {
      what: "moved on the same host",
      before: () => fn.post(created("ep_turned", at("turned"))),
      event: updated("ep_turned", "tcp://turned.idem:5432", 1),
      first: { status: 200, outcome: "bound", reason: "Bound", ready: true },
    },
  ];

  for (const { what, before, event, query = "", env = {}, first } of states) {
    test(`${what}: unchanged, also when the tombstones have expired`, async () => {
      await before?.();
      const now = scene.start(env);
      const later = afterTombstones(scene, env);

      const { answer: once, writes } = await observed(scene, () => now.post(event, { query }));
      expect(writes).not.toEqual([]);
      expect(summary(once)).toEqual(first);
      for (const instance of [now, later, now]) {
        const again = await onceMore(scene, instance, event, query);
        expect(again.status).toBe(once.status);
        expect(again.body).toEqual(repeated(once));
      }
    });
  }

  test("deleted or moved, and forgotten by the ledger: the events of the endpoint write nothing", async () => {
    const events = [
      created("ep_forgotten", at("forgotten")),
      updated("ep_forgotten", at("elsewhere"), 1),
      deleted("ep_forgotten", 2),
    ];
    await all(fn, ...events);
    const later = afterTombstones(scene);
    await all(later, created("ep_new", at("forgotten"), 3), created("ep_newer", at("elsewhere"), 3));
    const view = new HostView(scene);
    expect(Object.keys((await view.ledger("forgotten.idem"))?.spec.entries ?? {})).toEqual(["ep_new"]);
    expect(Object.keys((await view.ledger("elsewhere.idem"))?.spec.entries ?? {})).toEqual(["ep_newer"]);
    for (const event of events) await onceMore(scene, later, event);
  });

  test("moved: the event that came before is stale, and writes nothing either", async () => {
    const older = created("ep_back", at("back-from"));
    await all(fn, older, updated("ep_back", at("back-to"), 1));
    const later = afterTombstones(scene);
    for (const instance of [fn, later]) {
      const again = await onceMore(scene, instance, older);
      expect(again).toMatchObject({ status: 200, body: { outcome: "stale", reason: "Stale", ready: true } });
    }
  });

  test("deleted: the event that created it is stale, and writes nothing either", async () => {
    const older = created("ep_late", at("late"));
    await all(fn, older, deleted("ep_late", 1));
    const later = afterTombstones(scene);
    for (const instance of [fn, later]) {
      const again = await onceMore(scene, instance, older);
      expect(again).toMatchObject({ status: 200, body: { outcome: "stale", reason: "Stale" } });
    }
  });

  test("settings that changed in between: the same event is judged again, once each time", async () => {
    const view = new HostView(scene);
    const choosy = scene.start({ ENDPOINT_SELECTORS: '["endpoint.type == \\"cloud\\""]' });
    const event = created("ep_judged", at("judged"));
    expect(await fn.post(event)).toMatchObject({ body: { outcome: "bound" } });

    expect(await choosy.post(event)).toMatchObject({
      status: 200,
      body: { outcome: "excluded", reason: "NotSelected" },
    });
    expect(await view.target("judged.idem")).toBeUndefined();
    expect(await onceMore(scene, choosy, event)).toMatchObject({ body: { reason: "NotSelected" } });

    expect(await fn.post(event)).toMatchObject({ status: 200, body: { outcome: "bound", ready: true } });
    expect(await view.target("judged.idem")).toBeDefined();
    expect(await onceMore(scene, fn, event)).toMatchObject({ body: { reason: "Bound", ready: true } });
  });

  test("two instances handle the same event at the same time: what comes after writes nothing", async () => {
    const event = created("ep_race", at("race"));
    const other = scene.start();
    const answers = await Promise.all([fn, other, fn, other].map((instance) => instance.post(event)));
    for (const answer of answers) expect(answer.status).toBe(200);
    expect(await onceMore(scene, other, event)).toMatchObject({ body: { reason: "Bound", ready: true } });
  });
});

describeScene(
  "the same event again writes nothing where no port is left",
  "idem-ports",
  (scene) => {
    test("no port left", async () => {
      const { fn } = scene;
      const urls = ["http://a.idem-ports", "http://b.idem-ports"];
      await all(fn, ...urls.map((url, index) => created(`ep_${index}`, url)));
      const event = created("ep_third", "http://c.idem-ports");
      const once = await fn.post(event);
      expect(summary(once)).toEqual({ status: 200, outcome: "bound", reason: "NoPortLeft", ready: false });
      const later = afterTombstones(scene);
      for (const instance of [fn, later]) {
        expect((await onceMore(scene, instance, event)).body).toEqual(repeated(once));
      }
    });
  },
  { PORT_RANGE: "10000-10001" },
);

function summary({ status, body }: Answer): object {
  const { outcome, reason, ready } = body;
  return { status, outcome, reason, ...(ready === undefined ? {} : { ready }) };
}

async function all(fn: FunctionUnderTest, ...events: NgrokEvent[]): Promise<void> {
  for (const event of events) expect((await fn.post(event)).status).toBe(200);
}

/** A namespace that is being deleted, and stays so: there is no controller that would finish it. */
async function terminate({ cluster, namespace }: Scene, name: string): Promise<void> {
  await namespace(name);
  await cluster.admin.must("DELETE", `/api/v1/namespaces/${name}`);
}

async function stranger({ cluster }: Scene, namespace: string, name: string): Promise<void> {
  await cluster.admin.must("POST", `/api/v1/namespaces/${namespace}/services`, {
    metadata: { name },
    spec: { ports: [{ port: 80 }] },
  });
}
