import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import { kubernetesTransport } from "../lib/cluster/kubernetes.ts";
import type { Transport } from "../lib/cluster/transport.ts";
import { instantOf } from "../lib/event/instant.ts";
import { CALL_DEADLINE_MS, DRAIN_MS } from "../lib/settings/limits.ts";
import { readSettings, type Settings } from "../lib/settings/settings.ts";
import { type App, buildApp } from "./app.ts";

/*
 * The process: settings, cluster, port, signals. Everything else is the app's.
 */

const read = readSettings(process.env);
if (!read.ok) {
  for (const { at, message } of read.problems) process.stderr.write(`${at}: ${message}\n`);
  process.exit(1);
}
await serve(read.settings);

async function serve(settings: Settings): Promise<void> {
  const logger = pino({ level: settings.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const cluster = await connect(settings);
  const app = buildApp({
    world: {
      transport: withDeadline(cluster.send),
      settings,
      now: () => instantOf(new Date()),
      random: Math.random,
      sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
    },
    logger,
    checkReady: (signal) => checkReady(cluster.send, signal),
  });
  await app.listen({ port: settings.port, host: "::" }).catch((error: unknown) => {
    logger.fatal({ err: error }, `cannot listen on port ${settings.port}`);
    process.exit(1);
  });
  logger.info({ port: settings.port, cluster: cluster.server }, "ready for events at POST /events");
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void end(app, cluster.close, signal, logger));
  }
}

type Connection = { send: Transport; server: string; close(): Promise<void> };

async function connect(settings: Settings): Promise<Connection> {
  if (settings.cluster === "embedded") {
    // Only here, so that a function on a real cluster does not load it.
    const { startEmbeddedCluster } = await import("../lib/embedded/cluster.ts");
    return startEmbeddedCluster([settings.operatorNamespace]);
  }
  return kubernetesTransport();
}

/** No single call may use up the time of its delivery. */
function withDeadline(send: Transport): Transport {
  return (request, signal) => send(request, AbortSignal.any([signal, AbortSignal.timeout(CALL_DEADLINE_MS)]));
}

async function checkReady(send: Transport, signal: AbortSignal): Promise<void> {
  const { status } = await send({ method: "GET", path: "/readyz", accept: "*/*" }, signal);
  if (status !== 200) throw new Error(`the API server answered ${status} to GET /readyz`);
}

/** Takes nothing more on, finishes what is in flight, and ends. */
async function end(app: App, close: () => Promise<void>, signal: string, logger: pino.Logger): Promise<void> {
  logger.info({ signal }, "ending");
  app.drain();
  setTimeout(() => {
    logger.error("what is in flight did not finish in time");
    process.exit(1);
  }, DRAIN_MS).unref();
  await app.close();
  await close();
  logger.info("ended");
  process.exit(0);
}
