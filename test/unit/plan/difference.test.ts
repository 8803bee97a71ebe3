import { describe, expect, it } from "vitest";
import { difference, exactly, withoutNulls } from "../../../lib/plan/difference.ts";

describe("difference", () => {
  it.each([
    ["a field that is as wanted", { a: 1 }, { a: 1 }, undefined],
    ["a field of others", { a: 1, theirs: 2 }, { a: 1 }, undefined],
    ["another value", { a: 1 }, { a: 2 }, { a: 2 }],
    ["nothing there", undefined, { a: { b: 1 } }, { a: { b: 1 } }],
    ["what must be absent, and is", {}, { a: null }, undefined],
    ["what must be absent, and is not", { a: 1 }, { a: null }, { a: null }],
    ["the order of fields in a list", { a: [{ x: 1, y: 2 }] }, { a: [{ y: 2, x: 1 }] }, undefined],
    ["a list with one more", { a: [1, 2] }, { a: [1] }, { a: [1] }],
    ["only what differs, deep down", { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, { a: { c: 3 } }],
  ])("%s", (_, observed, desired, patch) => {
    expect(difference(observed, desired)).toEqual(patch);
  });
});

describe("exactly", () => {
  it("also takes away what is there beside it, at every depth", () => {
    const observed = { keep: { a: 1, b: 2 }, drop: 1 };
    expect(exactly(observed, { keep: { a: 1 } })).toEqual({ keep: { a: 1, b: null }, drop: null });
  });
});

describe("withoutNulls", () => {
  it("leaves out what must be absent", () => {
    expect(withoutNulls({ a: null, b: { c: null, d: 1 } })).toEqual({ b: { d: 1 } });
  });
});
