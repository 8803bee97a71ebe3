import type { Reply } from "../../functions/reply.ts";
import type { ApiRequest, ApiResponse } from "../../lib/cluster/transport.ts";
import type { SimEvent } from "./events.ts";
import { type Copy, deliverTo } from "./function.ts";
import { type Call, type Pause, Scheduler } from "./scheduler.ts";

/** Where a delivery stands: all that it depends on is what it has been answered. */
export type Local = {
  /** Of this state among all of the scenario's. */
  readonly id: number;
  /** The calls that it waits for, by their number. */
  readonly pending: ReadonlyMap<number, ApiRequest>;
  readonly answered: ReadonlyMap<number, Answered>;
  readonly reply: Reply | undefined;
};

type Answered = { response: ApiResponse; words: string };

/**
 * What one delivery does in an instance of its own, as a machine that takes answers and makes calls. A state is worked
 * out by running the function with these answers from its start, once: then it is known.
 */
export class Machine {
  readonly #event: SimEvent;
  readonly #newCopy: () => Copy;
  readonly #now: number;
  readonly #known = new Map<string, Local>();

  constructor(event: SimEvent, newCopy: () => Copy, now: number) {
    this.#event = event;
    this.#newCopy = newCopy;
    this.#now = now;
  }

  /** Before anything is answered. */
  start(): Promise<Local> {
    return this.#stateOf(new Map());
  }

  /**
   * The state after one more answer.
   *
   * @param words what matters of the answer: answers with the same words are the same
   */
  next(local: Local, index: number, response: ApiResponse, words: string): Promise<Local> {
    return this.#stateOf(new Map(local.answered).set(index, { response, words }));
  }

  async #stateOf(answered: Map<number, Answered>): Promise<Local> {
    const entries = [...answered].sort(([a], [b]) => a - b).map(([index, { words }]) => `${index} ${words}`);
    const key = entries.join("\n");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { pending, reply } = await this.#run(answered);
    const local = { id: this.#known.size, pending, answered, reply };
    this.#known.set(key, local);
    return local;
  }

  async #run(answered: Map<number, Answered>): Promise<Pick<Local, "pending" | "reply">> {
    const scheduler = new Scheduler(this.#now);
    let reply: Reply | undefined;
    deliverTo(
      scheduler,
      this.#newCopy(),
      this.#event,
      () => 0.5,
      (given) => {
        reply = given;
      },
    );
    const goesOn = (entry: Call | Pause) => entry.kind === "pause" || answered.has(entry.index);
    for (;;) {
      await scheduler.settle();
      // A pause only lets others go first, which every interleaving does anyway.
      const next = scheduler.waiting.find(goesOn);
      if (next === undefined) break;
      scheduler.take(next);
      if (next.kind === "pause") next.wake();
      else next.resolve(answered.get(next.index)?.response as ApiResponse);
    }
    const calls = scheduler.waiting.filter((entry): entry is Call => entry.kind === "call");
    return { pending: new Map(calls.map(({ index, request }) => [index, request])), reply };
  }
}
