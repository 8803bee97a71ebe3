import { describe, expect, it } from "vitest";
import type { KubeObject, Service } from "../../../lib/cluster/objects.ts";
import { hashedName } from "../../../lib/endpoint/hashed-name.ts";
import {
  altered,
  endpoint,
  inShort,
  outcomeOf,
  plan,
  settings,
  settle,
  type View,
  viewOf,
} from "./builders.ts";

const HTTP = "http://app.example:80";
const HTTP_12345 = "http://app.example:12345";
const HTTP_443 = "http://app.example:443";
const TCP_443 = "tcp://app.example:443";
const TARGET = "Service example/app";
const boundEndpointOf = (url: string) => `BoundEndpoint ngrok-operator/${hashedName(url)}`;
const upstreamOf = (url: string) => `Service ngrok-operator/${hashedName(url)}`;
const STRANGER: KubeObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "app", namespace: "example", uid: "u", resourceVersion: "1" },
};

/** The view with one object replaced, removed where `object` is undefined. */
function withObject(view: View, name: string, object: KubeObject | undefined): View {
  const objects = new Map(view.observed.objects);
  if (object === undefined) objects.delete(name);
  else objects.set(name, object);
  return { ...view, observed: { ...view.observed, objects } };
}

const bound = settle(viewOf([endpoint("a", HTTP)])).view;
const objectIn = (view: View, name: string) => view.observed.objects.get(name) as KubeObject;
const empty = (view: View): View => ({
  ...view,
  ledger: {
    ...view.ledger,
    entries: {},
    epoch: 2,
    urls: view.ledger.urls.map((url) => ({ ...url, emptySince: "x" })),
  },
});

