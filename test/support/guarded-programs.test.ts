import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startGuarded } from "./guarded-programs.ts";

describe("guarded programs", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "pushbind-guard-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const shell = (name: string, script: string) => ({
    command: "sh",
    args: ["-c", script],
    log: join(folder, name),
  });
  const sleeper = (name: string) => shell(name, "echo $$; exec sleep 600");
  const printedPid = (name: string) =>
    vi.waitFor(
      async () => {
        const pid = Number(await readFile(join(folder, name), "utf8"));
        expect(pid).toBeGreaterThan(0);
        return pid;
      },
      { timeout: 10_000 },
    );
  const expectGone = (pid: number) => expect(() => process.kill(pid, 0)).toThrow("ESRCH");

  it("are gone with their folder once they have been stopped", async () => {
    const guarded = startGuarded(folder, [sleeper("one"), sleeper("two")]);
    const pids = [await printedPid("one"), await printedPid("two")];
    expect(guarded.running()).toBe(true);
    await guarded.stop();
    expect(guarded.running()).toBe(false);
    pids.forEach(expectGone);
    expect(existsSync(folder)).toBe(false);
  });

  it("end together when one ends by itself, and their logs stay", async () => {
    const guarded = startGuarded(folder, [sleeper("one"), shell("two", "echo no port; exit 3")]);
    await vi.waitFor(() => expect(guarded.running()).toBe(false), { timeout: 10_000 });
    expect(await readFile(join(folder, "two"), "utf8")).toBe("no port\n");
    expectGone(await printedPid("one"));
    await guarded.stop();
  });

  it("are gone with their folder when the process that started them is killed", async () => {
    const module = join(import.meta.dirname, "guarded-programs.ts");
    const script = `
      const { startGuarded } = await import(${JSON.stringify(module)});
      startGuarded(${JSON.stringify(folder)}, ${JSON.stringify([sleeper("one")])});
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    const pid = await printedPid("one");
    parent.kill("SIGKILL");
    await once(parent, "exit");
    await vi.waitFor(() => expectGone(pid), { timeout: 10_000 });
    await vi.waitFor(() => expect(existsSync(folder)).toBe(false), { timeout: 10_000 });
  });
});
