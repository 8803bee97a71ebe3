import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../../lib/event/canonical-json.ts";
import { cleaned, isObject, isSameJSON, isWithinDepth, setMember } from "../../../lib/event/json.ts";

/** The same value with the keys of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

describe("canonical JSON", () => {
  test.each([
    [{ b: 1, a: [2, { d: null, c: "x" }] }, '{"a":[2,{"c":"x","d":null}],"b":1}'],
    [{ "\u{1F600}": 1, "\uFFFF": 2, é: 3, z: 4 }, '{"z":4,"é":3,"\u{1F600}":1,"\uFFFF":2}'],
    [{ a: undefined, b: () => 0 }, "{}"],
    [[undefined, -0, 1e21], "[null,0,1e+21]"],
    [JSON.parse('{"__proto__":{"x":1},"10":1,"9":2}'), '{"10":1,"9":2,"__proto__":{"x":1}}'],
    ["\u2028", '"\u2028"'],
  ])("%j is %s", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test("is the same whatever the order of keys, and says the same", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("cleaning", () => {
  test.each([
    [{ a: null, b: { c: null, d: 1 } }, { b: { d: 1 } }],
    [
      [null, { a: null }],
      [null, {}],
    ],
    [JSON.parse('{"a":1e999,"b":[1e999,-1e999]}'), { b: [null, null] }],
    [
      { a: "x\uD800y", "\uDC00": "😀" },
      { a: "x\uFFFDy", "\uFFFD": "😀" },
    ],
    [JSON.parse('{"__proto__":{"polluted":true}}'), JSON.parse('{"__proto__":{"polluted":true}}')],
    ["text", "text"],
    [false, false],
    [null, undefined],
  ])("%j becomes %j", (value, clean) => {
    expect(cleaned(value)).toStrictEqual(clean);
  });

  test("once is enough, and what comes out survives UTF-8 and JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const clean = cleaned(value);
        if (clean === undefined) return;
        expect(cleaned(clean)).toStrictEqual(clean);
        const stored = JSON.parse(Buffer.from(JSON.stringify(clean)).toString("utf8"));
        expect(canonicalJson(stored)).toBe(canonicalJson(clean));
      }),
    );
  });
});

/** JSON values of which two are often the same, or nearly. */
const alike = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, 0, 1, "", "a", true),
    fc.array(tie("value"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "constructor", "__proto__"), tie("value"), { maxKeys: 2 }),
  ),
})).value;

test("JSON values are the same as isDeepStrictEqual has it, whatever the order of members", () => {
  fc.assert(
    fc.property(alike, alike, (a, b) => {
      // Into objects of one prototype, as JSON.parse makes them.
      const [left, right] = [JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))];
      expect(isSameJSON(left, right)).toBe(isDeepStrictEqual(left, right));
      expect(isSameJSON(left, reversed(left))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test.each(["a", "__proto__"])("a member %s becomes the object's own", (name) => {
  const object: Record<string, unknown> = {};
  setMember(object, name, { x: 1 });
  expect(Object.entries(object)).toEqual([[name, { x: 1 }]]);
  expect(JSON.stringify(object)).toBe(`{"${name}":{"x":1}}`);
});

test("depth is counted from the outermost list or object", () => {
  expect(isWithinDepth("x", 0)).toBe(true);
  expect(isWithinDepth([], 0)).toBe(false);
  expect(isWithinDepth([{ a: 1 }], 2)).toBe(true);
  expect(isWithinDepth([{ a: [] }], 2)).toBe(false);
  const deep = JSON.parse("[".repeat(500_000) + "]".repeat(500_000));
  expect(isWithinDepth(deep, 32)).toBe(false);
});
