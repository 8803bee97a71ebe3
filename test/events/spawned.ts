import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { START } from "../../deploy/build/dist.ts";
import { bundled } from "../support/real-cluster.ts";

const REPOSITORY = join(import.meta.dirname, "..", "..");

export type LogLine = Record<string, unknown> & { msg?: string };

/** What a process runs: the sources as they are, or what is made of them to be shipped. */
export type Form = "bundle" | "source";
export const FORMS: readonly Form[] = ["bundle", "source"];

const COMMANDS: Record<Form, string[]> = {
  bundle: START,
  source: ["--import", "./lib/node-version.js", "functions/server.ts"],
};

/** The function as the process that it is when deployed. */
export type Spawned = {
  /** The lines of its standard output so far, each of which has to be JSON. */
  readonly log: LogLine[];
  /** The first line with that message, as soon as it is there. Rejects where the process ends without it. */
  logged(message: string): Promise<LogLine>;
  /** Where it listens, once it does. */
  url(): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Its exit code and what it has written to standard error, once it has ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null; stderr: string }>;
};

/** Takes work that is to be done when nothing is needed any more. */
export type CleanUp = (work: () => Promise<void>) => void;

/**
 * Starts the function with nothing in its environment but `env`, a home directory without a kubeconfig, and a free port
 * of the loopback interface. What still runs when the test is done, or whatever else `cleanUp` waits for, is ended.
 */
export async function spawnFunction(
  env: Record<string, string>,
  { cleanUp = onTestFinished, form = "bundle" }: { cleanUp?: CleanUp; form?: Form } = {},
): Promise<Spawned> {
  if (form === "bundle") await bundled();
  const home = await folder(cleanUp);
  const child = spawn(process.execPath, COMMANDS[form], {
    cwd: REPOSITORY,
    env: { HOME: home, PORT: "0", HOST: "127.0.0.1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  cleanUp(async () => void child.kill("SIGKILL"));
  const log: LogLine[] = [];
  const waiting = new Set<() => void>();
  let text = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    log.push(...lines.map((line) => JSON.parse(line) as LogLine));
    for (const look of waiting) look();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, stderr }));

  const logged = (message: string) =>
    new Promise<LogLine>((resolve, reject) => {
      const look = () => {
        const found = log.find(({ msg }) => msg === message);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      void ended.then(() =>
        reject(new Error(`it ended without saying ${JSON.stringify(message)}: ${stderr}`)),
      );
      look();
    });
  return {
    log,
    logged,
    url: async () => String((await logged("ready for events at POST /events")).url),
    signal: (signal) => void child.kill(signal),
    ended,
  };
}

/** A copy of a kubeconfig that `kubeconfig` of the test support wrote, with another port of the server. */
export async function kubeconfigThrough(kubeconfig: string, port: number): Promise<string> {
  const config = JSON.parse(await readFile(kubeconfig, "utf8"));
  config.clusters[0].cluster.server = `https://127.0.0.1:${port}`;
  const path = join(await folder(), "kubeconfig");
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

/** An empty folder that goes when the test is done, or whatever else `cleanUp` waits for. */
export async function folder(cleanUp: CleanUp = onTestFinished): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "pushbind-test-"));
  cleanUp(() => rm(path, { recursive: true, force: true }));
  return path;
}
