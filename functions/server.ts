import pino, { type Logger } from "pino";
import { kubernetesTransport } from "../lib/cluster/kubernetes.ts";
import { DRAIN_MS, EMBEDDED_PORT } from "../lib/settings/limits.ts";
import { readSettings, type Settings } from "../lib/settings/settings.ts";
import { type Connection, type StartedFunction, startFunction } from "./start.ts";

/*
 * The process: settings, cluster, signals, exit code.
 */

const read = readSettings(process.env);
if (read.ok) void run(read.settings);
else fail(read.problems.map(({ at, message }) => `${at}: ${message}`));

async function run(settings: Settings): Promise<void> {
  const logger = pino(
    { level: settings.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    // Lines that are still being written when the process ends would come after the last ones, or not at all.
    pino.destination({ sync: true }),
  );
  try {
    const cluster = await connect(settings);
    const starting = startFunction(settings, cluster, logger);
    // Before the first event can come in.
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => void end(starting, signal, logger));
    }
    const { url } = await starting;
    logger.info({ url, cluster: cluster.server }, "ready for events at POST /events");
  } catch (error) {
    fail([explain(error)]);
    // An embedded cluster that was started already would keep the process.
    process.exit(1);
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  return code === "EADDRINUSE" ? `port ${port} is taken by another process: ${error.message}` : error.message;
}

async function connect(settings: Settings): Promise<Connection> {
  if (settings.cluster === "kubeconfig") return kubernetesTransport();
  // Only here, so that a function on a real cluster does not load it.
  const { startEmbeddedCluster, writeKubeconfig } = await import("../lib/embedded/cluster.ts");
  const cluster = await startEmbeddedCluster(settings.operatorNamespaces, EMBEDDED_PORT);
  await writeKubeconfig(cluster);
  return cluster;
}

/** What is wrong here is for people at a terminal or reading the log of a pod that does not start. */
function fail(lines: string[]): void {
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exitCode = 1;
}

async function end(starting: Promise<StartedFunction>, signal: string, logger: Logger): Promise<void> {
  logger.info({ signal }, "ending");
  setTimeout(() => {
    logger.error("what is in flight did not finish in time");
    process.exit(1);
  }, DRAIN_MS).unref();
  const started = await starting;
  await started.stop();
  logger.info("ended");
  process.exit(0);
}
