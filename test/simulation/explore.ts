import { TOMBSTONE_LIFE_MS } from "../../lib/settings/limits.ts";
import { newCluster, normalForm } from "./cluster.ts";
import { inShort, newestOf, type SimEvent, START } from "./events.ts";
import { deliverTo, newCopy } from "./function.ts";
import { Machine } from "./machine.ts";
import { seeded } from "./random.ts";
import type { Scenario } from "./scenarios.ts";
import { Scheduler } from "./scheduler.ts";
import { doublePort, missingOf, notInRegister, untold } from "./state-oracles.ts";
import { StateSet } from "./state-set.ts";
import { type Delivery, Steps } from "./steps.ts";
import { ABSENT, type Cluster, Tables } from "./tables.ts";

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
  /** The calls that one delivery makes side by side are answered together, with nothing in between. */
  together?: boolean;
  /** Visits no more states than this, chosen at random by `seed`; all if left out. */
  sample?: { states: number; seed: number };
  /** Told now and then how many states have been visited. */
  onProgress?: (states: number) => void;
};

type State = {
  cluster: Cluster;
  /** Undefined where its instance was killed. */
  deliveries: readonly (Delivery | undefined)[];
  crashes: number;
  /** How it came to this; nothing at the start. */
  from: { state: State; instance: number; step: string } | undefined;
};

const PROGRESS_EVERY = 10_000;

