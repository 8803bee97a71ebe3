import type { Snapshot } from "../../lib/embedded/storage.ts";
import type { Store } from "../../lib/embedded/store.ts";
import { TOMBSTONE_LIFE_MS } from "../../lib/settings/limits.ts";
import { newCluster, normalForm } from "./cluster.ts";
import { inShort, newestOf, type SimEvent, START } from "./events.ts";
import { deliverTo, newCopy } from "./function.ts";
import { type Local, Machine } from "./local.ts";
import { seeded } from "./random.ts";
import type { Scenario } from "./scenarios.ts";
import { Scheduler } from "./scheduler.ts";
import { doublePort, missingOf, notInRegister } from "./state-oracles.ts";
import { UNWRITTEN, VersionedStore, type Versions } from "./versions.ts";

/** What the interleavings of a scenario came to. */
export type Explored = {
  states: number;
  /** States in which everything had ended, before unanswered events were delivered again. */
  ends: number;
  /** Of the first interleaving that is wrong: what is, and what happened. */
  failure: { violations: string[]; steps: string[] } | undefined;
};

export type ExploreOptions = {
  /** How many instances may be killed. */
  crashes: number;
  /** Of the calls that one delivery makes side by side, the last is answered first, not the first. */
  lastFirst?: boolean;
  /** Visits no more states than this, chosen at random by `seed`; all if left out. */
  sample?: { states: number; seed: number };
};

type State = {
  snapshot: Snapshot;
  versions: Versions;
  /** Of each delivery; undefined where its instance was killed. */
  locals: (Local | undefined)[];
  crashes: number;
  /** How it came to this. */
  from: { state: State; step: string } | undefined;
};

/**
 * Explores every interleaving of the calls that the scenario's deliveries make, each in an instance of its own, with
 * instances killed at every point. Interleavings that come to the same state are followed once: the state of a delivery
 * is what it has been answered, that of the cluster its objects, each with the number of its writes. So calls on
 * different objects commute. Those that one delivery makes side by side are answered in one order, and with `lastFirst`
 * in the other; random histories have them in every order.
 *
 * At every state: no port is had twice, and nothing is missing that the newest state of an endpoint wants and that was
 * answered ready; an answer is in its register. Where everything has ended, what was not answered is delivered again,
 * in every order; then the objects must be those of the newest events, and a further round of deliveries must write
 * nothing.
 */
export async function explore(scenario: Scenario, options: ExploreOptions): Promise<Explored> {
  return new Explorer(scenario, options).run();
}

class Explorer {
  readonly #scenario: Scenario;
  readonly #options: ExploreOptions;
  readonly #store: Store;
  readonly #versioned: VersionedStore;
  readonly #visited = new Set<string>();
  #clock = START;
  #expected: string[] = [];
  #machines: Machine[] = [];
  #ends = 0;

  constructor(scenario: Scenario, options: ExploreOptions) {
    this.#scenario = scenario;
    this.#options = options;
    this.#store = newCluster(() => new Date(this.#clock));
    this.#versioned = new VersionedStore(this.#store);
  }

