import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { REPOSITORY, START } from "../../deploy/build/dist.ts";

/** A server in a process of its own. */
export type ServerProcess = {
  readonly pid: number;
  /** `http://127.0.0.1:8080` */
  readonly origin: string;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
};

/** Starts the function as it is deployed, on a free port of the loopback interface. */
export function startFunction(kubeconfig: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  return startServer(START, { KUBECONFIG: kubeconfig, ...env });
}

/**
 * Starts a server and waits until it says, in a line of JSON, the `url` that it listens at. What it writes after that
 * is read and dropped.
 *
 * @throws Error where it ends without saying so
 */
export async function startServer(args: string[], env: Record<string, string>): Promise<ServerProcess> {
  const child = spawn(process.execPath, args, {
    cwd: REPOSITORY,
    env: { PORT: "0", HOST: "127.0.0.1", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const origin = await originOf(child);
  child.stdout.resume();
  return {
    pid: child.pid as number,
    origin,
    async stop() {
      process.off("exit", kill);
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function originOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", function look(chunk: string) {
      text += chunk;
      const url = /"url":"([^"]+)".*\n/.exec(text)?.[1];
      if (url === undefined) return;
      child.stdout?.off("data", look);
      resolve(url);
    });
    child.once("exit", (code) =>
      reject(new Error(`${child.spawnargs.join(" ")} ended with ${code}: ${text}`)),
    );
  });
}
