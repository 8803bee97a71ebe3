import { expect, test } from "vitest";
import { FUNCTION_USER } from "../support/deployment.ts";
import { created, deleted } from "../support/events.ts";
import { PUSHBIND, type Scene } from "../support/scene.ts";
import { HostView } from "./host-view.ts";
import { until } from "./policy.ts";
import { describeScene } from "./suite.ts";

describeScene("the function has no rights on its registers", "rights", (scene) => {
  const { fn, operator } = scene;
  const { admin } = scene.cluster;
  const view = new HostView(scene);
  const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${operator}`;

  test("no role at all: 503 with Retry-After, nothing is written; with the role the same event is handled", async () => {
    const event = created("ep_no_role", "http://no-role.rights");
    const binding = await admin.must("GET", `${roles}/rolebindings/pushbind`);
    await admin.must("DELETE", `${roles}/rolebindings/pushbind`);
    await untilAllowed(scene, "endpointrecords", false);
    const answer = await fn.post(event);
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("5");
    expect(answer.body).toMatchObject({ outcome: "failed", reason: "RegisterRefused", changes: [] });
    expect(answer.body.detail).toContain('cannot get resource "endpointrecords" in API group "pushbind.dev"');
    expect(await scene.objects()).toEqual([]);

    const { metadata, roleRef, subjects } = binding;
    await admin.must("POST", `${roles}/rolebindings`, {
      metadata: { name: metadata.name },
      roleRef,
      subjects,
    });
    await untilAllowed(scene, "endpointrecords", true);
    expect((await fn.post(event)).body).toMatchObject({ outcome: "bound", ready: true });
    await fn.post(deleted("ep_no_role", 1));
  });

  for (const resource of ["boundhosts", "leases"]) {
    test(`none on ${resource}: 503, the record is kept, and the same event is finished later`, async () => {
      const url = `http://no-${resource}.rights:80`;
      const event = created(`ep_no_${resource}`, url);
      const role = await admin.must("GET", `${roles}/roles/pushbind`);
      const without = (rule: Rule) => ({
        ...rule,
        resources: rule.resources.map((each) => (each === resource ? "none" : each)),
      });
      await admin.must("PATCH", `${roles}/roles/pushbind`, { rules: role.rules.map(without) });
      await untilAllowed(scene, resource, false);
      const answer = await fn.post(event);
      expect(answer.status).toBe(503);
      expect(answer.headers["retry-after"]).toBe("5");
      expect(answer.body).toMatchObject({ outcome: "failed", reason: "RegisterRefused" });
      expect(answer.body.detail).toContain(`resource "${resource}"`);
      expect((await view.record(`ep_no_${resource}`))?.spec.verdict).toMatchObject({ state: "Bound", url });
      expect(await scene.objects()).toEqual([]);

      await admin.must("PATCH", `${roles}/roles/pushbind`, { rules: role.rules });
      await untilAllowed(scene, resource, true);
      expect((await fn.post(event)).body).toMatchObject({ outcome: "bound", ready: true });
      expect(await view.condition(url, "Ready")).toBe("True");
      await fn.post(deleted(`ep_no_${resource}`, 1));
      expect(await scene.objects()).toEqual([]);
    });
  }
});

/**
 * An operator of the cluster may bind the target role in the namespaces alone that ALLOWED_NAMESPACES names. What the
 * API server then says of all others is stood in for by its words.
 */
describeScene("the function has no rights in the target namespace", "closed", (scene) => {
  const view = new HostView(scene);
  const forbidding = scene.start({}, (send) => (request, signal) => {
    if (!request.path.startsWith("/api/v1/namespaces/closed")) return send(request, signal);
    const message = `services "app" is forbidden: User "${FUNCTION_USER}" cannot ${request.method}`;
    const body = { kind: "Status", status: "Failure", reason: "Forbidden", code: 403, message };
    return Promise.resolve({ status: 403, headers: {}, body });
  });
  const url = "http://app.closed:80";

  test("every delivery is answered that it is refused, and it is bound once it is allowed", async () => {
    const event = created("ep_closed", url);
    // What the first is refused is the create, and what the second is, already the look: so it writes that down.
    for (const outcome of ["bound", "bound", "unchanged"]) {
      const answer = await forbidding.post(event);
      expect(answer).toMatchObject({ status: 200, body: { outcome, reason: "Refused", ready: false } });
      expect(answer.body.message).toContain("Refused: Service closed/app: services");
      expect(await view.condition(url, "Ready")).toBe(`False: ${answer.body.message}`);
    }
    expect(await scene.writes(() => forbidding.post(event))).toEqual([]);
    expect(await scene.objects()).toEqual(view.behind(url).sort());
    expect((await scene.fn.post(event)).body).toMatchObject({
      outcome: "bound",
      reason: "Bound",
      ready: true,
    });
    expect(await scene.objects()).toEqual(view.whole("app.closed", url));
  });

  test("a delete takes what it may, and says what it may not", async () => {
    const answer = await forbidding.post(deleted("ep_closed", 1));
    expect(answer).toMatchObject({
      status: 200,
      body: { outcome: "deleted", reason: "Refused", ready: false },
    });
    expect(await scene.objects()).toEqual(["Service closed/app"]);
    expect((await scene.fn.post(deleted("ep_closed", 1))).body).toMatchObject({
      reason: "Deleted",
      ready: true,
    });
    expect(await scene.objects()).toEqual([]);
  });
});

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[] };

/** Waits until the API server has taken up a change of the function's rights. */
function untilAllowed({ cluster, operator }: Scene, resource: string, allowed: boolean): Promise<void> {
  const group = resource === "leases" ? "/apis/coordination.k8s.io/v1" : PUSHBIND;
  const path = `${group}/namespaces/${operator}/${resource}/nothing`;
  const expected = allowed ? 404 : 403;
  return until(
    async () => {
      const { status } = await cluster.admin.request("GET", path, undefined, {
        "impersonate-user": FUNCTION_USER,
      });
      return status === expected;
    },
    `GET ${resource} is ${allowed ? "allowed" : "forbidden"}`,
  );
}
