import { expect, test } from "vitest";
import { created, deleted } from "../support/events.ts";
import { HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

const HOUR_MS = 3_600_000;

describeScene("the conditions of a BoundEndpoint", "conditions", (scene) => {
  const view = new HostView(scene);
  const conditions = async (url: string) => (await view.boundEndpoint(url))?.status?.conditions ?? [];
  const times = async (url: string) =>
    Object.fromEntries(
      (await conditions(url)).map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
    );

  test("those of a bound endpoint: connectivity is not verified, and Ready does not wait for it", async () => {
    const url = "http://bound.conditions:80";
    await scene.fn.post(created("ep_bound", url));
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const common = { lastTransitionTime: time, observedGeneration: 1 };
    expect(await conditions(url)).toEqual([
      {
        ...common,
        type: "ServicesCreated",
        status: "True",
        reason: "ServicesCreated",
        message: "Target and Upstream services created",
      },
      {
        ...common,
        type: "ConnectivityVerified",
        status: "Unknown",
        reason: "ConnectivityNotVerified",
        message: "Connectivity to the upstream service has not been verified",
      },
      {
        ...common,
        type: "Ready",
        status: "True",
        reason: "BoundEndpointReady",
        message: "BoundEndpoint is ready",
      },
    ]);
  });

  test("the time of a transition stays when only the endpoints or the spec change", async () => {
    const url = "http://still.conditions:80";
    await scene.fn.post(created("ep_still", url));
    const before = await times(url);
    const later = scene.start({ TARGET_LABELS: '{"team":"billing"}' });
    later.advance(HOUR_MS);
    await later.post(created("ep_still_2", url, 1));
    await later.post(deleted("ep_still", 2));
    const boundEndpoint = await view.boundEndpoint(url);
    expect(boundEndpoint?.status?.endpointsSummary).toBe("1 endpoint");
    expect(await times(url)).toEqual(before);
    expect(boundEndpoint?.metadata.generation).toBe(2);
    for (const { observedGeneration } of await conditions(url)) expect(observedGeneration).toBe(2);
  });

  test("a namespace that appears later is bound at the next delivery; the times move with the statuses", async () => {
    const url = "http://app.conditions-later:80";
    const event = created("ep_later", url);
    const missing =
      'HTTP 503: Failed to create Target Service: namespaces "conditions-later" not found [ERR_NGROK_20003]';
    await scene.fn.post(event);
    const before = await times(url);
    for (const type of ["ServicesCreated", "Ready"]) {
      expect((await conditions(url)).find((condition) => condition.type === type)).toMatchObject({
        status: "False",
        reason: "ServiceCreationFailed",
        message: missing,
      });
    }
    expect((await view.boundEndpoint(url))?.status).not.toHaveProperty("targetServiceRef");
    expect((await view.record("ep_later"))?.status).toEqual({ reason: "NamespaceMissing", message: missing });

    await scene.namespace("conditions-later");
    const later = scene.start();
    later.advance(HOUR_MS);
    expect((await later.post(event)).body).toMatchObject({ outcome: "bound", reason: "Bound", ready: true });
    const after = await times(url);
    expect(after.ConnectivityVerified).toBe(before.ConnectivityVerified);
    for (const type of ["ServicesCreated", "Ready"]) {
      const moved = Date.parse(after[type] as string) - Date.parse(before[type] as string);
      expect(moved).toBeGreaterThanOrEqual(HOUR_MS - 1000);
    }
    expect((await view.boundEndpoint(url))?.status?.targetServiceRef).toEqual({
      name: "app",
      namespace: "conditions-later",
    });
  });
});
