import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Agent, request } from "undici";
import type { ReplyBody } from "../../functions/reply.ts";
import { type CleanUp, folder, type Spawned, spawnFunction } from "../events/spawned.ts";
import type { NgrokEvent } from "../support/events.ts";
import type { Scene } from "../support/scene.ts";
import { type Gate, passing, startApiProxy } from "./api-proxy.ts";

export type Answer = { status: number; retryAfter: string | undefined; body: ReplyBody };

/** A process of the function, and its way to the API server. */
export type FunctionProcess = {
  readonly gate: Gate;
  /** Posts an event. Undefined where the connection ends without an answer, as where the process is killed. */
  post(event: NgrokEvent): Promise<Answer | undefined>;
  /** SIGKILL; settles when the process has ended. */
  kill(): Promise<void>;
};

/** Starts processes of the function for a scene, ahead of their use. */
export type Crew = {
  /** A process that is ready for events. */
  take(): Promise<FunctionProcess>;
  /** Gives a process back that still runs, for the next one who asks. */
  give(process: FunctionProcess): void;
  /** Ends everything. */
  close(): Promise<void>;
};

/** @param spares how many processes are started before anybody asks for them */
export async function startCrew(scene: Scene, spares: number): Promise<Crew> {
  const proxy = await startApiProxy(scene.cluster);
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const cleanUps: Parameters<CleanUp>[0][] = [];
  const ready: Promise<FunctionProcess>[] = [];
  const cleanUp: CleanUp = (work) => void cleanUps.push(work);

  async function start(): Promise<FunctionProcess> {
    const gate = proxy.gate();
    const env = {
      KUBECONFIG: await kubeconfigFor(scene.kubeconfig, gate.url, cleanUp),
      OPERATOR_NAMESPACE: scene.operator,
    };
    const spawned = await spawnFunction(env, { cleanUp });
    const url = await spawned.url();
    return { gate, post: (event) => post(agent, url, event), kill: () => kill(spawned) };
  }

  function startAhead(): void {
    while (ready.length < spares) {
      const starting = start();
      // Whoever takes it is told.
      starting.catch(() => undefined);
      ready.push(starting);
    }
  }

  startAhead();
  return {
    async take() {
      const taken = ready.shift() ?? start();
      startAhead();
      return taken;
    },
    give(process) {
      process.gate.meddler = passing;
      ready.unshift(Promise.resolve(process));
    },
    async close() {
      await Promise.allSettled(ready);
      for (const work of cleanUps) await work();
      await agent.destroy();
      await proxy.close();
    },
  };
}

async function post(agent: Agent, url: string, event: NgrokEvent): Promise<Answer | undefined> {
  const sent = request(`${url}/events`, {
    method: "POST",
    dispatcher: agent,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(event),
  });
  const response = await sent.catch(() => undefined);
  if (response === undefined) return undefined;
  const retryAfter = response.headers["retry-after"];
  return {
    status: response.statusCode,
    retryAfter: retryAfter === undefined ? undefined : String(retryAfter),
    body: (await response.body.json()) as ReplyBody,
  };
}

async function kill(process: Spawned): Promise<void> {
  process.signal("SIGKILL");
  const { signal, stderr } = await process.ended;
  if (signal !== "SIGKILL") throw new Error(`it had ended before it was killed: ${stderr}`);
}

/** A copy of a kubeconfig that leads to a gate, with the same token. */
async function kubeconfigFor(kubeconfig: string, url: string, cleanUp: CleanUp): Promise<string> {
  const config = JSON.parse(await readFile(kubeconfig, "utf8"));
  config.clusters[0].cluster = { server: url, "insecure-skip-tls-verify": true };
  const path = join(await folder(cleanUp), "kubeconfig");
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
