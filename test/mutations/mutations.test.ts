import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { edited, readMutations } from "./mutation.ts";

const ROOT = join(import.meta.dirname, "../..");
const mutations = readMutations();

describe("the mutations", () => {
  // Whether the checks catch them takes minutes: `npm run mutate`.
  it.each(mutations)("$name still fits the code", ({ edits, caughtBy, breaks }) => {
    expect(breaks).not.toBe("");
    expect(caughtBy.length).toBeGreaterThan(0);
    const texts = new Map<string, string>();
    for (const edit of edits) {
      const text = texts.get(edit.file) ?? readFileSync(join(ROOT, edit.file), "utf8");
      texts.set(edit.file, edited(text, edit));
      expect(texts.get(edit.file)).not.toBe(text);
    }
  });

  it("have names of their own", () => {
    expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
  });
});

describe("an edit", () => {
  const edit = { file: "a.ts", find: "one", replace: "$& $1 two" };

  it("replaces the text as it is written", () => {
    expect(edited("zero one three", edit)).toBe("zero $& $1 two three");
  });

  it("is refused where the text is not there, or not once", () => {
    expect(() => edited("zero", edit)).toThrow("a.ts has this nowhere, not once");
    expect(() => edited("one one", edit)).toThrow("a.ts has this 2 times, not once");
  });
});
