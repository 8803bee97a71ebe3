import type { Reply } from "../../functions/reply.ts";
import type { ApiRequest } from "../../lib/cluster/transport.ts";
import type { Context } from "../../lib/reconcile/context.ts";
import type { HostOutcome } from "../../lib/reconcile/hosts.ts";
import type { Contribution } from "../../lib/reconcile/ledgers.ts";
import { Rounds } from "../../lib/reconcile/rounds.ts";
import type { SimEvent } from "./events.ts";
import { type Copy, deliverTo } from "./function.ts";
import { type Answer, type Memory, memoryOf, memoryText, type TraceItem } from "./memory.ts";
import { type Call, type Pause, Scheduler } from "./scheduler.ts";
import { objectPathOf, versionIn } from "./tables.ts";

/** Where a delivery stands: all that it depends on is what it remembers. */
export type Local = {
  /** Of this state among all of the machine's. */
  readonly id: number;
  /** The calls that it waits for, by their number, in the order in which they were made. */
  readonly pending: ReadonlyMap<number, ApiRequest>;
  readonly memory: Memory;
  readonly reply: Reply | undefined;
  /** What it has been answered from its start, in one of the histories that leave this in memory. */
  readonly history: readonly Answered[];
};

export type Next = {
  readonly local: Local;
  /** For each answer that it remembers, which one it was before; -1 for the new one. */
  readonly origins: readonly number[];
};

type Answered = { readonly index: number; readonly answer: Answer };

/** Of so many histories that are taken for one, one is followed all the same. */
const FOLLOWED_ALL_THE_SAME = 32;

/**
 * What one delivery does in an instance of its own, as a machine that takes answers and makes calls. A state is worked
 * out by running the function from its start with what it has been answered. Histories that leave the same in memory
 * are one state; that they make the same calls is checked, for some of them also later on.
 */
export class Machine {
  readonly #event: SimEvent;
  readonly #newCopy: (rounds: Rounds) => Copy;
  readonly #now: number;
  readonly #known = new Map<string, Local>();
  #states = 0;
  #repeated = 0;

  constructor(event: SimEvent, newCopy: (rounds: Rounds) => Copy, now: number) {
    this.#event = event;
    this.#newCopy = newCopy;
    this.#now = now;
  }

  /** Before anything is answered. */
  async start(): Promise<Local> {
    return this.#unified(await this.#run([]));
  }

  /**
   * The state after one more answer.
   *
   * @throws Error where a delivery that remembers the same waits for other calls: then `memoryOf` is wrong
   */
  async next(local: Local, index: number, answer: Answer): Promise<Next> {
    const next = await this.#run([...local.history, { index, answer }]);
    const origins = next.memory.answers.map((remembered) => local.memory.answers.indexOf(remembered));
    return { local: this.#unified(next), origins };
  }

  #unified(local: Local): Local {
    const text = local.reply === undefined ? memoryText(local.memory) : callsOf(local);
    const known = this.#known.get(text);
    if (known !== undefined) checkAlike(known, local);
    if (known !== undefined && ++this.#repeated % FOLLOWED_ALL_THE_SAME !== 0) return known;
    this.#known.set(text, local);
    return local;
  }

  async #run(history: readonly Answered[]): Promise<Local> {
    const scheduler = new Scheduler(this.#now);
    const trace: TraceItem[] = [];
    let reply: Reply | undefined;
    deliverTo(
      scheduler,
      this.#newCopy(new WatchedRounds(trace)),
      this.#event,
      () => 0.5,
      (given) => {
        reply = given;
      },
    );
    await goOn(scheduler, trace);
    for (const { index, answer } of history) {
      const call = scheduler.waiting.find((entry) => entry.kind === "call" && entry.index === index) as Call;
      scheduler.take(call);
      trace.push({ kind: "answer", request: call.request, answer });
      call.resolve(answer.response);
      await goOn(scheduler, trace);
    }
    const calls = scheduler.waiting as Call[];
    const pending = new Map(calls.map(({ index, request }) => [index, request]));
    return { id: ++this.#states, pending, memory: memoryOf(trace), reply, history };
  }
}

/** Until it waits for answers only: a pause only lets others go first, which every interleaving does anyway. */
async function goOn(scheduler: Scheduler, trace: TraceItem[]): Promise<void> {
  for (await scheduler.settle(); ; await scheduler.settle()) {
    const pause = scheduler.waiting.find((entry): entry is Pause => entry.kind === "pause");
    if (pause === undefined) return;
    scheduler.take(pause);
    trace.push({ kind: "pause" });
    pause.wake();
  }
}

function checkAlike(a: Local, b: Local): void {
  const [callsOfA, callsOfB] = [callsOf(a), callsOf(b)];
  if (callsOfA === callsOfB) return;
  throw new Error(`two deliveries that remember the same go different ways:\n${callsOfA}\n${callsOfB}`);
}

/** What a delivery does next, as a text: its calls, or what it has answered. */
function callsOf({ pending, reply, memory }: Local): string {
  if (reply !== undefined) return `${reply.status} ${reply.body.ready}`;
  const texts = [...pending.values()].map((request) => {
    const body = JSON.stringify(request.body, (key, value) =>
      key === "resourceVersion" ? undefined : value,
    );
    return `${request.method} ${request.path} ${body} ${originOf(request, memory)}`;
  });
  return texts.join("\n");
}

/**
 * Which of the remembered answers the version of a request comes from, -1 where it carries none.
 *
 * @throws Error where it is from none of them: then `memoryOf` is wrong
 */
export function originOf(request: ApiRequest, { answers }: Memory): number {
  const version = versionIn(request);
  if (version === undefined) return -1;
  const path = objectPathOf(request);
  const origin = answers.findIndex((answer) => answer.path === path && String(answer.version) === version);
  if (origin < 0) throw new Error(`${request.method} ${path}: its version should have been forgotten`);
  return origin;
}

/** Tells when a delivery begins with a host, and when it is done with it. */
class WatchedRounds extends Rounds {
  readonly #trace: TraceItem[];

  constructor(trace: TraceItem[]) {
    super();
    this.#trace = trace;
  }

  override async join(context: Context, contribution: Contribution): Promise<HostOutcome | undefined> {
    this.#trace.push({ kind: "join", host: contribution.host });
    try {
      const outcome = await super.join(context, contribution);
      this.#trace.push({ kind: "leave", outcome: JSON.stringify(outcome) });
      return outcome;
    } catch (error) {
      this.#trace.push({ kind: "leave", outcome: String(error) });
      throw error;
    }
  }
}
