/** The events that deciding is measured with, each with what the cluster holds once it has been handled. */
import { handleEvent } from "../../functions/events.ts";
import {
  type BoundHost,
  describeRef,
  type EndpointRecord,
  type Kind,
  type Kinds,
  type KubeObject,
  pathOf,
  type Ref,
} from "../../lib/cluster/objects.ts";
import { projectCrds } from "../../lib/embedded/crds.ts";
import { createStore, type Store } from "../../lib/embedded/store.ts";
import { recordName } from "../../lib/endpoint/hashed-name.ts";
import { decode } from "../../lib/event/decode.ts";
import { type Instant, instantOf } from "../../lib/event/instant.ts";
import { parseLedger, slotsOf } from "../../lib/plan/host.ts";
import { Rounds } from "../../lib/reconcile/rounds.ts";
import type { Settings } from "../../lib/settings/settings.ts";

export const NOW: Instant = instantOf(new Date("2026-02-01T00:00:00Z"));

/** One event, posted, and what is in the cluster when it has been handled. */
export type Sample = {
  /** The body, about 1 KB. */
  readonly text: string;
  readonly record: EndpointRecord["spec"];
  readonly ledger: BoundHost["spec"];
  /** The objects of the host, as an API server has them, by `describeRef`. */
  readonly objects: ReadonlyMap<string, KubeObject>;
};

/** @param count of events, each of an endpoint and on a host of its own */
export async function samplesOf(count: number, settings: Settings): Promise<Sample[]> {
  const texts = Array.from({ length: count }, (_, index) => JSON.stringify(eventOf(index)));
  return Promise.all(texts.map((text) => sampleOf(text, settings)));
}

/** An endpoint of an agent was created: the fields that ngrok's API returns, of the usual lengths. */
function eventOf(index: number): { event_id: string; object: { id: string } & Record<string, unknown> } {
  const unique = String(index).padStart(6, "0");
  const name = `checkout-${unique}`;
  const host = `${name}.${NAMESPACE}`;
  const id = `ep_2vXq8mDdJt4yKcR0bNfLw${unique}`;
  const url = `http://${host}`;
  const micros = `.${String(index * 7919)
    .padStart(6, "0")
    .slice(-6)}Z`;
  const metadata = {
    team: "payments",
    commit: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    stage: "production",
  };
  return {
    event_id: `ev_2vXq8nYw1hTzPmGs5cUeA${unique}`,
    ...{ event_type: "endpoint_created.v0", event_timestamp: `2026-01-31T23:59:58${micros}` },
    ...{ account_id: "ac_2kQ7dWmXn4RvT1yLbPzC8sEjUfA", principal: reference("usr", "users", unique) },
    object: {
      ...{
        id,
        region: "eu",
        created_at: `2026-01-31T23:59:57${micros}`,
        updated_at: `2026-01-31T23:59:58${micros}`,
      },
      ...{ public_url: url, proto: "http", scheme: "http", hostport: `${host}:80`, host, port: 80 },
      ...{
        type: "agent",
        metadata: JSON.stringify(metadata),
        description: "the checkout service's HTTP API",
      },
      ...{ principal: reference("usr", "users", unique), bindings: ["kubernetes"] },
      ...{ uri: `https://api.ngrok.com/endpoints/${id}`, url, name, pooling_enabled: true },
    },
  };
}

function reference(prefix: string, collection: string, unique: string): { id: string; uri: string } {
  const id = `${prefix}_2kQ7dUoZb9XwH3fVtGyR6${unique}`;
  return { id, uri: `https://api.ngrok.com/${collection}/${id}` };
}

const NAMESPACE = "storefront";
const CRDS = projectCrds();

/** Handles the event in a cluster in memory, and looks at what has come of it. */
async function sampleOf(text: string, settings: Settings): Promise<Sample> {
  let uids = 0;
  const store = createStore({
    clock: () => new Date(NOW),
    uid: () => `00000000-0000-4000-8000-${String(++uids).padStart(12, "0")}`,
    crds: CRDS,
    namespaces: [settings.operatorNamespace, NAMESPACE],
    historyLimit: 0,
  });
  const body: ReturnType<typeof eventOf> = JSON.parse(text);
  const decoded = decode({ contentType: "application/json", headers: {}, query: {}, body, now: NOW });
  const [change] = decoded.ok ? decoded.changes : [];
  if (change === undefined) throw new Error("the event is not well-formed");
  const world = {
    transport: async (request: Parameters<Store["handle"]>[0]) => store.handle(request),
    ...{ settings, now: () => NOW, random: () => 0.5, sleep: async () => undefined, rounds: new Rounds() },
  };
  const reply = await handleEvent(world, change, { signal: new AbortController().signal, dryRun: false });
  if (reply.body.outcome !== "bound" || reply.body.ready !== true) {
    throw new Error(`the event came to ${JSON.stringify(reply.body)}`);
  }
  const namespace = settings.operatorNamespace;
  const record = read(store, { kind: "EndpointRecord", namespace, name: recordName(body.object.id) });
  const ledger = read(store, { kind: "BoundHost", namespace, name: reply.body.host ?? "" });
  const slots = slotsOf(parseLedger(ledger.spec, settings));
  const objects = new Map(slots.map(({ ref, name }): [string, KubeObject] => [name, read(store, ref)]));
  return { text, record: record.spec, ledger: ledger.spec, objects };
}

/** As it comes off the wire: the store's own is frozen, which an answer that was parsed is not. */
function read<K extends Kind>(store: Store, ref: Ref<K>): Kinds[K] {
  const { status, body } = store.handle({ method: "GET", path: pathOf(ref) });
  if (status !== 200) throw new Error(`there is no ${describeRef(ref)}`);
  return JSON.parse(JSON.stringify(body)) as Kinds[K];
}
