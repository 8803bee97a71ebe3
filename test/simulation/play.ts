import type { Reply } from "../../functions/reply.ts";
import { apiVersionOf, type Kind, type KubeObject, pathOf } from "../../lib/cluster/objects.ts";
import type { ApiResponse } from "../../lib/cluster/transport.ts";
import type { Store } from "../../lib/embedded/store.ts";
import { TOMBSTONE_LIFE_MS } from "../../lib/settings/limits.ts";
import { isOurs, listOf, NAMESPACES, newCluster, normalForm } from "./cluster.ts";
import { inShort, newestOf, type SimEvent, START } from "./events.ts";
import { Fingerprint, hashOfText } from "./fingerprint.ts";
import { type Copy, deliverTo, newCopy } from "./function.ts";
import { type History, losesState } from "./history.ts";
import { Oracles } from "./oracles.ts";
import { type Random, seeded } from "./random.ts";
import { type Call, type Pause, Scheduler, type Task } from "./scheduler.ts";
import { untold } from "./state-oracles.ts";
import type { StateSet } from "./state-set.ts";
import { doAct } from "./strangers.ts";

/** What a history came to. */
export type Played = {
  violations: string[];
  steps: number;
  /** How often each kind of fault was injected. */
  faults: Record<string, number>;
};

/** Faults are injected only so often, so that every history ends. */
const MOST_FAULTS = 40;
const MOST_STEPS = 50_000;
const MOST_ROUNDS = 5;
/** Time that a call takes, at most. */
const CALL_MS = 20;

/**
 * Plays a history and checks it: at every step what must always hold, and when everything has been delivered again
 * until nothing changes, that the objects are those of the newest events on a cluster where nothing ever went wrong,
 * and that a further delivery of anything writes nothing.
 *
 * @param say is told what happens, line by line
 * @param visited the states that it comes through are added to it
 */
export async function play(
  history: History,
  say: (line: string) => void = () => undefined,
  visited?: StateSet,
): Promise<Played> {
  return new Player(history, say, visited).play();
}

class Player {
  readonly #history: History;
  readonly #say: (line: string) => void;
  readonly #random: Random;
  readonly #scheduler = new Scheduler(START);
  readonly #store: Store;
  readonly #oracles: Oracles;
  readonly #fingerprint: Fingerprint;
  readonly #visited: StateSet | undefined;
  readonly #copies: Copy[];
  readonly #queue: SimEvent[];
  readonly #strangers: History["strangers"];
  readonly #faults: Record<string, number> = {};
  readonly #delivering = new Map<SimEvent, Copy>();
  #favourite: Task | undefined;
  #restarts = 0;
  #steps = 0;

  constructor(history: History, say: (line: string) => void, visited: StateSet | undefined) {
    this.#history = history;
    this.#say = say;
    this.#visited = visited;
    this.#random = seeded(history.seed);
    this.#store = newCluster(() => new Date(this.#scheduler.now));
    this.#oracles = new Oracles(this.#store, history);
    this.#fingerprint = new Fingerprint(this.#store);
    this.#copies = history.copies.map((_, index) => this.#newCopy(index));
    this.#queue = history.deliveries.map((index) => history.events[index] as SimEvent);
    this.#strangers = [...history.strangers];
  }

