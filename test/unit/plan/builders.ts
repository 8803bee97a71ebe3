import { describeRef, type KubeObject } from "../../../lib/cluster/objects.ts";
import type { Instant } from "../../../lib/event/instant.ts";
import { type Observed, type PlanSettings, parseLedger } from "../../../lib/plan/host.ts";
import {
  type Change,
  type HostOutcome,
  outcomeOf as outcomeOfParsed,
  type View as ParsedView,
  plan as planParsed,
} from "../../../lib/plan/plan.ts";
import { entryKeyOf } from "../../../lib/register/key.ts";
import { type Ledger, type LiveEndpoint, nextLedger } from "../../../lib/register/ledger.ts";

/** A view with the ledger as it is stored. */
export type View = Omit<ParsedView, "ledger"> & { ledger: Ledger };

export function plan(view: View): Change[] {
  return planParsed({ ...view, ledger: parseLedger(view.ledger, view.settings) });
}

export function outcomeOf(view: View): HostOutcome {
  return outcomeOfParsed({ ...view, ledger: parseLedger(view.ledger, view.settings) });
}

export const NOW = "2026-01-02T03:04:05.678Z" as Instant;

export const settings: PlanSettings = {
  operatorNamespace: "ngrok-operator",
  clusterDomain: "svc.cluster.local",
  targetLabels: {},
  targetAnnotations: {},
  targetPorts: true,
  upstreamSelector: { "app.kubernetes.io/component": "bindings-forwarder" },
  portRange: { first: 10_000, last: 65_535 },
};

/** An endpoint on a URL; those made later are younger. */
export function endpoint(
  id: string,
  url: string,
  createdAt = `2026-01-01T00:00:0${id.length}Z`,
): LiveEndpoint {
  const key = entryKeyOf({ time: NOW, kind: "upsert", eventId: `ev_${id}`, content: "0" }, 1);
  return { id, key, url, createdAt: createdAt as Instant };
}

/** A view of `app.example` with these endpoints, ports from 10000 on, and these objects. */
export function viewOf(
  endpoints: LiveEndpoint[],
  observed: Partial<Observed> = {},
  changed: Partial<View> = {},
): View {
  const urls = [...new Set(endpoints.map(({ url }) => url))].sort();
  const ports = new Map(urls.map((url, index) => [url, 10_000 + index]));
  const ledger = nextLedger(undefined, {
    host: "app.example",
    entries: new Map(endpoints.map(({ id, ...entry }) => [id, entry])),
    ports,
    givenUp: new Set(),
    now: NOW,
  });
  return {
    ledger,
    observed: { objects: new Map(), namespace: "Active", ...observed },
    refusals: new Map(),
    settings,
    now: NOW,
    ...changed,
  };
}

/** The view after every change has been made, as an API server makes it, and the changes in order. */
export function settle(view: View): { view: View; changes: Change[] } {
  const changes: Change[] = [];
  let current = view;
  for (let stage = plan(current); stage.length > 0; stage = plan(current)) {
    changes.push(...stage);
    current = {
      ...current,
      observed: { ...current.observed, objects: make(current.observed.objects, stage) },
    };
    if (changes.length > 1000) throw new Error("the plan does not come to an end");
  }
  return { view: current, changes };
}

/** One write in one line: `create Service example/app`. */
export function inShort({ action, ref }: Change): string {
  return `${action} ${describeRef(ref)}`;
}

/** The object as a stranger would have made it, or as it is with other fields. */
export function altered(object: KubeObject, metadata: Partial<KubeObject["metadata"]>): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

let version = 0;

function make(objects: ReadonlyMap<string, KubeObject>, stage: Change[]): Map<string, KubeObject> {
  const made = new Map(objects);
  for (const change of stage) {
    const name = describeRef(change.ref);
    const before = made.get(name);
    version++;
    if (change.action === "delete") made.delete(name);
    else if (change.action === "create") made.set(name, versioned({ ...change.object }, 1));
    else
      made.set(name, versioned(merge(before, change.patch) as KubeObject, before?.metadata.generation ?? 1));
  }
  return made;
}

function versioned(object: KubeObject, generation: number): KubeObject {
  const metadata = { uid: `uid-${object.metadata.name}`, ...object.metadata, generation };
  return { ...object, metadata: { ...metadata, resourceVersion: String(version) } };
}

/** RFC 7396. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = { ...(target as Record<string, unknown> | undefined) };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else merged[field] = merge(merged[field], value);
  }
  return merged;
}
