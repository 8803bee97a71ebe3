/**
 * A signal that ends when some time is up, or an outer signal ends.
 *
 * The timer goes when the work is done. Those of `AbortSignal.timeout` go on: each call and each delivery of the last
 * seconds would be kept, with all that listens to its signal, until its time is up, and be ended then.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #end = () => this.#controller.abort(this.#outer?.reason);

  private constructor(milliseconds: number, outer: AbortSignal | undefined) {
    this.#outer = outer;
    this.#timer = setTimeout(() => this.#controller.abort(timeout()), milliseconds).unref();
    if (outer?.aborted) this.#end();
    else outer?.addEventListener("abort", this.#end, { once: true });
  }

  static after(milliseconds: number, outer?: AbortSignal): Deadline {
    return new Deadline(milliseconds, outer);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The work is done: the signal never ends from here on. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#end);
  }
}

/** The reason that a signal of `AbortSignal.timeout` has. */
function timeout(): DOMException {
  return new DOMException("The operation was aborted due to timeout", "TimeoutError");
}