  async play(): Promise<Played> {
    await this.#prelude();
    await this.#disturbed();
    if (!losesState(this.#history)) {
      if (this.#oracles.violations.length === 0) await this.#onceAnswered();
      if (this.#oracles.violations.length === 0) await this.#atRest();
    }
    const { violations } = this.#oracles;
    return { violations, steps: this.#steps, faults: this.#faults };
  }

  /** What happened long ago, one after the other. */
  async #prelude(): Promise<void> {
    const { events, prelude, expire } = this.#history;
    for (const event of events.slice(0, prelude)) await this.#deliverAlone(event);
    if (prelude > 0 && expire > 0) this.#expire();
  }

  /** Everything at once, with faults, until everything is answered. */
  async #disturbed(): Promise<void> {
    while (this.#queue.length > 0 || this.#scheduler.running > 0 || this.#strangers.length > 0) {
      if (this.#oracles.violations.length > 0) return;
      if (this.#steps > MOST_STEPS) return this.#violated(`no end after ${MOST_STEPS} steps`);
      this.#maybeExpire();
      this.#deliverSome();
      await this.#scheduler.settle();
      this.#maybeStranger();
      if (this.#scheduler.running > 0) this.#step();
    }
  }

  #deliverSome(): void {
    const { atOnce } = this.#history;
    while (this.#queue.length > 0 && this.#scheduler.running < atOnce) {
      if (this.#scheduler.running > 0 && this.#random.chance(0.5)) return;
      const [event] = this.#queue.splice(this.#random.below(this.#queue.length), 1) as [SimEvent];
      this.#deliver(event, this.#random.pick(this.#copies), (reply) => {
        if (reply.status >= 500) this.#queue.push(event);
      });
    }
  }

  #deliver(event: SimEvent, copy: Copy, end: (reply: Reply) => void): void {
    this.#say(`${copy.name} is sent ${inShort(event)}`);
    this.#oracles.onDelivery(event);
    this.#delivering.set(event, copy);
    deliverTo(
      this.#scheduler,
      copy,
      event,
      () => this.#random.next(),
      (reply) => {
        const { outcome, reason, ready } = reply.body;
        this.#say(`${copy.name} answers ev_${event.n}: ${reply.status} ${outcome} ${reason} ready=${ready}`);
        if (reply.status === 500) this.#violated(String((reply.cause as Error)?.stack ?? reply.cause));
        this.#oracles.onAnswer(event, reply.status, reply.body);
        this.#delivering.delete(event);
        end(reply);
      },
    );
  }

  /** One thing happens: a call or a pause ends, well or not. */
  #step(): void {
    const { waiting } = this.#scheduler;
    if (waiting.length === 0) {
      this.#violated("deliveries are under way, and none waits for anything");
      return;
    }
    this.#steps++;
    this.#scheduler.now += this.#random.below(CALL_MS);
    const chosen = this.#choose(waiting);
    if (this.#happens("crash")) this.#crash(chosen);
    else if (this.#happens("deadline")) this.#expireTask(chosen);
    else this.#proceed(chosen);
    this.#visit();
  }

  /** Where everything stands: what is in the cluster, and which call each delivery waits for. */
  #visit(): void {
    const { waiting } = this.#scheduler;
    const calls = waiting.map((entry) => (entry.kind === "call" ? callId(entry) : 0)).sort((a, b) => a - b);
    this.#visited?.add([this.#fingerprint.value, ...calls]);
  }

  /** Mostly of the delivery that had the last step, so that others stand still for long where a history says so. */
  #choose(waiting: readonly (Call | Pause)[]): Call | Pause {
    const { focus } = this.#history;
    const same = waiting.filter(({ task }) => task === this.#favourite);
    const goesOn = focus > 0 && same.length > 0 && this.#random.chance(focus);
    const chosen = this.#random.pick(goesOn ? same : waiting);
    this.#favourite = chosen.task;
    return chosen;
  }

  #proceed(chosen: Call | Pause): void {
    this.#scheduler.take(chosen);
    if (chosen.kind === "pause") chosen.wake();
    else if (this.#happens("refuse")) {
      const status = this.#random.pick([409, 429, 500]);
      this.#count(`${status}`);
      this.#say(`  ${inWords(chosen)} is refused: ${status}`);
      chosen.resolve({ status, headers: {}, body: {} });
    } else if (this.#happens("lose")) {
      this.#count("lost answer");
      this.#say(`  ${inWords(chosen)} ${this.#execute(chosen).status}, and its answer is lost`);
      chosen.reject(new Error("socket hang up"));
    } else {
      const response = this.#execute(chosen);
      this.#say(`  ${inWords(chosen)} ${response.status}`);
      chosen.resolve(response);
    }
  }

  #execute({ task, request }: Call): ApiResponse {
    this.#oracles.actor = task.instance.name;
    const response = this.#store.handle(request);
    this.#oracles.actor = undefined;
    return response;
  }

