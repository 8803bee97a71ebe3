import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const REPOSITORY = join(import.meta.dirname, "..", "..");
const dockerfile = readFileSync(join(REPOSITORY, "deploy", "Dockerfile"), "utf8");
const ignored = readFileSync(join(REPOSITORY, "deploy", "Dockerfile.dockerignore"), "utf8");
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
  String(match[1]).split(" "),
);

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
    const command = JSON.parse(/^CMD (.+)$/m.exec(dockerfile)?.[1] ?? "[]");
    expect(command.join(" ")).toBe(manifest.scripts.start);
    expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  });
});
