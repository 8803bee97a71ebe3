import { existsSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { type RunResult, run } from "../support/run.ts";

const REPOSITORY = join(import.meta.dirname, "..", "..");
const dockerfile = readFileSync(join(REPOSITORY, "deploy", "Dockerfile"), "utf8");
const ignored = readFileSync(join(REPOSITORY, "deploy", "Dockerfile.dockerignore"), "utf8");
const [, build = "", final = ""] = dockerfile.split(/^FROM /m);
const copied = [...build.matchAll(/^COPY (.+) \S+$/gm)].flatMap((match) => String(match[1]).split(" "));
const buildCommand: string[] = JSON.parse(/^RUN (\[.+)$/m.exec(build)?.[1] ?? "[]");
const shipped = [...final.matchAll(/^COPY --from=build (--chown=\S+) \/app\/(\S+) (\S+)$/gm)];
const command: string[] = JSON.parse(/^CMD (.+)$/m.exec(final)?.[1] ?? "[]");

describe("the Dockerfile", () => {
  it("builds every stage on the base image that the builder names", () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
    expect(bases).toHaveLength(2);
    for (const base of bases) expect(base).toMatch(/^\$\{BASE\}$/);
    expect(dockerfile).toMatch(/^ARG BASE=/m);
  });

  it("copies what is there, and lets nothing else into the build", () => {
    expect(copied.filter((path) => !existsSync(join(REPOSITORY, path)))).toEqual([]);
    const allowed = [...ignored.matchAll(/^!(.+)$/gm)].map((match) => match[1]);
    expect(ignored).toMatch(/^\*$/m);
    expect(allowed.sort()).toEqual([...new Set(copied)].sort());
  });

  it("starts what npm start starts, without npm", () => {
    expect(command.join(" ")).toBe(manifest.scripts.start);
  });

  it("builds as the user that runs it, who is not root and can read what is shipped", () => {
    const users = [...dockerfile.matchAll(/^USER (\S+)$/gm)].map((match) => match[1]);
    expect(users).toHaveLength(2);
    expect(users[0]).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(users[1]).toBe(users[0]);
    expect(build.indexOf("USER ")).toBeLessThan(build.indexOf(buildCommand.join('", "')));
    expect(shipped.map((match) => match[1])).toEqual([`--chown=${users[0]}`]);
  });

  it("has all that the build needs, and ships all that the function loads", async () => {
    const stage = await folder();
    for (const path of copied) await cp(join(REPOSITORY, path), join(stage, path), { recursive: true });
    // npm ci installs what is installed here.
    await symlink(join(REPOSITORY, "node_modules"), join(stage, "node_modules"));
    expect(await runIn(stage, buildCommand)).toMatchObject({ code: 0, stderr: "" });
    const image = await folder();
    expect(shipped).not.toEqual([]);
    for (const [, , from = "", to = ""] of shipped) {
      await cp(join(stage, from), join(image, to), { recursive: true });
    }
    // Settings are read once everything is loaded; with a wrong one the function ends there, before it listens.
    const { code, stderr } = await runIn(image, command, { NODE_ENV: "production", LOG_LEVEL: "loud" });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^LOG_LEVEL: .*\n$/) });
  });
});

/** Runs a command of the Dockerfile, with this Node. */
function runIn(cwd: string, [, ...args]: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<RunResult> {
  return run(process.execPath, args, { cwd, env });
}

/** An empty folder that goes when the test is done. */
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "pushbind-image-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}
