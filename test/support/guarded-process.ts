import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { createServer } from "node:net";

export type GuardedProcess = {
  /** Whether it still runs. */
  readonly running: () => boolean;
  /** Ends it and waits until it is gone. */
  readonly stop: () => Promise<void>;
};

/**
 * A shell between the tests and the program: it ends the program, by its pid, as soon as its own standard input
 * closes, which happens also when the tests are killed without a chance to tidy up. A program that has not ended ten
 * seconds later is killed.
 */
const GUARD = [
  'exec 3<&0; "$@" </dev/null 3<&- & program=$!',
  "{ read -r _ <&3; kill $program; sleep 10; kill -KILL $program; } 2>/dev/null & guard=$!",
  "exec 3<&- </dev/null; wait $program; code=$?; kill $guard; exit $code",
].join("\n");

/** Starts a program that lives no longer than this process and writes its output to a log file. */
export function startGuarded(log: string, command: string, args: readonly string[]): GuardedProcess {
  const output = openSync(log, "a");
  const child = spawn("sh", ["-c", GUARD, "sh", command, ...args], { stdio: ["pipe", output, output] });
  child.on("error", () => undefined);
  child.stdin?.on("error", () => undefined);
  const running = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  const stop = async () => {
    if (!running()) return;
    const gone = once(child, "exit");
    child.stdin?.end();
    await gone;
  };
  return { running, stop };
}

/** Ports of the loopback interface that are free at this moment; another process may be faster to take them. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
