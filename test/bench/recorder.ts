import { setImmediate as macrotask } from "node:timers/promises";
import { handleEvent, type World } from "../../functions/events.ts";
import type { Reply } from "../../functions/reply.ts";
import { type Kind, pathOf } from "../../lib/cluster/objects.ts";
import type { ApiRequest, ApiResponse, Transport } from "../../lib/cluster/transport.ts";
import { projectCrds } from "../../lib/embedded/crds.ts";
import { createStore, type Store } from "../../lib/embedded/store.ts";
import { decode } from "../../lib/event/decode.ts";
import { instantOf } from "../../lib/event/instant.ts";
import { Rounds } from "../../lib/reconcile/rounds.ts";
import { readSettings } from "../../lib/settings/settings.ts";

/** A call to the API server, and what it was answered. */
export type RecordedCall = { readonly request: ApiRequest; readonly response: ApiResponse };

/** What handling one event takes. */
export type Recording = {
  /** The calls in order; those of a stage are in flight side by side. */
  readonly stages: readonly (readonly RecordedCall[])[];
  readonly reply: Reply;
};

export type RecorderOptions = {
  readonly operatorNamespace: string;
  /** Target namespaces that are there. */
  readonly namespaces: readonly string[];
};

/**
 * Runs the code of the function in memory and notes each call to the API server, and which of them are in flight side
 * by side: so that the bare calls that the function is measured against are those that it makes, whatever becomes of
 * its code. The cluster in memory keeps what was recorded, as the real one keeps it, so that the same ports are taken.
 */
export class Recorder {
  readonly #store: Store;
  readonly #world: Omit<World, "transport">;

  constructor({ operatorNamespace, namespaces }: RecorderOptions) {
    const read = readSettings({ OPERATOR_NAMESPACE: operatorNamespace });
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    this.#store = createStore({
      clock: () => new Date(),
      uid: () => crypto.randomUUID(),
      crds: projectCrds(),
      namespaces: [operatorNamespace, ...namespaces],
      historyLimit: 0,
    });
    this.#world = {
      settings: read.settings,
      now: () => instantOf(new Date()),
      random: () => 0.5,
      // One delivery at a time loses no race.
      sleep: () => Promise.reject(new Error("the function paused, though nobody is in its way")),
      rounds: new Rounds(),
    };
  }

  /** @param event one of ngrok's */
  async record(event: unknown): Promise<Recording> {
    const stages: RecordedCall[][] = [];
    let waiting: { request: ApiRequest; answer: (response: ApiResponse) => void }[] = [];
    const transport: Transport = (request) =>
      new Promise((answer) => {
        waiting.push({ request, answer });
      });
    let reply: Reply | undefined;
    void this.#handle(transport, event).then((given) => {
      reply = given;
    });
    while (reply === undefined) {
      // Until nothing can go on by itself: what is asked by then is in flight side by side.
      await macrotask();
      const stage = waiting.map((call) => ({ ...call, response: this.#store.handle(call.request) }));
      waiting = [];
      if (stage.length > 0) stages.push(stage.map(({ request, response }) => ({ request, response })));
      for (const { answer, response } of stage) answer(response);
    }
    return { stages, reply };
  }

  /** Takes objects out of the cluster in memory, when they are gone from the real one. */
  forget(paths: readonly string[]): void {
    for (const path of paths) this.#store.handle({ method: "DELETE", path });
  }

  async #handle(transport: Transport, event: unknown): Promise<Reply> {
    const decoded = decode({
      contentType: "application/json",
      headers: {},
      query: {},
      body: event,
      now: this.#world.now(),
    });
    const change = decoded.ok ? decoded.changes[0] : undefined;
    if (change === undefined) throw new Error(`this is no event: ${JSON.stringify(decoded)}`);
    const handling = { signal: new AbortController().signal, dryRun: false };
    return handleEvent({ ...this.#world, transport }, change, handling);
  }
}

/** Whether a request changes something. */
export function isWrite({ method }: ApiRequest): boolean {
  return method !== "GET";
}

/** How many calls an event takes, and how many of them are writes. */
export function countCalls({ stages }: Recording): { calls: number; writes: number } {
  const calls = stages.flat();
  return { calls: calls.length, writes: calls.filter(({ request }) => isWrite(request)).length };
}

/** The paths of the objects that are there after these calls, in order, and were not before. */
export function pathsLeft(calls: readonly RecordedCall[]): string[] {
  const left = new Set<string>();
  for (const { request, response } of calls) {
    if (request.method === "DELETE" && response.status === 200) left.delete(request.path);
    if (request.method === "POST" && response.status === 201) left.add(pathOfNew(request));
  }
  return [...left];
}

type NewObject = { kind: Kind; metadata: { namespace: string; name: string } };

function pathOfNew({ body }: ApiRequest): string {
  const { kind, metadata } = body as NewObject;
  const { namespace, name } = metadata;
  return pathOf({ kind, namespace, name });
}