  /** An instance dies, before or after what it was doing took effect; another takes its place. */
  #crash(chosen: Call | Pause): void {
    this.#count("crash");
    const copy = this.#copies.findIndex(({ name }) => name === chosen.task.instance.name);
    const after = chosen.kind === "call" && this.#random.chance(0.5);
    this.#say(`  ${chosen.task.instance.name} dies ${after ? "after" : "before"} ${inWords(chosen)}`);
    if (chosen.kind === "call" && after) this.#execute(chosen);
    this.#scheduler.kill(chosen.task.instance);
    for (const [event, where] of this.#delivering) {
      if (where !== chosen.task.instance) continue;
      this.#delivering.delete(event);
      this.#queue.push(event);
    }
    this.#copies[copy] = this.#newCopy(copy);
  }

  #expireTask(chosen: Call | Pause): void {
    this.#count("deadline");
    this.#say(`  the time of ${chosen.task.name} is up`);
    if (chosen.kind === "call" && this.#random.chance(0.5)) this.#execute(chosen);
    chosen.task.abort();
  }

  #maybeStranger(): void {
    const idle = this.#scheduler.running === 0 && this.#queue.length === 0;
    if (this.#strangers.length === 0 || !(idle || this.#random.chance(0.05))) return;
    const act = this.#strangers.shift() as History["strangers"][number];
    this.#say(`a stranger: ${act.act} ${act.kind} ${act.namespace}/${act.name}`);
    this.#count(`stranger's ${act.act}`);
    doAct(this.#store, act);
  }

  #maybeExpire(): void {
    const { expire } = this.#history;
    if (expire > 0 && this.#scheduler.running === 0 && this.#random.chance(expire)) this.#expire();
  }

  #expire(): void {
    this.#say("so much time passes that tombstones expire");
    this.#count("expiry");
    this.#scheduler.now += TOMBSTONE_LIFE_MS + 60_000;
  }

  /** Everything is delivered again, one after the other, until nothing changes; then it must be right. */
  async #atRest(): Promise<void> {
    const { events, copies } = this.#history;
    if (!(await this.#comesToRest(events)))
      return this.#violated(`still writing after ${MOST_ROUNDS} rounds`);
    const contended = new Set(events.map(({ account = 0 }) => account)).size > 1;
    if (contended || copies.includes("scarce")) return;
    await this.#compare("in the end");
  }

  /** Where nobody else had a hand in it, what has been answered needs no further delivery to be right. */
  async #onceAnswered(): Promise<void> {
    const { events, copies, strangers } = this.#history;
    const oneAccount = new Set(events.map(({ account = 0 }) => account)).size === 1;
    if (strangers.length > 0 || !oneAccount || !copies.every((name) => name === "plain")) return;
    await this.#compare("once everything is answered");
    this.#oracles.violations.push(...newestOf(events).flatMap((event) => untold(this.#store, event)));
  }

  async #compare(when: string): Promise<void> {
    const found = normalForm(this.#store);
    const expected = await this.#expected(this.#history.strangers.length > 0);
    for (const object of expected)
      if (!found.includes(object)) this.#violated(`${when} this is missing: ${object}`);
    for (const object of found)
      if (!expected.includes(object)) this.#violated(`${when} this is too much: ${object}`);
  }

  async #comesToRest(events: SimEvent[]): Promise<boolean> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const before = this.#store.storage.revision;
      for (const event of events) await this.#deliverAlone(event);
      if (this.#store.storage.revision === before) return true;
    }
    return false;
  }

  async #deliverAlone(event: SimEvent): Promise<void> {
    const settings = this.#history.copies.includes("scarce") ? "scarce" : "plain";
    this.#deliver(event, newCopy("rest", settings), () => undefined);
    await this.#runAlone(this.#scheduler, (call) => this.#execute(call));
  }

  /** The objects of the newest events on a cluster with only what is not ours. */
  async #expected(withStrangers: boolean): Promise<string[]> {
    const scheduler = new Scheduler(START);
    const clean = newCluster(() => new Date(scheduler.now));
    if (withStrangers) copyStrangers(this.#store, clean);
    const copy = newCopy("clean", "plain");
    for (let round = 0; round < 2; round++) {
      for (const event of newestOf(this.#history.events)) {
        deliverTo(
          scheduler,
          copy,
          event,
          () => 0.5,
          () => undefined,
        );
        await this.#runAlone(scheduler, ({ request }) => clean.handle(request));
      }
    }
    return normalForm(clean);
  }

  async #runAlone(scheduler: Scheduler, handle: (call: Call) => ApiResponse): Promise<void> {
    await scheduler
      .runInOrder(handle)
      .catch((error: Error) => this.#violated(`a delivery alone: ${error.message}`));
  }

  #newCopy(index: number): Copy {
    return newCopy(`instance-${index}.${this.#restarts++}`, this.#history.copies[index] ?? "plain");
  }

  #happens(fault: keyof History["faults"]): boolean {
    if (!this.#random.chance(this.#history.faults[fault])) return false;
    return Object.values(this.#faults).reduce((sum, count) => sum + count, 0) < MOST_FAULTS;
  }

  #count(fault: string): void {
    this.#faults[fault] = (this.#faults[fault] ?? 0) + 1;
  }

  #violated(what: string): void {
    this.#oracles.violations.push(what);
  }
}

/** Whatever is not ours, namespaces too, into another cluster. */
function copyStrangers(from: Store, to: Store): void {
  const namespaces = (from.handle({ method: "GET", path: pathOf({ kind: "Namespace" }) }).body as List).items;
  for (const name of NAMESPACES) {
    if (namespaces.some(({ metadata }) => metadata.name === name)) continue;
    to.handle({ method: "DELETE", path: pathOf({ kind: "Namespace", name }) });
  }
  copy(to, "Namespace", namespaces);
  copy(to, "Service", listOf(from, "services"));
  copy(to, "BoundEndpoint", listOf(from, "boundEndpoints"));
}

type List = { items: KubeObject[] };

function copy(to: Store, kind: Kind, objects: KubeObject[]): void {
  for (const object of objects.filter((candidate) => !isOurs(candidate))) {
    const { name, namespace, labels = {}, annotations = {} } = object.metadata;
    const place = namespace === undefined ? {} : { namespace };
    const { clusterIP: _, clusterIPs: __, ...spec } = (object.spec ?? {}) as Record<string, unknown>;
    const body = {
      apiVersion: apiVersionOf(kind),
      kind,
      metadata: { name, ...place, labels, annotations },
      spec,
    };
    to.handle({ method: "POST", path: pathOf({ kind, ...place }), body });
  }
}

function callId({ task, index }: Call): number {
  return hashOfText(`${task.name} ${index}`);
}

function inWords(entry: Call | Pause): string {
  if (entry.kind === "pause") return `${entry.task.name}: a pause`;
  const { method, path } = entry.request;
  return `${entry.task.name}: ${method} ${path.replace(/\?.*/, "").replace(/^\/apis?\/(?:[^/]+\/)?v1[^/]*\//, "")}`;
}
