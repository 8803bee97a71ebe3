import type { ApiAnswer, ApiCall, Meddler } from "./api-proxy.ts";

/** A meddler, and whether it has done yet what it is there for. */
export type Fault = { readonly meddler: Meddler; struck(): boolean };

/** Whether a call changes something, or is meant to. */
export const isWrite = ({ method }: ApiCall): boolean => method !== "GET";

/** A write in short, for messages. */
export const inShort = ({ method, path }: ApiCall): string => `${method} ${path.replace(/\?.*/, "")}`;

/** Passes everything on, and notes the writes in the order in which they came. */
export function noting(): { readonly meddler: Meddler; readonly writes: string[] } {
  const writes: string[] = [];
  return {
    writes,
    meddler: (call, passOn) => {
      if (isWrite(call)) writes.push(inShort(call));
      return passOn();
    },
  };
}

/** Lets something befall the k-th write, counted from 1, and passes on all other calls. */
export function striking(k: number, strike: Meddler): Fault {
  let writes = 0;
  return {
    meddler: (call, passOn) => (isWrite(call) && ++writes === k ? strike(call, passOn) : passOn()),
    struck: () => writes >= k,
  };
}

/**
 * Stops the process at its k-th write, counted from 1, for it to be killed there: right before the write, or when it
 * has taken effect and the answer has not got back. The writes that came before it are let finish first, and nothing
 * that comes after it is passed on or answered, so that exactly k - 1 writes take effect, or k.
 */
export function freezing(
  k: number,
  when: "before" | "after",
): { readonly meddler: Meddler; readonly frozen: Promise<void> } {
  const { promise: frozen, resolve } = Promise.withResolvers<void>();
  const earlier: Promise<ApiAnswer>[] = [];
  const never = new Promise<undefined>(() => undefined);
  let writes = 0;
  return {
    frozen,
    meddler: async (call, passOn) => {
      if (writes >= k) return never;
      if (!isWrite(call)) return passOn();
      if (++writes < k) {
        const answer = passOn();
        earlier.push(answer);
        return answer;
      }
      await Promise.allSettled(earlier);
      if (when === "after") await passOn();
      resolve();
      return never;
    },
  };
}

/** Leads the calls about each play to what that play has set, so that many plays share a process. */
export class Switchboard {
  readonly #lines: { concerns: (call: ApiCall) => boolean; meddler: Meddler }[] = [];

  readonly meddler: Meddler = (call, passOn) => {
    const line = this.#lines.find(({ concerns }) => concerns(call));
    return line === undefined ? passOn() : line.meddler(call, passOn);
  };

  /** @param concerns whether a call is about the play */
  connect(concerns: (call: ApiCall) => boolean, meddler: Meddler): void {
    this.#lines.push({ concerns, meddler });
  }

  /** From now on everything is passed on. */
  clear(): void {
    this.#lines.length = 0;
  }
}

/** The call takes effect, and its answer is lost. */
export const losing: Meddler = async (_call, passOn) => {
  await passOn();
  return undefined;
};

/** The connection is cut before the call has taken effect. */
export const cutting: Meddler = async () => undefined;

/** The call takes no effect, and is answered with this status. */
export function refusing(status: number, headers: Record<string, string> = {}): Meddler {
  return async () => answerOf(status, headers);
}

/** The call takes effect, and is answered with this status. */
export function belying(status: number): Meddler {
  return async (_call, passOn) => {
    await passOn();
    return answerOf(status, {});
  };
}

function answerOf(status: number, headers: Record<string, string>): ApiAnswer {
  const message = `answered ${status} by the test`;
  const body = { apiVersion: "v1", kind: "Status", status: "Failure", message, code: status };
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

/** A call that is held back. */
export type Held = {
  readonly meddler: (...args: Parameters<Meddler>) => Promise<ApiAnswer>;
  /** Settles when the call has come. */
  readonly come: Promise<void>;
  /** Passes it on, whether or not anybody still waits for the answer, and says what the API server answers. */
  release(): Promise<ApiAnswer>;
};

export function holding(): Held {
  const come = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<ApiAnswer>();
  return {
    come: come.promise,
    release() {
      over.resolve();
      return answered.promise;
    },
    meddler: async (_call, passOn) => {
      come.resolve();
      await over.promise;
      const answer = await passOn();
      answered.resolve(answer);
      return answer;
    },
  };
}

/** As `freezing` after the k-th write, but that write is held back before it takes effect. */
export function freezingLate(
  k: number,
): Omit<Held, "meddler"> & { readonly meddler: Meddler; readonly frozen: Promise<void> } {
  const { meddler: hold, ...held } = holding();
  const freeze = freezing(k, "after");
  let writes = 0;
  return {
    ...held,
    frozen: freeze.frozen,
    meddler: (call, passOn) =>
      freeze.meddler(call, () => (isWrite(call) && ++writes === k ? hold(call, passOn) : passOn())),
  };
}
