import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { SELDOM, seldomFile } from "../../deploy/build/bundle.ts";
import { DIST } from "../../deploy/build/dist.ts";
import { bundled } from "../support/real-cluster.ts";

const load = createRequire(import.meta.url);

describe("a package that is seldom needed", () => {
  beforeAll(() => bundled());

  it.each(SELDOM)("is there for when it is, with all that it exports: %s", async (name) => {
    const exported = load(join(DIST, seldomFile(name)));
    // What Node adds to those in CommonJS stands for all of them together, here as there.
    const added = ["default", "module.exports"];
    const expected = Object.keys(await import(name)).filter((key) => !added.includes(key));
    expect(expected).not.toEqual([]);
    expect(Object.keys(exported)).toEqual(expect.arrayContaining(expected));
    for (const key of expected) expect(exported[key], key).toBeDefined();
  });
});
