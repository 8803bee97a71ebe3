import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { Deadline } from "../lib/cluster/deadline.ts";
import type { Transport } from "../lib/cluster/transport.ts";
import { instantOf } from "../lib/event/instant.ts";
import { Rounds } from "../lib/reconcile/rounds.ts";
import { CALL_DEADLINE_MS } from "../lib/settings/limits.ts";
import type { Settings } from "../lib/settings/settings.ts";
import { buildApp } from "./app.ts";

/** A connection to a cluster. */
export type Connection = { send: Transport; server: string; close(): Promise<void> };

export type StartedFunction = {
  /** `http://127.0.0.1:8080` */
  url: string;
  /** Takes nothing more on, finishes what is in flight, and closes the connection to the cluster. */
  stop(): Promise<void>;
};

/** Starts the function: the app on its port, with the real clock, against a cluster. Rejects where the port is taken. */
export async function startFunction(
  settings: Settings,
  cluster: Connection,
  logger: Logger,
): Promise<StartedFunction> {
  const app = buildApp({
    world: {
      transport: withDeadline(cluster.send),
      settings,
      now: () => instantOf(new Date()),
      random: Math.random,
      sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
      rounds: new Rounds(),
    },
    logger,
    checkReady: (signal) => checkReady(cluster.send, signal),
  });
  const { port, host } = settings;
  const url = await app.listen({ port, host }).catch((error: NodeJS.ErrnoException) => {
    // A machine without IPv6 has no ::, which stands for every address.
    if (error.code !== "EAFNOSUPPORT" || host !== "::") throw error;
    return app.listen({ port, host: "0.0.0.0" });
  });
  return {
    url,
    async stop() {
      const drained = app.drain();
      const closed = app.close();
      await drained;
      // Who has not sent the whole of an event by now may stop in the middle, and would be waited for.
      app.server.closeAllConnections();
      await closed;
      await cluster.close();
    },
  };
}

/** No single call may use up the time of its delivery. */
function withDeadline(send: Transport): Transport {
  return async (request, signal) => {
    const deadline = Deadline.after(CALL_DEADLINE_MS, signal);
    try {
      return await send(request, deadline.signal);
    } finally {
      deadline.clear();
    }
  };
}

async function checkReady(send: Transport, signal: AbortSignal): Promise<void> {
  const { status } = await send({ method: "GET", path: "/readyz", accept: "*/*" }, signal);
  if (status !== 200) throw new Error(`the API server answered ${status} to GET /readyz`);
}
