import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { run } from "../support/run.ts";

const REPOSITORY = join(import.meta.dirname, "..", "..");
const dockerfile = readFileSync(join(REPOSITORY, "deploy", "Dockerfile"), "utf8");
const ignored = readFileSync(join(REPOSITORY, "deploy", "Dockerfile.dockerignore"), "utf8");
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
  String(match[1]).split(" "),
);
const command: string[] = JSON.parse(/^CMD (.+)$/m.exec(dockerfile)?.[1] ?? "[]");

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

  it("starts what npm start starts, without npm, and not as root", () => {
    expect(command.join(" ")).toBe(manifest.scripts.start);
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  });

  it("has all that the function loads: what it copies, and no package but those of production", async () => {
    const image = await mkdtemp(join(tmpdir(), "pushbind-image-"));
    for (const path of copied) await cp(join(REPOSITORY, path), join(image, path), { recursive: true });
    for (const name of productionPackages()) {
      await mkdir(dirname(join(image, name)), { recursive: true });
      await symlink(join(REPOSITORY, name), join(image, name));
    }
    const [, ...args] = command;
    // Settings are read once everything is loaded; with a wrong one the function ends there, before it listens.
    const env = { NODE_ENV: "production", LOG_LEVEL: "loud" };
    const { code, stderr } = await run(process.execPath, args, { cwd: image, env });
    await rm(image, { recursive: true });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^LOG_LEVEL: .*\n$/) });
  });
});

/** Those that `npm ci --omit=dev --omit=optional` installs at the top of node_modules. */
function productionPackages(): string[] {
  const lock = JSON.parse(readFileSync(join(REPOSITORY, "package-lock.json"), "utf8"));
  const packages: Record<string, { dev?: boolean; optional?: boolean; devOptional?: boolean }> =
    lock.packages;
  return Object.entries(packages)
    .filter(([, { dev, optional, devOptional }]) => !(dev || optional || devOptional))
    .map(([path]) => path)
    .filter((path) => path.lastIndexOf("node_modules/") === 0);
}
