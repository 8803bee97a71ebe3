import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { GuardedProgram } from "./guarded-programs.ts";

// Stands between the tests and the programs that they start: guard.ts <folder> <programs as JSON>. It ends the programs
// and removes the folder as soon as its standard input closes, which happens also when the tests are killed without a
// chance to tidy up.

/** How long a program may take to end before it is killed. */
const STOP_DEADLINE_MS = 10_000;

const [folder = "", programs = "[]"] = process.argv.slice(2);
const children = (JSON.parse(programs) as GuardedProgram[]).map(start);

// The folder stays where a program fails: its log says why, and whoever started it reads that.
for (const child of children) {
  child.once("error", () => void end(1));
  child.once("exit", () => void end(1));
}
process.stdin.resume().once("close", async () => {
  await stopAll();
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
});

function start({ log, command, args }: GuardedProgram): ChildProcess {
  const output = openSync(log, "a");
  return spawn(command, args, { stdio: ["ignore", output, output] });
}

async function end(code: number): Promise<void> {
  await stopAll();
  process.exit(code);
}

/** In the reverse order of their start, as the later ones use the earlier. */
async function stopAll(): Promise<void> {
  for (const child of children) child.removeAllListeners("exit");
  for (const child of children.toReversed()) await stop(child);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const impatient = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
  await gone;
  clearTimeout(impatient);
}
