import { type Dispatcher, Pool } from "undici";
import type { Call } from "./script.ts";

/** A server, and what it takes to be let in. */
export type Target = {
  /** `https://127.0.0.1:6443` */
  readonly origin: string;
  /** PEM, with https. */
  readonly ca?: string;
  /** A bearer token. */
  readonly token?: string;
};

export type Answer = { readonly status: number; readonly text: string };

/** As little of an HTTP client as there can be: connections that are kept, and no logic. */
export type Client = {
  /** The text of the answer is there only where it was asked for. */
  send(call: Call, body: string | undefined): Promise<Answer>;
};

/** Longer than any part of the benchmark stands still: a new handshake would be measured. */
const KEEP_ALIVE_MS = 600_000;

export function openClient({ origin, ca, token }: Target): Client {
  const pool = new Pool(origin, {
    ...(ca === undefined ? {} : { connect: { ca } }),
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  });
  const common = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    send({ method, path, accept, contentType, isNeeded, status }, body) {
      const headers: Record<string, string> = { ...common };
      if (accept !== undefined) headers.accept = accept;
      if (contentType !== undefined) headers["content-type"] = contentType;
      return new Promise((resolve, reject) => {
        const collector = new Collector(isNeeded, status, resolve, reject);
        pool.dispatch({ method, path, headers, ...(body === undefined ? {} : { body }) }, collector);
      });
    },
  };
}

class Collector implements Dispatcher.DispatchHandler {
  readonly #isNeeded: boolean;
  readonly #expected: number;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #status = 0;

  constructor(
    isNeeded: boolean,
    expected: number,
    resolve: (answer: Answer) => void,
    reject: (error: Error) => void,
  ) {
    this.#isNeeded = isNeeded;
    this.#expected = expected;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  // The dispatcher takes no handler without it.
  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // What went wrong is wanted in any case.
    if (this.#isNeeded || this.#status !== this.#expected) this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#resolve({ status: this.#status, text: Buffer.concat(this.#chunks).toString("utf8") });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }
}
