import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { findParts } from "./cluster-parts.ts";
import { installCrds, installDeploy } from "./deployment.ts";
import { run } from "./run.ts";
import { type ClusterAddress, type StartedCluster, startCluster } from "./start-cluster.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where test files ask for the one real API server of a run, and for the bundle. */
    clusterBroker: string;
  }
}

/** What the broker answers when asked for the cluster: null where there are no parts to start one from. */
export type BrokerAnswer = { readonly address: ClusterAddress | null } | { readonly error: string };

const say = (line: string): void => void process.stderr.write(`[cluster] ${line}\n`);

/**
 * Runs once before all test files, in the process that outlives them. The API server is started when the first test
 * file asks for it, so that a run without such files does not pay for it, and stopped when all are done.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = memoized(start);
  const steps: Record<string, () => Promise<StartedCluster | undefined>> = {
    "/bundle": memoized(bundle),
    "/cluster": cluster,
    "/crds": memoized(async () => prepared(await cluster(), installCrds)),
    "/deploy": memoized(async () => prepared(await cluster(), installDeploy)),
  };
  const broker = createServer((request, response) => {
    void answer(
      response,
      steps[request.url ?? ""] ?? (() => Promise.reject(new Error(`no step ${request.url}`))),
    );
  }).listen(0, "127.0.0.1");
  await once(broker, "listening");
  project.provide("clusterBroker", `http://127.0.0.1:${(broker.address() as { port: number }).port}`);
  return async () => {
    broker.closeAllConnections();
    broker.close();
    if (cluster.started()) await (await cluster().catch(() => undefined))?.stop();
  };
}

async function start(): Promise<StartedCluster | undefined> {
  const { parts, missing } = await findParts(say);
  if (missing !== undefined && process.env.CI === "true") {
    throw new Error(`with CI=true nothing may be skipped, but ${missing}`);
  }
  if (missing !== undefined) say(missing);
  return parts && startCluster(parts);
}

/** What ships, made from the sources as they are. */
async function bundle(): Promise<undefined> {
  const cwd = join(import.meta.dirname, "..", "..");
  const { code, stderr } = await run(process.execPath, ["deploy/build/main.ts", "--if-stale"], { cwd });
  if (code !== 0) throw new Error(`there is no bundle: ${stderr}`);
}

async function prepared(
  cluster: StartedCluster | undefined,
  prepare: (address: ClusterAddress) => Promise<void>,
) {
  if (cluster !== undefined) await prepare(cluster.address);
  return cluster;
}

async function answer(
  response: ServerResponse,
  step: () => Promise<StartedCluster | undefined>,
): Promise<void> {
  const body: BrokerAnswer = await step().then(
    (cluster) => ({ address: cluster?.address ?? null }),
    (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
  );
  response.setHeader("content-type", "application/json").end(JSON.stringify(body));
}

/** The same promise for every caller: the work is done at the first call, and only once. */
function memoized<T>(work: () => Promise<T>): (() => Promise<T>) & { started: () => boolean } {
  let result: Promise<T> | undefined;
  const call = () => {
    result ??= work();
    return result;
  };
  return Object.assign(call, { started: () => result !== undefined });
}
