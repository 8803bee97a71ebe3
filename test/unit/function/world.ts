import { handleEvent } from "../../../functions/events.ts";
import type { Reply } from "../../../functions/reply.ts";
import { type Kind, type Kinds, type KubeObject, pathOf, type Ref } from "../../../lib/cluster/objects.ts";
import { projectCrds } from "../../../lib/embedded/crds.ts";
import { createStore, type Store } from "../../../lib/embedded/store.ts";
import { decode } from "../../../lib/event/decode.ts";
import { instantOf } from "../../../lib/event/instant.ts";
import { Rounds } from "../../../lib/reconcile/rounds.ts";
import { readSettings } from "../../../lib/settings/settings.ts";
import type { NgrokEvent } from "../../support/events.ts";

const NOW = new Date("2026-02-01T00:00:00Z");

/** A cluster in memory, and the function above it. */
export type World = {
  store: Store;
  /** What the function answers to an event, with these environment variables. */
  deliver(event: NgrokEvent, env?: Record<string, string>): Promise<Reply>;
  /** An object as it is, undefined where there is none. */
  read<K extends Kind>(ref: Ref<K>): Kinds[K] | undefined;
  /** Every object of a kind, in all namespaces. */
  list<K extends Kind>(kind: K): Kinds[K][];
};

/** @param namespaces that are there from the start */
export function newWorld(namespaces: string[]): World {
  let uids = 0;
  const store = createStore({
    clock: () => NOW,
    uid: () => `uid-${++uids}`,
    crds: projectCrds(),
    namespaces,
    historyLimit: 0,
  });
  return {
    store,
    deliver(event, env = {}) {
      const read = readSettings(env);
      if (!read.ok) throw new Error(JSON.stringify(read.problems));
      const decoded = decode({
        contentType: "application/json",
        headers: {},
        query: {},
        now: instantOf(NOW),
        body: event,
      });
      const change = decoded.ok ? decoded.changes[0] : undefined;
      if (change === undefined) throw new Error(`this is no event: ${JSON.stringify(event)}`);
      const world = {
        transport: (request: Parameters<Store["handle"]>[0]) => Promise.resolve(store.handle(request)),
        settings: read.settings,
        now: () => instantOf(NOW),
        random: () => 0.5,
        sleep: () => Promise.resolve(),
        rounds: new Rounds(),
      };
      return handleEvent(world, change, { signal: new AbortController().signal, dryRun: false });
    },
    read<K extends Kind>(ref: Ref<K>) {
      const { status, body } = store.handle({ method: "GET", path: pathOf(ref) });
      return status === 200 ? (body as Kinds[K]) : undefined;
    },
    list<K extends Kind>(kind: K) {
      return (store.handle({ method: "GET", path: pathOf({ kind }) }).body as { items: KubeObject[] })
        .items as Kinds[K][];
    },
  };
}