/**
 * Explores every interleaving of the calls that the scenario's deliveries make, each in an instance of its own, with
 * instances killed at every point. Interleavings that come to the same state are followed once. A state is what is in
 * the cluster, and for each delivery what it remembers and which of it is not so any more; so calls on different objects
 * commute. Calls that one delivery makes side by side are answered in one order, and with `lastFirst` in the other;
 * random histories have them in every order.
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
  #clock = START;
  readonly #store = newCluster(() => new Date(this.#clock));
  readonly #tables = new Tables(this.#store);
  readonly #visited = new StateSet();
  /** What was found of clusters, with what was answered by then. */
  readonly #checked = new Map<string, string[]>();
  readonly #ends = new Map<string, Explored["failure"]>();
  #expected: string[] = [];
  #steps: Steps[] = [];

  constructor(scenario: Scenario, options: ExploreOptions) {
    this.#scenario = scenario;
    this.#options = options;
  }

  async run(): Promise<Explored> {
    this.#expected = await this.#expectedEnd();
    const first = await this.#begin();
    const waiting = [first];
    const { sample } = this.#options;
    const random = seeded(sample?.seed ?? 1);
    this.#isNew(first);
    while (waiting.length > 0 && this.#visited.size < (sample?.states ?? Number.POSITIVE_INFINITY)) {
      // A sample is spread over the whole; otherwise the last is at hand.
      const chosen = sample === undefined ? waiting.length - 1 : random.below(waiting.length);
      [waiting[chosen], waiting[waiting.length - 1]] = [waiting.at(-1) as State, waiting[chosen] as State];
      const failure = await this.#expand(waiting.pop() as State, waiting);
      if (failure !== undefined) return this.#explored(failure);
    }
    return this.#explored(undefined);
  }

  #explored(failure: Explored["failure"]): Explored {
    return { states: this.#visited.size, ends: this.#ends.size, failure };
  }

  async #expand(state: State, waiting: State[]): Promise<Explored["failure"]> {
    const successors = await this.#successors(state);
    if (successors.length === 0) return this.#checkEnd(state);
    for (const successor of successors) {
      if (!this.#isNew(successor)) continue;
      const violations = this.#check(successor);
      if (violations.length > 0) return { violations, steps: stepsTo(successor) };
      waiting.push(successor);
    }
    return undefined;
  }

  async #successors(state: State): Promise<State[]> {
    const successors: State[] = [];
    for (const [instance, delivery] of state.deliveries.entries()) {
      if (delivery === undefined || delivery.local.reply !== undefined) continue;
      successors.push(await this.#answer(state, instance, delivery));
      // Before its first answer it has done nothing.
      const isUnderWay = delivery.local.history.length > 0;
      if (isUnderWay && state.crashes < this.#options.crashes) successors.push(kill(state, instance));
    }
    return successors;
  }

  async #answer(state: State, instance: number, delivery: Delivery): Promise<State> {
    const count = this.#options.together === true ? delivery.local.pending.size : 1;
    let next = await this.#answerOne(state, instance, delivery);
    for (let answered = 1; answered < count; answered++)
      next = await this.#answerOne(next, instance, next.deliveries[instance] as Delivery);
    return next;
  }

  async #answerOne(state: State, instance: number, delivery: Delivery): Promise<State> {
    const step = await (this.#steps[instance] as Steps).step(delivery, state.cluster);
    const { object, after, wrote } = step;
    const deliveries = state.deliveries.map((other, index) => {
      if (index === instance) return step.delivery;
      if (other === undefined || !wrote) return other;
      return (this.#steps[index] as Steps).outdate(other, object, after);
    });
    const cluster = wrote ? withContent(state.cluster, object, after) : state.cluster;
    return { cluster, deliveries, crashes: state.crashes, from: { state, instance, step: step.text } };
  }

  #isNew({ cluster, deliveries, crashes }: State): boolean {
    const numbers = deliveries.flatMap((delivery) =>
      delivery === undefined ? [0, 0] : [delivery.local.id, delivery.outdated],
    );
    if (!this.#visited.add([crashes, ...numbers, ...cluster])) return false;
    if (this.#visited.size % PROGRESS_EVERY === 0) this.#options.onProgress?.(this.#visited.size);
    return true;
  }

  /** What is wrong with a state; what has been found of one with the same objects and answers holds for it. */
  #check(state: State): string[] {
    const key = keyOf(state);
    const known = this.#checked.get(key);
    if (known !== undefined) return known;
    const violations = this.#violationsOf(state);
    this.#checked.set(key, violations);
    return violations;
  }

  #violationsOf({ cluster, deliveries }: State): string[] {
    this.#tables.restore(cluster);
    const { before, events } = this.#scenario;
    const newest = newestOf([...before, ...events]);
    const answered = deliveries.flatMap((delivery, index) => {
      const event = events[index] as SimEvent;
      return delivery?.local.reply === undefined ? [] : [{ event, reply: delivery.local.reply }];
    });
    return [
      ...doublePort(this.#store),
      ...answered.flatMap((one) => notInRegister(this.#store, one, [...before, ...events])),
      ...answered.filter(({ event }) => newest.includes(event)).flatMap((one) => missingOf(this.#store, one)),
    ];
  }

  async #checkEnd(state: State): Promise<Explored["failure"]> {
    const key = keyOf(state);
    if (!this.#ends.has(key)) this.#ends.set(key, await this.#failureOfEnd(state));
    return this.#ends.get(key);
  }

  async #failureOfEnd(state: State): Promise<Explored["failure"]> {
    const unanswered = this.#scenario.events.filter((_, index) => {
      const reply = state.deliveries[index]?.local.reply;
      return reply === undefined || reply.status >= 500;
    });
    for (const order of permutationsOf(unanswered)) {
      this.#tables.restore(state.cluster);
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
    const { before, events, settings } = this.#scenario;
    // Where ports are scarce, one may have none.
    const bound = settings === "plain" ? newestOf([...before, ...events]) : [];
    const silent = bound.flatMap((event) => untold(this.#store, event));
    // The first round may note in a record what has become of its endpoint since its last delivery.
    for (const event of [...before, ...events]) await this.#deliver(event);
    const { revision } = this.#store.storage;
    for (const event of [...before, ...events]) await this.#deliver(event);
    return [
      ...missing.map((object) => `in the end this is missing: ${object}`),
      ...extra.map((object) => `in the end this is too much: ${object}`),
      ...silent,
      ...(this.#store.storage.revision === revision ? [] : ["a further delivery writes"]),
    ];
  }

  async #begin(): Promise<State> {
    const { before, events, expired, settings } = this.#scenario;
    for (const event of before) await this.#deliver(event);
    if (expired) this.#clock += TOMBSTONE_LIFE_MS + 60_000;
    const cluster = trimmed(this.#tables.read());
    this.#steps = events.map((event, index) => {
      const machine = new Machine(
        event,
        (rounds) => newCopy(`instance-${index}`, settings, rounds),
        this.#clock,
      );
      return new Steps(machine, this.#tables, this.#options.lastFirst === true);
    });
    const deliveries = await Promise.all(this.#steps.map((steps) => steps.start()));
    return { cluster, deliveries, crashes: 0, from: undefined };
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
    await scheduler.runInOrder(({ request }) => this.#store.handle(request));
  }
}

function kill(state: State, instance: number): State {
  return {
    cluster: state.cluster,
    deliveries: state.deliveries.with(instance, undefined),
    crashes: state.crashes + 1,
    from: { state, instance, step: "it dies" },
  };
}

/** The objects of a state, and what has been answered. */
function keyOf({ cluster, deliveries }: State): string {
  const answers = deliveries.map((delivery) => (delivery?.local.reply === undefined ? 0 : delivery.local.id));
  return [...answers, ...cluster].join();
}

function withContent(cluster: Cluster, object: number, content: number): Cluster {
  const changed = [...cluster];
  for (let index = changed.length; index < object; index++) changed[index] = ABSENT;
  changed[object] = content;
  return trimmed(changed);
}

/** Without what is absent at the end, so that clusters with the same objects are equal. */
function trimmed(cluster: Cluster): Cluster {
  return cluster.slice(0, cluster.findLastIndex((content) => content !== ABSENT) + 1);
}

function stepsTo(state: State): string[] {
  const steps: string[] = [];
  for (let at = state.from; at !== undefined; at = at.state.from)
    steps.unshift(`instance-${at.instance}: ${at.step}`);
  return steps;
}

function permutationsOf<T>(list: T[]): T[][] {
  if (list.length <= 1) return [list];
  return list.flatMap((first, index) =>
    permutationsOf(list.toSpliced(index, 1)).map((rest) => [first, ...rest]),
  );
}