  async run(): Promise<Explored> {
    this.#expected = await this.#expectedEnd();
    const waiting = [await this.#begin()];
    const { sample } = this.#options;
    const random = seeded(sample?.seed ?? 1);
    this.#isNew(waiting[0] as State);
    while (waiting.length > 0 && this.#visited.size < (sample?.states ?? Number.POSITIVE_INFINITY)) {
      // A sample is spread over the whole; otherwise the last is at hand.
      const chosen = sample === undefined ? waiting.length - 1 : random.below(waiting.length);
      [waiting[chosen], waiting[waiting.length - 1]] = [waiting.at(-1) as State, waiting[chosen] as State];
      const failure = await this.#expand(waiting.pop() as State, waiting);
      if (failure !== undefined) return { states: this.#visited.size, ends: this.#ends, failure };
    }
    return { states: this.#visited.size, ends: this.#ends, failure: undefined };
  }

  async #expand(state: State, waiting: State[]): Promise<Explored["failure"]> {
    const successors = await this.#successors(state);
    if (successors.length === 0) return this.#checkEnd(state);
    for (const successor of successors) {
      if (!this.#isNew(successor)) continue;
      const violations =
        successor.versions === state.versions && !hasReplied(successor, state) ? [] : this.#check(successor);
      if (violations.length > 0) return { violations, steps: stepsTo(successor) };
      waiting.push(successor);
    }
    return undefined;
  }

  async #successors(state: State): Promise<State[]> {
    const successors: State[] = [];
    for (const [index, local] of state.locals.entries()) {
      if (local === undefined) continue;
      const call = this.#nextCall(local);
      if (call !== undefined) successors.push(await this.#answer(state, index, call));
      // Before its first answer it has done nothing, and after its reply there is nothing left to lose.
      const isUnderWay = local.answered.size > 0 && local.reply === undefined;
      if (isUnderWay && state.crashes < this.#options.crashes) successors.push(kill(state, index));
    }
    return successors;
  }

  /** Of calls that a delivery makes side by side, one goes first: they are on different objects, so they commute. */
  #nextCall(local: Local): number | undefined {
    const calls = [...local.pending.keys()];
    return this.#options.lastFirst === true ? calls.at(-1) : calls[0];
  }

  async #answer(state: State, index: number, call: number): Promise<State> {
    const local = state.locals[index] as Local;
    const request = local.pending.get(call);
    if (request === undefined) throw new Error(`call ${call} is not waited for`);
    this.#store.restore(state.snapshot);
    const { response, words, versions } = this.#versioned.handle(request, state.versions);
    const next = await (this.#machines[index] as Machine).next(local, call, response, words);
    const answer =
      next.reply === undefined ? "" : `, and it answers ${next.reply.status} ${next.reply.body.reason}`;
    const step = `instance-${index}: ${request.method} ${request.path.replace(/\?.*/, "")} ${response.status}${answer}`;
    const locals = state.locals.with(index, next);
    return {
      snapshot: this.#store.snapshot(),
      versions,
      locals,
      crashes: state.crashes,
      from: { state, step },
    };
  }

  #isNew({ versions, locals, crashes }: State): boolean {
    const deliveries = locals.map((local) => local?.id ?? "dead").join(",");
    const key = `${crashes} ${deliveries} ${versions.print}`;
    if (this.#visited.has(key)) return false;
    this.#visited.add(key);
    return true;
  }

  #check({ snapshot, locals }: State): string[] {
    this.#store.restore(snapshot);
    const { before, events } = this.#scenario;
    const newest = newestOf([...before, ...events]);
    const answered = locals.flatMap((local, index) => {
      const event = events[index] as SimEvent;
      return local?.reply === undefined ? [] : [{ event, reply: local.reply }];
    });
    return [
      ...doublePort(this.#store),
      ...answered.flatMap((one) => notInRegister(this.#store, one, [...before, ...events])),
      ...answered.filter(({ event }) => newest.includes(event)).flatMap((one) => missingOf(this.#store, one)),
    ];
  }

  async #checkEnd(state: State): Promise<Explored["failure"]> {
    this.#ends++;
    const unanswered = this.#scenario.events.filter((_, index) => {
      const reply = state.locals[index]?.reply;
      return reply === undefined || reply.status >= 500;
    });
    for (const order of permutationsOf(unanswered)) {
      this.#store.restore(state.snapshot);
      const violations = await this.#redeliver(order);
      const again = order.map((event) => `delivered again: ${inShort(event)}`);
      if (violations.length > 0) return { violations, steps: [...stepsTo(state), ...again] };
    }
    return undefined;
  }

  async #redeliver(order: SimEvent[]): Promise<string[]> {
    for (const event of order) await this.#deliver(event);
    const found = normalForm(this.#store);
    const missing = this.#expected.filter((object) => !found.includes(object));
    const extra = found.filter((object) => !this.#expected.includes(object));
    const { before, events } = this.#scenario;
    // The first round may note in a record what has become of its endpoint since its last delivery.
    for (const event of [...before, ...events]) await this.#deliver(event);
    const { revision } = this.#store.storage;
    for (const event of [...before, ...events]) await this.#deliver(event);
    return [
      ...missing.map((object) => `in the end this is missing: ${object}`),
      ...extra.map((object) => `in the end this is too much: ${object}`),
      ...(this.#store.storage.revision === revision ? [] : ["a further delivery writes"]),
    ];
  }

  async #begin(): Promise<State> {
    const { before, events, expired, settings } = this.#scenario;
    for (const event of before) await this.#deliver(event);
    if (expired) this.#clock += TOMBSTONE_LIFE_MS + 60_000;
    this.#machines = events.map(
      (event, index) => new Machine(event, () => newCopy(`instance-${index}`, settings), this.#clock),
    );
    const locals = await Promise.all(this.#machines.map((machine) => machine.start()));
    return { snapshot: this.#store.snapshot(), versions: UNWRITTEN, locals, crashes: 0, from: undefined };
  }

  /** The objects of the newest events on a cluster where nothing ever went wrong. */
  async #expectedEnd(): Promise<string[]> {
    const empty = this.#store.snapshot();
    for (let round = 0; round < 2; round++) {
      for (const event of newestOf([...this.#scenario.before, ...this.#scenario.events]))
        await this.#deliver(event);
    }
    const expected = normalForm(this.#store);
    this.#store.restore(empty);
    return expected;
  }

  /** Delivers an event while nothing else is under way. */
  async #deliver(event: SimEvent): Promise<void> {
    const scheduler = new Scheduler(this.#clock);
    const copy = newCopy("alone", this.#scenario.settings);
    deliverTo(
      scheduler,
      copy,
      event,
      () => 0.5,
      () => undefined,
    );
    for (await scheduler.settle(); scheduler.running > 0; await scheduler.settle()) {
      const [next] = scheduler.waiting;
      if (next === undefined) throw new Error(`${inShort(event)} waits for nothing`);
      scheduler.take(next);
      if (next.kind === "pause") next.wake();
      else next.resolve(this.#store.handle(next.request));
    }
  }
}

/** Whether a delivery was answered on the way from one state to the next. */
function hasReplied(to: State, from: State): boolean {
  return to.locals.some((local, index) => local?.reply !== from.locals[index]?.reply);
}

function kill(state: State, index: number): State {
  const step = `instance-${index} dies`;
  return {
    ...state,
    locals: state.locals.with(index, undefined),
    crashes: state.crashes + 1,
    from: { state, step },
  };
}

function stepsTo(state: State): string[] {
  const steps: string[] = [];
  for (let at = state.from; at !== undefined; at = at.state.from) steps.unshift(at.step);
  return steps;
}

function permutationsOf<T>(list: T[]): T[][] {
  if (list.length <= 1) return [list];
  return list.flatMap((first, index) =>
    permutationsOf(list.toSpliced(index, 1)).map((rest) => [first, ...rest]),
  );
}
