import { setImmediate as macrotask } from "node:timers/promises";
import type { ApiRequest, ApiResponse, Transport } from "../../lib/cluster/transport.ts";

/** One running copy of the function. */
export type Instance = { readonly name: string; alive: boolean };

/** One delivery that an instance is handling. */
export type Task = {
  readonly instance: Instance;
  readonly name: string;
  readonly signal: AbortSignal;
  /** Its time is up: it may send nothing more, and gives up what it waits for. */
  abort(): void;
};

/** A call to the API server that waits for its turn. */
export type Call = {
  readonly kind: "call";
  readonly task: Task;
  /** The how-manieth call of its task it is. */
  readonly index: number;
  readonly request: ApiRequest;
  resolve(response: ApiResponse): void;
  reject(error: Error): void;
};

/** A pause that waits for its time. */
export type Pause = { readonly kind: "pause"; readonly task: Task; readonly wakeAt: number; wake(): void };

/** A delivery alone, with nobody in its way, takes far fewer. */
const MOST_STEPS_IN_ORDER = 2_000;

/**
 * Runs asynchronous code one API call at a time: every call and every pause waits here until whoever drives the
 * scheduler chooses it. Time is simulated: `now` moves only when it is set.
 */
export class Scheduler {
  /** Unix time in milliseconds. */
  now: number;
  /** In the order in which they were made. */
  waiting: (Call | Pause)[] = [];
  readonly #tasks = new Set<Task>();

  constructor(now: number) {
    this.now = now;
  }

  get running(): number {
    return this.#tasks.size;
  }

  /** Runs a task in an instance; `end` is not called where the instance is killed before it ends. */
  start<T>(
    instance: Instance,
    name: string,
    body: (io: TaskIO) => Promise<T>,
    end: (result: T) => void,
  ): void {
    const controller = new AbortController();
    const task: Task = {
      instance,
      name,
      signal: controller.signal,
      abort: () => this.#abort(task, controller),
    };
    this.#tasks.add(task);
    void body(this.#io(task)).then((result) => {
      if (!this.#tasks.delete(task)) return;
      end(result);
    });
  }

  /** Ends an instance where it stands, as SIGKILL does: what its tasks wait for never comes. */
  kill(instance: Instance): void {
    instance.alive = false;
    this.waiting = this.waiting.filter(({ task }) => task.instance !== instance);
    for (const task of this.#tasks) if (task.instance === instance) this.#tasks.delete(task);
  }

  /** Removes what was chosen from the waiting. */
  take(chosen: Call | Pause): void {
    this.waiting = this.waiting.filter((entry) => entry !== chosen);
  }

  /** Lets everything run until nothing can go on by itself. */
  settle(): Promise<void> {
    return macrotask();
  }

  /**
   * Runs all tasks to their end, whoever has waited longest first.
   *
   * @param handle what each call is answered
   * @throws Error where they do not come to an end
   */
  async runInOrder(handle: (call: Call) => ApiResponse): Promise<void> {
    let steps = 0;
    for (await this.settle(); this.running > 0; await this.settle()) {
      if (++steps > MOST_STEPS_IN_ORDER) throw new Error(`no end after ${MOST_STEPS_IN_ORDER} steps`);
      const [next] = this.waiting;
      if (next === undefined) throw new Error("a task is under way, and waits for nothing");
      this.take(next);
      if (next.kind === "pause") next.wake();
      else next.resolve(handle(next));
    }
  }

  #io(task: Task): TaskIO {
    let calls = 0;
    const transport: Transport = (request) =>
      new Promise((resolve, reject) => {
        this.#wait({ kind: "call", task, index: calls++, request, resolve, reject });
      });
    const sleep = (milliseconds: number): Promise<void> =>
      new Promise((wake) => {
        this.#wait({ kind: "pause", task, wakeAt: this.now + milliseconds, wake });
      });
    return { task, transport, sleep };
  }

  #wait(entry: Call | Pause): void {
    if (entry.task.instance.alive) this.waiting.push(entry);
  }

  #abort(task: Task, controller: AbortController): void {
    controller.abort();
    const given = this.waiting.filter((entry) => entry.task === task);
    this.waiting = this.waiting.filter((entry) => entry.task !== task);
    for (const entry of given) {
      if (entry.kind === "call") entry.reject(new Error("aborted"));
      else entry.wake();
    }
  }
}

/** How a task reaches the world. */
export type TaskIO = { task: Task; transport: Transport; sleep: (milliseconds: number) => Promise<void> };
