import { describe, expect, it } from "vitest";
import type { BoundEndpoint, KubeObject } from "../../../lib/cluster/objects.ts";
import { hashedName } from "../../../lib/endpoint/hashed-name.ts";
import type { ObstacleReason } from "../../../lib/plan/obstacle.ts";
import { entriesOf } from "../../../lib/register/ledger.ts";
import { altered, endpoint, outcomeOf, settle, type View, viewOf } from "./builders.ts";

const URL = "http://app.example:443";
const OLDER = "tcp://app.example:443";
const BOUND_ENDPOINT = `BoundEndpoint ngrok-operator/${hashedName(URL)}`;
const UPSTREAM = `Service ngrok-operator/${hashedName(URL)}`;
const TARGET = "Service example/app";

const wanted = () => viewOf([endpoint("ep_1", URL)]);
const ready = settle(wanted()).view;

function withObject(view: View, name: string, change: (object: KubeObject) => KubeObject): View {
  const objects = new Map(view.observed.objects);
  objects.set(name, change(objects.get(name) as KubeObject));
  return { ...view, observed: { ...view.observed, objects } };
}

function without(view: View, name: string): View {
  const objects = new Map(view.observed.objects);
  objects.delete(name);
  return { ...view, observed: { ...view.observed, objects } };
}

const madeByOthers = (object: KubeObject) => altered({ ...object, status: undefined }, { labels: {} });
const dying = (object: KubeObject) => altered(object, { deletionTimestamp: "2026-01-01T00:00:00Z" });

/** For each reason not to be ready, how a host comes into that state, and how what is in the way goes. */
const STATES: Record<ObstacleReason, { into: (view: View) => View; outOf: (view: View) => View }> = {
  NoPortLeft: {
    into: () => ({ ...wanted(), ledger: { ...wanted().ledger, urls: [{ url: URL }] } }),
    outOf: (view) => ({ ...view, ledger: wanted().ledger }),
  },
  BoundEndpointNotOurs: {
    into: (view) => withObject(view, BOUND_ENDPOINT, madeByOthers),
    outOf: (view) => without(view, BOUND_ENDPOINT),
  },
  UpstreamNotOurs: {
    into: (view) => withObject(view, UPSTREAM, madeByOthers),
    outOf: (view) => without(view, UPSTREAM),
  },
  TargetNotOurs: {
    into: (view) => withObject(view, TARGET, madeByOthers),
    outOf: (view) => without(view, TARGET),
  },
  PortHeld: {
    into: (view) => ({ ...viewOf([endpoint("a", OLDER), endpoint("ep_1", URL)]), observed: view.observed }),
    outOf: (view) => ({
      ...view,
      ledger: {
        ...view.ledger,
        entries: Object.fromEntries([...entriesOf(view.ledger)].filter(([, { url }]) => url === URL)),
        urls: view.ledger.urls.map((known) =>
          known.url === OLDER ? { ...known, emptySince: view.now } : known,
        ),
      },
    }),
  },
  NamespaceMissing: {
    into: (view) => namespaceIs("Missing", without(view, TARGET)),
    outOf: (view) => namespaceIs("Active", view),
  },
  NamespaceTerminating: {
    into: (view) => namespaceIs("Terminating", without(view, TARGET)),
    outOf: (view) => namespaceIs("Active", view),
  },
  Deleting: {
    into: (view) => withObject(view, TARGET, dying),
    outOf: (view) => without(view, TARGET),
  },
  Refused: {
    into: (view) => ({ ...without(view, TARGET), refusals: new Map([[TARGET, "exceeded quota"]]) }),
    // Another pass: it tries once more.
    outOf: (view) => ({ ...view, refusals: new Map() }),
  },
};

function namespaceIs(namespace: View["observed"]["namespace"], view: View): View {
  return { ...view, observed: { ...view.observed, namespace } };
}

const ROWS = Object.entries(STATES) as [ObstacleReason, (typeof STATES)[ObstacleReason]][];

function stateOf(view: View): string | undefined {
  const known = view.observed.objects.get(BOUND_ENDPOINT) as BoundEndpoint | undefined;
  return known?.status?.conditions?.find(({ type }) => type === "Ready")?.status;
}

function reasonOf(view: View): string | undefined {
  return outcomeOf(view).urls.find(({ url }) => url === URL)?.obstacle?.reason;
}

/** What is there of this URL: its forwarder port may be another after it had none. */
function essenceOf(view: View): unknown {
  return [BOUND_ENDPOINT, UPSTREAM, TARGET].map((name) => {
    const { metadata, spec } = view.observed.objects.get(name) ?? { metadata: undefined };
    return JSON.stringify({ labels: metadata?.labels, spec }).replace(/1000[01]/g, "PORT");
  });
}

// Classes of faults found in other operators (Acto, SOSP 2023).
describe("Acto: no recovery from an error state", () => {
  it.each(ROWS)("%s: is said, and is over when what was in the way is gone", (reason, { into, outOf }) => {
    const bad = settle(into(ready)).view;
    expect(reasonOf(bad)).toBe(reason);
    expect(stateOf(bad)).not.toBe("True");
    const good = settle(outOf(bad)).view;
    expect(reasonOf(good)).toBeUndefined();
    expect(stateOf(good)).toBe("True");
    expect(essenceOf(good)).toEqual(essenceOf(ready));
  });

  it.each(ROWS)("%s: is over too where the endpoint itself goes", (_, { into }) => {
    const bad = settle(into(ready)).view;
    const urls = bad.ledger.urls.map((known) => ({ ...known, emptySince: bad.now }));
    const { view } = settle({ ...bad, refusals: new Map(), ledger: { ...bad.ledger, entries: {}, urls } });
    const left = [...view.observed.objects.values()];
    // What is not ours, and what waits for the finalizers of others.
    const excused = left.filter(
      ({ metadata }) =>
        metadata.labels === undefined ||
        Object.keys(metadata.labels).length === 0 ||
        metadata.deletionTimestamp,
    );
    expect(left).toEqual(excused);
  });
});
