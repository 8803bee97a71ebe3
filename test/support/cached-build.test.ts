import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { buildKey, cached, cachedBuild } from "./cached-build.ts";

describe("a cached build", () => {
  let cache = "";
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "pushbind-cache-"));
    vi.stubEnv("XDG_CACHE_HOME", cache);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(cache, { recursive: true });
  });

  const writeTool = (into: string) => writeFile(join(into, "tool"), "built");

  it("is made once, by one of those who ask at once, and then kept", async () => {
    let builds = 0;
    const build = async (into: string) => {
      builds += 1;
      await writeTool(into);
    };
    const folders = await Promise.all([
      cachedBuild("a", build),
      cachedBuild("a", build),
      cachedBuild("a", build),
    ]);
    expect(new Set(folders)).toEqual(new Set([await cached("a")]));
    expect(await readFile(join(folders[0], "tool"), "utf8")).toBe("built");
    await cachedBuild("a", build);
    expect(builds).toBe(1);
  });

  it("is there whole or not at all, and is tried again after a failure", async () => {
    const fail = async (into: string) => {
      await writeTool(into);
      throw new Error("no room");
    };
    await expect(cachedBuild("a", fail)).rejects.toThrow("no room");
    expect(await readdir(join(cache, "pushbind"))).toEqual([]);
    expect(await readdir(await cachedBuild("a", writeTool))).toEqual(["tool"]);
  });

  it("takes over from a process that died while building, and tidies up after it", async () => {
    const { pid } = spawnSync("true");
    await mkdir(join(cache, "pushbind", "a.unfinished-1"), { recursive: true });
    await writeFile(join(cache, "pushbind", "a.lock"), String(pid));
    expect(await readdir(await cachedBuild("a", writeTool))).toEqual(["tool"]);
    expect(await readdir(join(cache, "pushbind"))).toEqual(["a"]);
  });

  it("is another one when any input differs", () => {
    const keys = [["a", "b"], ["ab", ""], ["a", "c"], ["a"]].map((inputs) => buildKey("tool", inputs));
    expect(new Set(keys).size).toBe(4);
    expect(buildKey("tool", ["a", "b"])).toBe(keys[0]);
  });
});
