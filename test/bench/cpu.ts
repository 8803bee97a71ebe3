import { readdir, readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";

/** Of Linux, whatever the kernel's own clock: what user space is told (proc_pid_stat(5), sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;

/**
 * Seconds of processor time that these processes have taken since they started; undefined where the system does not
 * say it in /proc.
 */
export async function cpuSeconds(pids: readonly number[]): Promise<number | undefined> {
  if (process.platform !== "linux") return undefined;
  const ticks = await Promise.all(pids.map(ticksOf));
  return ticks.reduce((sum, of) => sum + of, 0) / TICKS_PER_SECOND;
}

async function ticksOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name of the program stands in parentheses and may hold anything; user time is the twelfth field after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** MiB of memory that a process has in use, and the most that it ever had; undefined where there is no /proc. */
export async function memoryOf(pid: number): Promise<{ now: number; peak: number } | undefined> {
  if (process.platform !== "linux") return undefined;
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
  return { now: field("VmRSS"), peak: field("VmHWM") };
}

/** The processes of a program that have a text among their arguments; none where there is no /proc. */
export async function processesOf(program: string, argument: string): Promise<number[]> {
  if (process.platform !== "linux") return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const path = await readlink(`/proc/${pid}/exe`).catch(() => "");
      const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return basename(path) === program && line.includes(argument) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}
