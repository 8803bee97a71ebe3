import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startGuarded } from "./guarded-process.ts";

describe("a guarded process", () => {
  let folder = "";
  let log = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "pushbind-guard-"));
    log = join(folder, "log");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const PRINT_PID = ["-c", "echo $$; exec sleep 600"];
  const printedPid = () =>
    vi.waitFor(async () => {
      const pid = Number(await readFile(log, "utf8"));
      expect(pid).toBeGreaterThan(0);
      return pid;
    });
  const expectGone = (pid: number) =>
    vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: 5000 });

  it("is gone once it has been stopped", async () => {
    const guarded = startGuarded(log, "sh", PRINT_PID);
    const pid = await printedPid();
    expect(guarded.running()).toBe(true);
    await guarded.stop();
    expect(guarded.running()).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  it("is seen to have ended by itself", async () => {
    const guarded = startGuarded(log, "sh", ["-c", "exit 3"]);
    await vi.waitFor(() => expect(guarded.running()).toBe(false));
    await guarded.stop();
  });

  it("ends when the process that started it is killed", async () => {
    const module = join(import.meta.dirname, "guarded-process.ts");
    const script = `
      const { startGuarded } = await import(${JSON.stringify(module)});
      startGuarded(${JSON.stringify(log)}, "sh", ${JSON.stringify(PRINT_PID)});
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    const pid = await printedPid();
    parent.kill("SIGKILL");
    await once(parent, "exit");
    await expectGone(pid);
  });
});
