import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { projectCrds } from "../../lib/embedded/crds.ts";
import { startEmbedded } from "../../lib/embedded/server.ts";
import { DIST, REPOSITORY, START } from "./dist.ts";

const EVENT = {
  event_id: "ev_1",
  event_type: "endpoint_created.v0",
  event_timestamp: "2026-01-01T00:00:00Z",
  object: { id: "ep_1", url: "http://app.default", bindings: ["kubernetes"] },
};

/** So that what only selectors other than `true` need is cached too. */
const SELECTORS = JSON.stringify(["endpoint.id == 'ep_1'"]);

/**
 * Fills V8's compile cache in `dist/`, by a process that handles events, from an endpoint's first to its last. What is
 * cached is what had been compiled when a process with an empty cache ended, and it stays so: left to the first who
 * comes, it might be one that ended over a wrong setting. The cache goes by path, user, Node, and options of V8.
 *
 * @throws Error where the function fails, or nothing is cached
 */
export async function prime(): Promise<void> {
  const embedded = await startEmbedded({ port: 0, crds: projectCrds(), namespaces: ["ngrok-operator"] });
  const folder = await mkdtemp(join(tmpdir(), "pushbind-build-"));
  try {
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, embedded.kubeconfig());
    const env = { KUBECONFIG: kubeconfig, HOST: "127.0.0.1", PORT: "0", ENDPOINT_SELECTORS: SELECTORS };
    const child = spawn(process.execPath, START, {
      cwd: REPOSITORY,
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "close");
    const url = await urlIn(createInterface({ input: child.stdout }));
    for (const event of [EVENT, EVENT, { ...EVENT, event_id: "ev_2", event_type: "endpoint_deleted.v0" }]) {
      await post(url, event);
    }
    child.kill("SIGTERM");
    const [code] = await ended;
    if (code !== 0) throw new Error(`the function ended with code ${code}`);
    const cached = await readdir(join(DIST, "cache"), { recursive: true });
    // A folder for this Node and this user, and in it a file for each of ours.
    if (cached.length < 5) throw new Error("the function has run, but nothing of it is cached");
  } finally {
    await embedded.close();
    await rm(folder, { recursive: true });
  }
}

/** Where the function says that it listens. */
async function urlIn(log: AsyncIterable<string>): Promise<string> {
  for await (const line of log) {
    const { url } = JSON.parse(line) as { url?: string };
    if (url !== undefined) return url;
  }
  throw new Error("the function ended before it was ready");
}

async function post(url: string, event: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/events`, { method: "POST", headers, body: JSON.stringify(event) });
  if (response.status !== 200) throw new Error(`the function answered ${await response.text()}`);
}
