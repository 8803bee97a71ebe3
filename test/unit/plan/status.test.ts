import { describe, expect, it } from "vitest";
import type { BoundEndpoint } from "../../../lib/cluster/objects.ts";
import { hashedName } from "../../../lib/endpoint/hashed-name.ts";
import type { Instant } from "../../../lib/event/instant.ts";
import { endpoint, settle, type View, viewOf } from "./builders.ts";

const URL = "http://alex-bindings-cli-test.default:80";
const NAME = `BoundEndpoint ngrok-operator/${hashedName(URL)}`;

function statusOf(view: View): BoundEndpoint["status"] {
  return (view.observed.objects.get(NAME) as BoundEndpoint).status;
}

function onHost(host: string, view: View): View {
  return { ...view, ledger: { ...view.ledger, host } };
}

const ready = settle(
  onHost("alex-bindings-cli-test.default", viewOf([endpoint("ep_1", URL), endpoint("ep_2", URL)])),
).view;

describe("the status of a BoundEndpoint", () => {
  it("is what ngrok documents for one that is bound", () => {
    expect(statusOf(ready)).toEqual({
      hashedName: "ngrok-fdc71d00-ab87-5f84-b837-b315c947a52c",
      endpoints: [{ id: "ep_1" }, { id: "ep_2" }],
      endpointsSummary: "2 endpoints",
      targetServiceRef: { name: "alex-bindings-cli-test", namespace: "default" },
      upstreamServiceRef: { name: "ngrok-fdc71d00-ab87-5f84-b837-b315c947a52c" },
      conditions: [
        {
          type: "ServicesCreated",
          status: "True",
          reason: "ServicesCreated",
          message: "Target and Upstream services created",
          lastTransitionTime: "2026-01-02T03:04:05Z",
          observedGeneration: 1,
        },
        {
          type: "ConnectivityVerified",
          status: "Unknown",
          reason: "ConnectivityNotVerified",
          message: "Connectivity to the upstream service has not been verified",
          lastTransitionTime: "2026-01-02T03:04:05Z",
          observedGeneration: 1,
        },
        {
          type: "Ready",
          status: "True",
          reason: "BoundEndpointReady",
          message: "BoundEndpoint is ready",
          lastTransitionTime: "2026-01-02T03:04:05Z",
          observedGeneration: 1,
        },
      ],
    });
  });

  it("moves a transition time only when the status moves", () => {
    const target = "Service default/alex-bindings-cli-test";
    const objects = new Map(ready.observed.objects);
    objects.delete(target);
    const later = { ...ready, now: "2026-01-02T04:00:00Z" as Instant };
    const lost = settle({ ...later, observed: { objects, namespace: "Missing" } }).view;
    const times = statusOf(lost)?.conditions?.map(({ type, status, lastTransitionTime }) => [
      type,
      status,
      lastTransitionTime,
    ]);
    expect(times).toEqual([
      ["ServicesCreated", "False", "2026-01-02T04:00:00Z"],
      ["ConnectivityVerified", "Unknown", "2026-01-02T03:04:05Z"],
      ["Ready", "False", "2026-01-02T04:00:00Z"],
    ]);
    expect(statusOf(lost)).not.toHaveProperty("targetServiceRef");
  });

  it("keeps the conditions of others", () => {
    const theirs = {
      type: "Audited",
      status: "True" as const,
      reason: "Them",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const object = ready.observed.objects.get(NAME) as BoundEndpoint;
    const conditions = [theirs, ...(object.status?.conditions ?? [])];
    const objects = new Map(ready.observed.objects).set(NAME, { ...object, status: { conditions } });
    const { view } = settle({ ...ready, observed: { ...ready.observed, objects } });
    expect(statusOf(view)?.conditions?.at(-1)).toEqual(theirs);
  });

  it("counts in words", () => {
    const { view } = settle(onHost("alex-bindings-cli-test.default", viewOf([endpoint("ep_1", URL)])));
    expect(statusOf(view)?.endpointsSummary).toBe("1 endpoint");
  });
});
