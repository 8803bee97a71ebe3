import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export type GuardedProgram = {
  readonly command: string;
  readonly args: readonly string[];
  /** The file that its output goes to. */
  readonly log: string;
};

export type GuardedPrograms = {
  /** Whether all of them run: when one ends, the others are ended. */
  readonly running: () => boolean;
  /** Ends them, waits until they are gone, and removes their folder. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts programs, the later of which may use the earlier, that live no longer than this process. However it ends,
 * they are ended and `folder` is removed.
 */
export function startGuarded(folder: string, programs: readonly GuardedProgram[]): GuardedPrograms {
  const guard = spawn(
    process.execPath,
    [join(import.meta.dirname, "guard.ts"), folder, JSON.stringify(programs)],
    {
      stdio: ["pipe", "ignore", "inherit"],
      // In a process group of its own: a Ctrl-C in the terminal ends the tests, and by that the guard.
      detached: true,
    },
  );
  guard.stdin.on("error", () => undefined);
  const running = () => guard.exitCode === null && guard.signalCode === null;
  const stop = async () => {
    if (!running()) return;
    const gone = once(guard, "exit");
    guard.stdin.end();
    await gone;
  };
  return { running, stop };
}
