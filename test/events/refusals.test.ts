import { expect, test } from "vitest";
import { created, deleted, updated } from "../support/events.ts";
import { difference, HostView } from "./host-view.ts";
import { type Refusal, refuse, until } from "./policy.ts";
import { describeScene } from "./suite.ts";

describeScene("the API server refuses an object for good", "refusals", (scene) => {
  const { fn, operator } = scene;
  const { admin } = scene.cluster;
  const view = new HostView(scene);
  const services = { group: "", resource: "services" };
  const boundEndpoints = { group: "bindings.k8s.ngrok.com", resource: "boundendpoints" };

  /** The reply, the condition and the record say so, in the server's words. */
  async function expectRefused(url: string, id: string, event: unknown, object: string, words: string) {
    const answer = await fn.post(event);
    expect(answer).toMatchObject({ status: 200, body: { reason: "Refused", ready: false } });
    const { message = "" } = answer.body;
    expect(message.startsWith(`Refused: ${object}: `)).toBe(true);
    expect(message).toContain(words);
    expect((await view.record(id))?.status).toEqual({ reason: "Refused", message });
    if ((await view.boundEndpoint(url)) !== undefined) {
      expect(await view.condition(url, "ServicesCreated")).toBe(`False: ${message}`);
      expect(await view.condition(url, "Ready")).toBe(`False: ${message}`);
    }
    return answer;
  }

  /** Everything is as if nothing had ever been refused. */
  async function expectBound(url: string, id: string, event: unknown) {
    expect((await fn.post(event)).body).toMatchObject({ reason: "Bound", ready: true });
    expect(await view.condition(url, "Ready")).toBe("True");
    expect((await view.record(id))?.status ?? {}).toEqual({});
    expect(await scene.writes(() => fn.post(event))).toEqual([]);
  }

  test("a quota on the target namespace: the others are bound, and this one when it is lifted", async () => {
    await scene.namespace("refusals-full");
    await scene.cluster.setQuota("refusals-full", { services: "0" });
    const url = "http://app.refusals-full:80";
    const event = created("ep_quota", url);
    const since = await difference(scene);
    const words = "exceeded quota: quota, requested: services=1, used: services=0, limited: services=0";
    await expectRefused(url, "ep_quota", event, "Service refusals-full/app", words);
    expect((await since()).come).toEqual(view.behind(url).sort());
    expect((await view.boundEndpoint(url))?.status?.targetServiceRef).toBeUndefined();

    // Only the attempt itself can show that it is still refused: one, and no other write.
    const writes = await scene.writes(() =>
      expectRefused(url, "ep_quota", event, "Service refusals-full/app", words),
    );
    expect(writes).toEqual([expect.stringMatching(/^create services \S* 403$/)]);

    const other = "http://app.refusals:80";
    await expectBound(other, "ep_beside", created("ep_beside", other));

    await admin.must("DELETE", "/api/v1/namespaces/refusals-full/resourcequotas/quota");
    const probe = { metadata: { name: "probe" }, spec: { ports: [{ port: 80 }] } };
    const path = "/api/v1/namespaces/refusals-full/services?dryRun=All";
    await until(async () => (await admin.request("POST", path, probe)).status === 201, "the quota is lifted");
    await expectBound(url, "ep_quota", event);
  });

  /** Objects whose creation is refused, each with what is there without it. */
  const creates: {
    what: string;
    object: (host: string, url: string) => string;
    refusal: Partial<Refusal>;
  }[] = [
    {
      what: "target",
      object: (host) => `Service ${host.split(".").reverse().join("/")}`,
      refusal: { ...services, namespace: "refusals" },
    },
    {
      what: "upstream",
      object: (_host, url) => view.behind(url)[1] as string,
      refusal: { ...services, namespace: operator },
    },
    {
      what: "boundendpoint",
      object: (_host, url) => view.behind(url)[0] as string,
      refusal: { ...boundEndpoints, namespace: operator },
    },
  ];
  for (const { what, object, refusal } of creates) {
    test(`a policy against the ${what}: everything else is there, and it too once the policy is lifted`, async () => {
      const host = `no-${what}.refusals`;
      const url = `http://${host}:80`;
      const id = `ep_no_${what}`;
      const message = `no ${what} on Sundays`;
      const since = await difference(scene);
      const lift = await refuse(scene, {
        name: `pushbind-no-${what}`,
        operation: "CREATE",
        message,
        ...refusal,
      } as Refusal);
      const event = created(id, url);
      const answer = await expectRefused(url, id, event, object(host, url), message);
      expect(answer.body.outcome).toBe("bound");
      expect((await since()).come).toEqual(
        view.whole(host, url).filter((name) => name !== object(host, url)),
      );
      expect((await expectRefused(url, id, event, object(host, url), message)).body.outcome).toBe(
        "unchanged",
      );
      await lift();
      await expectBound(url, id, event);
      expect((await since()).come).toEqual(view.whole(host, url));
    });
  }

  test("a policy against changes of the target: what it served is still served", async () => {
    const host = "fixed.refusals";
    const [url, second] = [`http://${host}:80`, `tcp://${host}:5432`];
    await fn.post(created("ep_fixed", url));
    const target = await view.target(host);
    const lift = await refuse(scene, {
      name: "pushbind-fixed",
      namespace: "refusals",
      operation: "UPDATE",
      ...services,
      message: "targets are fixed",
    });
    const event = created("ep_fixed_2", second, 1);
    await expectRefused(second, "ep_fixed_2", event, "Service refusals/fixed", "targets are fixed");
    expect(await view.target(host)).toEqual(target);
    await lift();
    await expectBound(second, "ep_fixed_2", event);
    expect(await view.targetPorts(host)).toEqual({ http: "80 -> 80", tcp: "5432 -> 5432" });
  });

  test("a policy against deletes: the delete and the move are done as far as they can be", async () => {
    const [url, from, to] = ["http://kept.refusals:80", "http://from.refusals:80", "http://to.refusals:80"];
    const since = await difference(scene);
    await fn.post(created("ep_kept", url));
    await fn.post(created("ep_from", from));
    const lift = await refuse(scene, {
      name: "pushbind-kept",
      namespace: "refusals",
      operation: "DELETE",
      ...services,
      message: "nothing goes",
    });
    const events = { gone: deleted("ep_kept", 1), moved: updated("ep_from", to, 1) };
    const gone = await expectRefused(url, "ep_kept", events.gone, "Service refusals/kept", "nothing goes");
    expect(gone.body.outcome).toBe("deleted");
    const moved = await expectRefused(from, "ep_from", events.moved, "Service refusals/from", "nothing goes");
    expect(moved.body.outcome).toBe("bound");
    expect((await since()).come).toEqual(
      [...view.whole("to.refusals", to), "Service refusals/from", "Service refusals/kept"].sort(),
    );
    expect(await view.condition(to, "Ready")).toBe("True");
    await lift();
    expect((await fn.post(events.gone)).body).toMatchObject({ reason: "Deleted", ready: true });
    await expectBound(to, "ep_from", events.moved);
    expect((await since()).come).toEqual(view.whole("to.refusals", to));
  });

  test("a policy against the status: the objects are there, and reply and record say what is not", async () => {
    const url = "http://silent.refusals:80";
    const lift = await refuse(scene, {
      name: "pushbind-silent",
      namespace: operator,
      operation: "UPDATE",
      group: "bindings.k8s.ngrok.com",
      resource: "boundendpoints/status",
      message: "no status",
    });
    const event = created("ep_silent", url);
    const answer = await fn.post(event);
    expect(answer).toMatchObject({
      status: 200,
      body: { outcome: "bound", reason: "Refused", ready: false },
    });
    expect(answer.body.message).toContain("no status");
    expect((await view.record("ep_silent"))?.status?.message).toBe(answer.body.message);
    expect((await view.boundEndpoint(url))?.status).toBeUndefined();
    expect(await view.target("silent.refusals")).toBeDefined();
    await lift();
    await expectBound(url, "ep_silent", event);
  });
});
