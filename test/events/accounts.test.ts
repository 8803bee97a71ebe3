import { afterAll, beforeAll, expect, test } from "vitest";
import { hashedName } from "../../lib/endpoint/hashed-name.ts";
import { created, deleted } from "../support/events.ts";
import { HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

describeScene("two accounts", "accounts", (scene) => {
  const second = `${scene.operator}-second`;
  const fn = scene.start({ ACCOUNTS: JSON.stringify({ ac_test: scene.operator, ac_second: second }) });
  const ours = new HostView(scene);
  const theirs = new HostView(scene, second);
  const ofSecond = <T>(event: T): T => ({ ...event, account_id: "ac_second" });

  beforeAll(() => scene.cluster.operatorNamespace(second));
  afterAll(() => scene.cluster.removeNamespace(second));

  test("each has its own BoundEndpoint for a URL; the target is of the first, until that goes", async () => {
    const url = "http://shared.accounts:80";
    const host = "shared.accounts";
    expect((await fn.post(created("ep_a", url))).body).toMatchObject({ reason: "Bound", ready: true });
    const target = await ours.target(host);

    const event = ofSecond(created("ep_b", url));
    const answer = await fn.post(event);
    expect(answer.body).toMatchObject({ outcome: "bound", reason: "TargetNotOurs", ready: false });
    expect(answer.body.boundEndpoint).toEqual({ namespace: second, name: hashedName(url) });
    expect(answer.body.message).toContain(`belongs to BoundEndpoint ${scene.operator}/${hashedName(url)}`);
    expect(await theirs.condition(url, "ServicesCreated")).toBe(`False: ${answer.body.message}`);
    expect((await theirs.record("ep_b"))?.status).toEqual({
      reason: "TargetNotOurs",
      message: answer.body.message,
    });
    expect((await theirs.upstream(url))?.metadata.namespace).toBe(second);
    expect(await ours.target(host)).toEqual(target);
    for (const [view, id] of [
      [ours, "ep_a"],
      [theirs, "ep_b"],
    ] as const) {
      const endpoints = (await view.boundEndpoint(url))?.status?.endpoints;
      expect(endpoints?.map((endpoint) => endpoint.id)).toEqual([id]);
    }

    await fn.post(deleted("ep_a", 1));
    expect(await theirs.target(host)).toBeUndefined();
    expect((await fn.post(event)).body).toMatchObject({ reason: "Bound", ready: true });
    expect((await theirs.target(host))?.spec?.externalName).toBe(theirs.upstreamDns(url));
    expect(await theirs.condition(url, "Ready")).toBe("True");
    expect((await theirs.record("ep_b"))?.status ?? {}).toEqual({});
    expect(await ours.boundEndpoint(url)).toBeUndefined();
  });

  test("one account's delete leaves the other's objects as they are", async () => {
    const url = "http://kept.accounts:80";
    await fn.post(created("ep_kept", url));
    await fn.post(ofSecond(created("ep_kept", url)));
    const before = [
      await ours.boundEndpoint(url),
      await ours.upstream(url),
      await ours.target("kept.accounts"),
    ];
    expect((await fn.post(ofSecond(deleted("ep_kept", 1)))).body).toMatchObject({
      outcome: "deleted",
      ready: true,
    });
    expect(await theirs.boundEndpoint(url)).toBeUndefined();
    expect(await theirs.upstream(url)).toBeUndefined();
    const after = [
      await ours.boundEndpoint(url),
      await ours.upstream(url),
      await ours.target("kept.accounts"),
    ];
    expect(after).toEqual(before);
    expect((await ours.record("ep_kept"))?.spec.verdict.state).toBe("Bound");
  });

  test("no account can have a target in an operator namespace, not even in another's", async () => {
    for (const namespace of [scene.operator, second]) {
      const answer = await fn.post(ofSecond(created(`ep_in_${namespace}`, `http://app.${namespace}`)));
      expect(answer.body).toMatchObject({ outcome: "excluded", reason: "NamespaceDenied" });
    }
  });

  test("an event of an unknown account, or of none, is rejected, and nothing is remembered", async () => {
    const { account_id: _, ...without } = created("ep_whose", "http://whose.accounts");
    for (const [event, reason] of [
      [{ ...without, account_id: "ac_unknown" }, "AccountUnknown"],
      [without, "AccountMissing"],
    ] as const) {
      const writes = await scene.writes(async () => {
        expect(await fn.post(event)).toMatchObject({ status: 400, body: { outcome: "rejected", reason } });
      });
      expect(writes).toEqual([]);
    }
  });
});
