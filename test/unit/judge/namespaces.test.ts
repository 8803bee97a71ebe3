import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeNamespace, parseGlobs } from "../../../lib/judge/namespaces.ts";
import { policyOf } from "./policy.ts";

describe("which namespaces endpoints may be in", () => {
  test.each([
    // namespace, ALLOWED_NAMESPACES, DENIED_NAMESPACES, reason
    ["example", "", "", undefined],
    ["example", "example", "", undefined],
    ["example", "other", "", "NamespaceNotAllowed"],
    ["example", "other,exam*", "", undefined],
    ["example", "*", "example", "NamespaceDenied"],
    ["example", "example", "e*", "NamespaceDenied"],
    ["example", "", "other", undefined],
    ["kube-system", "", "", "NamespaceDenied"],
    ["kube-system", "kube-system", "", "NamespaceDenied"],
    ["kube-", "*", "", "NamespaceDenied"],
    ["kubernetes", "", "", undefined],
    ["my-kube-system", "", "", undefined],
    ["team-a", "", "", "NamespaceDenied"],
    ["team-a", "team-a", "", "NamespaceDenied"],
    ["team-ab", "", "", undefined],
  ])("%s with allowed %j and denied %j: %s", (namespace, allowed, denied, reason) => {
    const { namespaces } = policyOf({ allowed, denied, operators: ["ngrok-operator", "team-a"] });
    expect(judgeNamespace(namespace, namespaces)?.reason).toBe(reason);
  });

  test("the message names the pattern, or all that there are", () => {
    const { namespaces } = policyOf({ allowed: "a*,b", denied: "x?" });
    expect(judgeNamespace("xy", namespaces)?.message).toContain('"x?" in DENIED_NAMESPACES');
    expect(judgeNamespace("c", namespaces)?.message).toContain("ALLOWED_NAMESPACES: a*, b");
  });
});

describe("patterns", () => {
  const fits = (text: string, glob: string) =>
    judgeNamespace(text, policyOf({ allowed: glob, operators: [] }).namespaces) === undefined;

  test.each([
    ["a", "?", true],
    ["", "?", false],
    ["ab", "?", false],
    ["abc", "a*c", true],
    ["ac", "a*c", true],
    ["acb", "a*c", false],
    ["abcbc", "a*bc", true],
    ["abc", "*", true],
    ["abc", "***", true],
    ["abc", "abc*", true],
    ["abc", "*?*", true],
    ["abc", "a?c", true],
    ["abc", "ab", false],
    ["abc", "bc", false],
    ["a-b", "a-?", true],
  ])("%j, %j: %s", (text, glob, expected) => {
    expect(fits(text, glob)).toBe(expected);
  });

  test("fit what the regular expression of the same meaning fits", () => {
    const text = fc.stringMatching(/^[ab-]{0,8}$/);
    const glob = fc.stringMatching(/^[ab*?]{1,6}$/);
    fc.assert(
      fc.property(text, glob, (given, pattern) => {
        const regExp = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
        expect(fits(given, pattern)).toBe(regExp.test(given));
      }),
      { numRuns: 2000 },
    );
  });

  test("with many stars take no time", () => {
    const start = performance.now();
    expect(fits("a".repeat(63), `${"*a".repeat(40)}*b`)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test("are separated by commas", () => {
    expect(parseGlobs(" a*, b ,c ", "X")).toEqual({ ok: true, globs: ["a*", "b", "c"] });
    expect(parseGlobs("  ", "X")).toEqual({ ok: true, globs: [] });
  });

  test.each(["a,,b", ",", "A", "a b", "[ab]", "a.b", "{a,b}", "!a", "ä"])(
    "%j has one that fits nothing",
    (list) => {
      const parsed = parseGlobs(list, "DENIED_NAMESPACES");
      if (parsed.ok) throw new Error("it was accepted");
      expect(parsed.problems[0]).toMatchObject({ at: "DENIED_NAMESPACES", reason: "PatternInvalid" });
    },
  );
});
