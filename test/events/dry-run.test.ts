import { expect, it } from "vitest";
import type { KubeObject } from "../../lib/cluster/objects.ts";
import type { AuditEvent } from "../support/audit-log.ts";
import { isWrite } from "../support/audit-log.ts";
import { created, deleted, type NgrokEvent, timeOf, updated } from "../support/events.ts";
import type { Answer } from "../support/function.ts";
import { BINDINGS, PUSHBIND } from "../support/scene.ts";
import { describeScene } from "./suite.ts";

describeScene("?dryRun=All", "dryrun", (scene) => {
  const { fn, operator } = scene;

  /** Everything that the function could have changed, whole. */
  async function everything(): Promise<KubeObject[]> {
    const lists = await Promise.all(
      [
        ...["boundendpoints"].map((plural) => `${BINDINGS}/namespaces/${operator}/${plural}`),
        ...["endpointrecords", "boundhosts"].map((plural) => `${PUSHBIND}/namespaces/${operator}/${plural}`),
        `/apis/coordination.k8s.io/v1/namespaces/${operator}/leases`,
        ...[operator, "dryrun", "dryrun-quota"].map(
          (namespace) => `/api/v1/namespaces/${namespace}/services`,
        ),
      ].map((path) => scene.cluster.admin.must("GET", path)),
    );
    return lists.flatMap(({ items }) => items);
  }

  const isDryRun = ({ uri, requestObject }: AuditEvent): boolean => {
    const { dryRun } = (requestObject ?? {}) as { dryRun?: unknown };
    return new URL(uri, "https://x").searchParams.get("dryRun") === "All" || String(dryRun) === "All";
  };

  /** Sends an event as a dry run, and holds the function to having changed nothing. */
  async function dryRun(event: NgrokEvent): Promise<Answer> {
    const before = await everything();
    let answer: Answer | undefined;
    const requests = await scene.requests(async () => {
      answer = await fn.post(event, { query: "?dryRun=All" });
    });
    expect(requests.filter(isWrite).filter((request) => !isDryRun(request))).toEqual([]);
    expect(await everything()).toEqual(before);
    return answer as Answer;
  }

  const changesOf = ({ body }: Answer) =>
    body.changes.map(({ action, kind, namespace, name }) => `${action} ${kind} ${namespace}/${name}`).sort();

  it("says what a new endpoint would change, and what is there then", async () => {
    const event = created("ep_NEW", "http://new.dryrun");
    const dry = await dryRun(event);
    expect(dry).toMatchObject({
      status: 200,
      body: { outcome: "bound", reason: "Bound", ready: true, dryRun: true, host: "new.dryrun" },
    });
    const real = await fn.post(event);
    expect(real.body).not.toHaveProperty("dryRun");
    expect(dry.body.boundEndpoint).toEqual(real.body.boundEndpoint);
    // There is no object yet whose status could be sent.
    expect(changesOf(dry)).toEqual(changesOf(real).filter((change) => !change.startsWith("statusChanged")));
    expect(changesOf(dry)).toContain("created Service dryrun/new");
  });

  it("says what an update would change: a pool that grows, a move", async () => {
    const pooled = created("ep_POOLED", "http://new.dryrun", 1);
    const dryPooled = await dryRun(pooled);
    expect(dryPooled.body).toMatchObject({ outcome: "bound", ready: true, dryRun: true });
    expect(changesOf(dryPooled)).toEqual(changesOf(await fn.post(pooled)));
    expect(changesOf(dryPooled).map((change) => change.split(" ", 2).join(" "))).toEqual([
      "changed BoundHost",
      "created EndpointRecord",
      "statusChanged BoundEndpoint",
    ]);
    const moved = updated("ep_POOLED", "tcp://new.dryrun:443", 2);
    const dryMoved = await dryRun(moved);
    expect(dryMoved.body).toMatchObject({ outcome: "bound", ready: true });
    const real = changesOf(await fn.post(moved));
    const statusOfNew = `statusChanged BoundEndpoint ${operator}/${dryMoved.body.boundEndpoint?.name}`;
    expect(real).toContain(statusOfNew);
    expect(changesOf(dryMoved)).toEqual(real.filter((change) => change !== statusOfNew));
    expect(changesOf(dryMoved)).toContain("changed Service dryrun/new");
  });

  it("says what a delete would change", async () => {
    const event = deleted("ep_POOLED", 3);
    const dry = await dryRun(event);
    expect(dry.body).toMatchObject({ outcome: "deleted", ready: true, dryRun: true });
    expect(changesOf(dry)).toContainEqual(expect.stringMatching(/^deleted BoundEndpoint /));
    expect(changesOf(dry)).toEqual(changesOf(await fn.post(event)));
    const last = deleted("ep_NEW", 3);
    const dryLast = await dryRun(last);
    expect(changesOf(dryLast)).toContain("deleted Service dryrun/new");
    expect(changesOf(dryLast)).toEqual(changesOf(await fn.post(last)));
  });

  it("says in the API server's own words what it would refuse", async () => {
    await scene.namespace("dryrun-quota");
    await scene.cluster.setQuota("dryrun-quota", { "count/services": "0" });
    const event = created("ep_QUOTA", "http://app.dryrun-quota");
    const dry = await dryRun(event);
    expect(dry).toMatchObject({
      status: 200,
      body: { outcome: "bound", ready: false, reason: "Refused", dryRun: true },
    });
    expect(dry.body.message).toBe(
      'Refused: Service dryrun-quota/app: services "app" is forbidden: exceeded quota: quota, requested: ' +
        "count/services=1, used: count/services=0, limited: count/services=0",
    );
    const real = await fn.post(event);
    expect(real.body).toMatchObject({ reason: "Refused", message: dry.body.message });
  });

  it("says that a namespace is missing, and changes nothing", async () => {
    const dry = await dryRun(created("ep_MISSING", "http://app.dryrun-missing"));
    expect(dry.body).toMatchObject({
      outcome: "bound",
      ready: false,
      reason: "NamespaceMissing",
      message:
        'HTTP 503: Failed to create Target Service: namespaces "dryrun-missing" not found [ERR_NGROK_20003]',
    });
  });

  it("says that an endpoint would be rejected or excluded, and what goes with it", async () => {
    await fn.post(created("ep_TURN", "http://turn.dryrun"));
    const rejected = await dryRun(updated("ep_TURN", "https://turn.dryrun", 1));
    expect(rejected).toMatchObject({
      status: 400,
      body: {
        outcome: "rejected",
        dryRun: true,
        errors: [{ at: "object.url", reason: "SchemeNotSupported" }],
      },
    });
    expect(changesOf(rejected)).toContain("deleted Service dryrun/turn");
    const excluded = await dryRun(updated("ep_TURN", "http://turn.dryrun", 2, { bindings: ["public"] }));
    expect(excluded).toMatchObject({ status: 200, body: { outcome: "excluded", reason: "NotKubernetes" } });
    expect(changesOf(excluded)).toContain("deleted Service dryrun/turn");
    const stillThere = await dryRun(created("ep_TURN", "http://turn.dryrun"));
    expect(stillThere.body).toMatchObject({ outcome: "unchanged", changes: [], ready: true });
    const first = await dryRun(created("ep_FIRST", "https://first.dryrun"));
    expect(first).toMatchObject({ status: 400, body: { outcome: "rejected" } });
  });

  it("takes a port for no endpoint, one after the other", async () => {
    const events = ["a", "b", "a"].map((name, n) => created(`ep_PORT${n}`, `http://${name}.dryrun`, n));
    for (const event of events)
      expect((await dryRun(event)).body).toMatchObject({ outcome: "bound", ready: true });
  });

  it("tells an event that is stale", async () => {
    expect((await dryRun(created("ep_NEW", "http://new.dryrun"))).body).toMatchObject({
      outcome: "stale",
      changes: [],
    });
  });

  it.each(["?dryRun=x", "?dryRun=", "?dryRun=all", "?dryRun=All&dryRun=All"])(
    "%s is refused",
    async (query) => {
      const requests = await scene.requests(async () => {
        const answer = await fn.post(
          { ...created("ep_NO", "http://no.dryrun"), event_timestamp: timeOf(1) },
          { query },
        );
        expect(answer).toMatchObject({ status: 400, body: { reason: "DryRunUnknown" } });
        expect(answer.body.detail).toMatch(/; the one value that it can have is "All"$/);
      });
      expect(requests).toEqual([]);
    },
  );
});