describe("the decision table: wanted", () => {
  const rows: [string, View, string[]][] = [
    ["absent: created", withObject(bound, TARGET, undefined), [`create ${TARGET}`]],
    ["ours, as wanted: left", bound, []],
    [
      "ours, otherwise: changed",
      withObject(bound, TARGET, {
        ...objectIn(bound, TARGET),
        spec: { type: "ExternalName", externalName: "x.y" },
      }),
      [`change ${TARGET}`],
    ],
    [
      "ours, being deleted: left, and said",
      withObject(
        bound,
        TARGET,
        altered(objectIn(bound, TARGET), { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      ),
      [`changeStatus ${boundEndpointOf(HTTP)}`],
    ],
    [
      "a stranger's: left, and said",
      withObject(bound, TARGET, STRANGER),
      [`changeStatus ${boundEndpointOf(HTTP)}`],
    ],
    [
      "refused: not tried again in this pass, and said",
      { ...withObject(bound, TARGET, undefined), refusals: new Map([[TARGET, "exceeded quota"]]) },
      [`changeStatus ${boundEndpointOf(HTTP)}`],
    ],
  ];
  it.each(rows)("%s", (_, view, changes) => {
    expect(settle(view).changes.map(inShort)).toEqual(changes);
  });
});

describe("the decision table: not wanted", () => {
  const gone = empty(bound);
  const rows: [string, View, string[]][] = [
    ["absent: nothing", withObject(gone, TARGET, undefined), [upstreamOf(HTTP), boundEndpointOf(HTTP)]],
    ["ours: deleted", gone, [TARGET, upstreamOf(HTTP), boundEndpointOf(HTTP)]],
    [
      "ours, being deleted: left",
      withObject(
        gone,
        TARGET,
        altered(objectIn(bound, TARGET), { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      ),
      [upstreamOf(HTTP), boundEndpointOf(HTTP)],
    ],
    ["a stranger's: left", withObject(gone, TARGET, STRANGER), [upstreamOf(HTTP), boundEndpointOf(HTTP)]],
    [
      "refused: not tried again in this pass",
      { ...gone, refusals: new Map([[TARGET, "no"]]) },
      [upstreamOf(HTTP), boundEndpointOf(HTTP)],
    ],
  ];
  it.each(rows)("%s", (_, view, deleted) => {
    expect(settle(view).changes.map(inShort)).toEqual(deleted.map((name) => `delete ${name}`));
  });

  it("says what keeps an object from going", () => {
    const deleting = altered(objectIn(bound, TARGET), { deletionTimestamp: "x", finalizers: ["them/hold"] });
    expect(outcomeOf(withObject(gone, TARGET, deleting)).leftover).toEqual({
      reason: "Deleting",
      message: "Deleting: Service example/app is being deleted and waits for its finalizers: them/hold",
    });
    expect(outcomeOf({ ...gone, refusals: new Map([[TARGET, "no"]]) }).leftover?.reason).toBe("Refused");
    expect(outcomeOf(settle(gone).view).leftover).toBeUndefined();
  });
});

describe("order", () => {
  it("leads to nothing that is not there yet, and deletes last", () => {
    const moved = viewOf([endpoint("a", TCP_443)], bound.observed);
    const urls = [...bound.ledger.urls.map((url) => ({ ...url, emptySince: "x" })), ...moved.ledger.urls];
    const { changes } = settle({ ...moved, ledger: { ...moved.ledger, urls, epoch: 2 } });
    expect(changes.map(inShort)).toEqual([
      `create ${boundEndpointOf(TCP_443)}`,
      `create ${upstreamOf(TCP_443)}`,
      `change ${TARGET}`,
      `changeStatus ${boundEndpointOf(TCP_443)}`,
      `delete ${upstreamOf(HTTP)}`,
      `delete ${boundEndpointOf(HTTP)}`,
    ]);
  });

  it("makes everything of a new host side by side", () => {
    const view = viewOf([endpoint("a", HTTP)], { namespace: "Unread" });
    expect(plan(view).map(inShort)).toEqual([
      `create ${boundEndpointOf(HTTP)}`,
      `create ${upstreamOf(HTTP)}`,
      `create ${TARGET}`,
    ]);
  });
});

describe("several URLs on one host", () => {
  const view = settle(
    viewOf([endpoint("a", HTTP), endpoint("bb", HTTP_12345), endpoint("ccc", TCP_443)]),
  ).view;

  it("all work at once: the oldest leads, and carries every port to its own forwarder port", () => {
    const upstream = objectIn(view, upstreamOf(HTTP)) as Service;
    const ports = [
      { name: "http-80", protocol: "TCP", port: 80, targetPort: 10_001 },
      { name: "tcp", protocol: "TCP", port: 443, targetPort: 10_002 },
      { name: "http-12345", protocol: "TCP", port: 12_345, targetPort: 10_000 },
    ];
    expect(upstream.spec?.ports).toEqual(ports);
    const target = objectIn(view, TARGET) as Service;
    expect(target.spec?.externalName).toBe(`${hashedName(HTTP)}.ngrok-operator.svc.cluster.local`);
    expect(target.spec?.ports).toEqual(ports.map((port) => ({ ...port, targetPort: port.port })));
    expect(outcomeOf(view).urls.map(({ obstacle }) => obstacle)).toEqual([undefined, undefined, undefined]);
  });

  it("leads past a URL whose upstream name is a stranger's", () => {
    const stranger = { ...STRANGER, metadata: { ...STRANGER.metadata, name: hashedName(HTTP) } };
    const { view: settled } = settle(withObject(view, upstreamOf(HTTP), stranger));
    const target = objectIn(settled, TARGET) as Service;
    expect(target.spec?.externalName).toBe(`${hashedName(HTTP_12345)}.ngrok-operator.svc.cluster.local`);
    expect(settled.observed.objects.get(upstreamOf(HTTP))).toBe(stranger);
    expect(outcomeOf(settled).urls.map(({ obstacle }) => obstacle?.reason)).toEqual([
      undefined,
      "UpstreamNotOurs",
      undefined,
    ]);
  });

  it("gives a port that two schemes want to the oldest endpoint, whichever came first", () => {
    for (const entries of [
      [endpoint("a", HTTP_443), endpoint("bb", TCP_443)],
      [endpoint("bb", TCP_443), endpoint("a", HTTP_443)],
    ]) {
      const { view: settled } = settle(viewOf(entries));
      expect((objectIn(settled, TARGET) as Service).spec?.ports).toEqual([
        { name: "http", protocol: "TCP", port: 443, targetPort: 443 },
      ]);
      expect(outcomeOf(settled).urls).toEqual([
        { url: HTTP_443, hashedName: hashedName(HTTP_443), obstacle: undefined },
        {
          url: TCP_443,
          hashedName: hashedName(TCP_443),
          obstacle: {
            reason: "PortHeld",
            message: `PortHeld: port 443 of app.example is held by ${HTTP_443}, whose endpoint is older`,
          },
        },
      ]);
      // It has its own BoundEndpoint and upstream Service, ready for when the holder goes.
      expect(settled.observed.objects.has(upstreamOf(TCP_443))).toBe(true);
    }
  });
});

describe("settings that change", () => {
  it("take back the labels and annotations that they asked for before, and leave those of others", () => {
    const labelled = settle({
      ...bound,
      settings: { ...settings, targetLabels: { team: "a", tier: "1" }, targetAnnotations: { note: "x" } },
    }).view;
    const theirs = objectIn(labelled, TARGET);
    const edited = withObject(
      labelled,
      TARGET,
      altered(theirs, { labels: { ...theirs.metadata.labels, theirs: "yes" } }),
    );
    const { view } = settle({ ...edited, settings: { ...settings, targetLabels: { team: "b" } } });
    const { labels, annotations } = objectIn(view, TARGET).metadata;
    expect(labels).toMatchObject({ team: "b", theirs: "yes" });
    expect(labels).not.toHaveProperty("tier");
    expect(annotations).not.toHaveProperty("note");
    expect(objectIn(view, boundEndpointOf(HTTP)).spec).toMatchObject({
      target: { metadata: { labels: { team: "b" } } },
    });
  });

  it("take the ports out of the target Service and put them back", () => {
    const without = settle({ ...bound, settings: { ...settings, targetPorts: false } }).view;
    expect(objectIn(without, TARGET).spec).not.toHaveProperty("ports");
    const { view } = settle({ ...without, settings });
    expect((objectIn(view, TARGET) as Service).spec?.ports).toHaveLength(1);
  });
});

describe("the target namespace", () => {
  it("missing: everything else is in place, and the status says it in ngrok's words", () => {
    const { view } = settle(viewOf([endpoint("a", HTTP)], { namespace: "Missing" }));
    expect([...view.observed.objects.keys()]).toEqual([boundEndpointOf(HTTP), upstreamOf(HTTP)]);
    expect(outcomeOf(view).urls[0]?.obstacle).toEqual({
      reason: "NamespaceMissing",
      message: 'HTTP 503: Failed to create Target Service: namespaces "example" not found [ERR_NGROK_20003]',
    });
  });
});
