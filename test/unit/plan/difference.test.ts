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
    ["a field of a name that every object has", {}, { constructor: "x" }, { constructor: "x" }],
    ["such a field that must be absent, and is", {}, { constructor: null }, undefined],
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

  it("takes away what has a name that every object has", () => {
    expect(exactly({ toString: 1, a: 1 }, { a: 1 })).toEqual({ toString: null, a: 1 });
  });
});

describe("a field __proto__", () => {
  const odd = (value: unknown): object => JSON.parse(`{"__proto__":${JSON.stringify(value)}}`);

  it("is one as any other", () => {
    expect(difference(odd({ a: 1 }), odd({ a: 1 }))).toBeUndefined();
    expect(JSON.stringify(difference(odd({ a: 1 }), odd({ a: 2 })))).toBe('{"__proto__":{"a":2}}');
    expect(JSON.stringify(exactly(odd({ a: 1 }), {}))).toBe('{"__proto__":null}');
    expect(JSON.stringify(exactly(odd({ a: 1, b: 1 }), odd({ a: 1 })))).toBe(
      '{"__proto__":{"b":null,"a":1}}',
    );
  });
});

describe("withoutNulls", () => {
  it("leaves out what must be absent", () => {
    expect(withoutNulls({ a: null, b: { c: null, d: 1 }, e: { f: 1 } })).toEqual({
      b: { d: 1 },
      e: { f: 1 },
    });
  });

  it("leaves a list as it is", () => {
    expect(withoutNulls({ a: null, b: [null, { c: null }] })).toEqual({ b: [null, { c: null }] });
  });
});
