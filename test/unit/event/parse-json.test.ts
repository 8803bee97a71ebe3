import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findSyntaxError, parseJSON } from "../../../lib/event/parse-json.ts";

const isJSON = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** JSON texts with some characters taken out, put in or exchanged: many are none any more, but nearly. */
const nearlyJSON = fc
  .tuple(
    fc.json({ maxDepth: 3 }),
    fc.array(
      fc.record({
        at: fc.nat(),
        cut: fc.nat({ max: 2 }),
        insert: fc.constantFrom(...'[]{},:"\\ \n\t0-1.eEtrufalsn', ""),
      }),
      { maxLength: 3 },
    ),
  )
  .map(([json, edits]) =>
    edits.reduce((text, { at, cut, insert }) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + insert + text.slice(start + cut);
    }, json),
  );

describe("parseJSON", () => {
  it("takes what JSON.parse takes, and finds an error in everything else", () => {
    fc.assert(
      fc.property(fc.oneof(nearlyJSON, fc.string()), (text) => {
        expect(findSyntaxError(text) === undefined).toBe(isJSON(text));
      }),
      { numRuns: 5000 },
    );
  });

  it("finds the error no later than where nothing that follows could help", () => {
    fc.assert(
      fc.property(nearlyJSON, fc.string(), (text, rest) => {
        const found = findSyntaxError(text);
        // A word is wrong from its start, though it might have gone on otherwise.
        if (found === undefined || /^[-+.\w\\]?$/.test(text.charAt(found.offset))) return;
        expect(isJSON(text.slice(0, found.offset + 1) + rest)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it("finds the error no earlier than where what precedes is the beginning of JSON", () => {
    fc.assert(
      fc.property(nearlyJSON, (text) => {
        const found = findSyntaxError(text);
        if (found === undefined) return;
        const offset = findSyntaxError(text.slice(0, found.offset))?.offset ?? found.offset;
        expect(offset).toBe(found.offset);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["", "line 1, column 1 it ends where a value must be"],
    ["[1,]", 'line 1, column 4 there is "]" where a value must be'],
    ['{"a":1,}', 'line 1, column 8 there is "}" where a name in quotes must be'],
    ["{a:1}", 'line 1, column 2 there is "a" where a name in quotes or } must be'],
    ['{"a" 1}', 'line 1, column 6 there is "1" where : must be'],
    ["[080]", 'line 1, column 3 there is "8" where , or ] must be'],
    ["[\n  1.\n]", 'line 2, column 4 there is "." where , or ] must be'],
    ["[NaN]", 'line 1, column 2 there is "N" where a value or ] must be'],
    ['["a\\x"]', 'line 1, column 4 there is "\\\\" where the end of the string must be'],
    ['["a', "line 1, column 4 it ends where the end of the string must be"],
    ["'a'", 'line 1, column 1 there is "\'" where a value must be'],
    ["{}\u{1f600}", 'line 1, column 3 there is "\\ud83d\\ude00" where the end must be'],
  ])("says of %j where it is no JSON", (text, place) => {
    const problem = { at: "body", reason: "NotJSON", message: `it is no JSON: at ${place}` };
    expect(parseJSON(text, "body")).toEqual({ ok: false, problem });
  });

  it("ignores a byte order mark", () => {
    expect(parseJSON('\ufeff{"a":1}', "body")).toEqual({ ok: true, value: { a: 1 } });
  });

  it("makes members of their own of whatever names", () => {
    const parsed = parseJSON('{"__proto__":{"a":1}}', "body");
    expect(parsed).toMatchObject({ ok: true });
    expect(Object.getOwnPropertyNames(parsed.ok && parsed.value)).toEqual(["__proto__"]);
  });

  it("reads strings as long as a body may be", () => {
    const text = `["${"a\\n".repeat(350_000)}`;
    expect(findSyntaxError(text)).toEqual({ offset: text.length, expected: "the end of the string" });
  });
});
