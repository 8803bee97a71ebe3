import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pino from "pino";
import { startFunction } from "../../functions/start.ts";
import { KUBECONFIG_PATH, startEmbeddedCluster, writeKubeconfig } from "../embedded/cluster.ts";
import { EMBEDDED_PORT } from "../settings/limits.ts";
import { readSettings } from "../settings/settings.ts";
import { play } from "./play.ts";
import { readSteps, type Step } from "./steps.ts";
import { tableOf } from "./tables.ts";

const USAGE = `npm run demo -- [--once] [--events FILE] [--port N] [--api-port N]

  --once         end after the table; exit code 1 if anything was not as recorded
  --events FILE  play another stream: JSON lines, each an event as it is posted
  --port N       where the function listens (8080; 0 takes a free port)
  --api-port N   where the embedded Kubernetes API listens (${EMBEDDED_PORT}; 0 takes a free port)
`;

const RECORDED = join(import.meta.dirname, "stream.jsonl");

process.exitCode = await main();

async function main(): Promise<number> {
  const args = readArguments();
  if (args === "") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (typeof args === "string") {
    process.stderr.write(`${args}\n\n${USAGE}`);
    return 2;
  }
  try {
    return await demonstrate(args);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    return 1;
  }
}

type Arguments = { once: boolean; events: string; port: number; apiPort: number };

function readArguments(): Arguments | string {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: "boolean", default: false },
        events: { type: "string", default: RECORDED },
        port: { type: "string", default: "8080" },
        "api-port": { type: "string", default: String(EMBEDDED_PORT) },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return "";
    const [port, apiPort] = [Number(values.port), Number(values["api-port"])];
    if (![port, apiPort].every((number) => Number.isInteger(number) && number >= 0 && number <= 65_535)) {
      return "a port is a number from 0 to 65535";
    }
    return { once: values.once, events: values.events, port, apiPort };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function demonstrate({ once, events, port, apiPort }: Arguments): Promise<number> {
  const steps = readSteps(await readFile(events, "utf8"));
  const read = readSettings({ ...process.env, PORT: String(port), HOST: "127.0.0.1", CLUSTER: "embedded" });
  if (!read.ok) throw new Error(read.problems.map(({ at, message }) => `${at}: ${message}`).join("\n"));
  const { settings } = read;
  const cluster = await startEmbeddedCluster(settings.operatorNamespaces, apiPort);
  await writeKubeconfig(cluster);
  // The answers are printed; a line of log for each would say it twice.
  const started = await startFunction(settings, cluster, pino({ level: "warn" }, pino.destination(2)));
  print(`embedded Kubernetes API at ${cluster.server}, the function at ${started.url}`);
  print("");
  const surprises = await play(steps, {
    function: started.url,
    api: cluster.server,
    operatorNamespace: settings.operatorNamespace,
    print,
  });
  await printTables(cluster.server);
  for (const surprise of surprises) print(`NOT AS RECORDED  ${surprise}`);
  if (!once) {
    printHelp(started.url, steps);
    await interrupted();
  }
  await started.stop();
  return surprises.length === 0 ? 0 : 1;
}

async function printTables(api: string): Promise<void> {
  for (const [title, path] of [
    ["BoundEndpoints", "/apis/bindings.k8s.ngrok.com/v1alpha1/boundendpoints"],
    ["Services", "/api/v1/services"],
    ["EndpointRecords", "/apis/pushbind.dev/v1alpha1/endpointrecords"],
  ] as const) {
    print("");
    print(title);
    for (const line of await tableOf(api + path)) print(`  ${line}`);
  }
  print("  LAST DELIVERY is what the last delivery of the endpoint came to; READY above is what holds now.");
  print("");
}

function printHelp(url: string, steps: Step[]): void {
  print("Look with kubectl:");
  print(`  export KUBECONFIG=$PWD/${KUBECONFIG_PATH}`);
  print("  kubectl get boundendpoints -A -o wide");
  print("  kubectl get endpointrecords,boundhosts,services -A");
  const first = steps.find((step) => step.kind === "post");
  if (first !== undefined) {
    print("");
    print("Replay an event; nothing is written the second time:");
    print(
      `  curl -sS ${url}/events -H 'Content-Type: application/json' -d ${shellQuoted(JSON.stringify(first.event))}`,
    );
  }
  print("");
  print("Ctrl-C ends it.");
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Resolves when the process is told to end. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port, path } = error as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE") {
    return `port ${port} is taken by another process: end it, or choose others with --port and --api-port`;
  }
  if (code === "ENOENT") return `there is no file ${path}`;
  return error.message;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
