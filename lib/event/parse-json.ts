/**
 * JSON text to a value (RFC 8259), and where it is none, the place: `JSON.parse` names it for some errors only, and
 * repeats for others what stands around it, which need not be for every eye.
 */
import { type Problem, quote } from "../endpoint/problem.ts";

type Parsed = { ok: true; value: unknown } | { ok: false; problem: Problem };

/**
 * Parses the text of a body. Members of any name, `__proto__` too, become members of their own.
 *
 * @param at where the text was, for the problem
 */
export function parseJSON(text: string, at: string): Parsed {
  try {
    // A byte order mark may be ignored (RFC 8259 section 8.1).
    return { ok: true, value: JSON.parse(text.startsWith("\ufeff") ? text.slice(1) : text) };
  } catch {
    return { ok: false, problem: { at, reason: "NotJSON", message: describeError(text) } };
  }
}

/** What may come next, in words. */
type Expected =
  | "a value"
  | "a value or ]"
  | "a name in quotes"
  | "a name in quotes or }"
  | ":"
  | ", or ]"
  | ", or }"
  | "the end"
  | "the end of the string";

/** Where the text stops being JSON, as an offset, and what would be right there; undefined where it is JSON. */
export function findSyntaxError(text: string): { offset: number; expected: Expected } | undefined {
  const open: string[] = [];
  let expected: Expected = "a value";
  let offset = 0;
  for (;;) {
    offset = endOf(WHITESPACE, text, offset);
    if (offset === text.length) return expected === "the end" ? undefined : { offset, expected };
    const end = endOf(TOKEN, text, offset);
    const next = follow(expected, text.charAt(offset), open);
    if (next === undefined) return { offset, expected };
    if (end === offset) return wordError(text, offset, expected);
    expected = next;
    offset = end;
  }
}

const WHITESPACE = /[ \t\n\r]*/y;
// Characters of a string as they are: not the control characters, the quote and the backslash.
const STRING_START = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/;
const TOKEN = new RegExp(`${STRING_START.source}"|[{}[\\],:]|${NUMBER.source}|true|false|null`, "y");

/** Where a match at an offset ends; the offset itself where there is none. */
function endOf(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : offset;
}

/** What may come after a token that starts with `first`, undefined where it may not be here; keeps `open` up to date. */
function follow(expected: Expected, first: string, open: string[]): Expected | undefined {
  if ("]}".includes(first)) return expected.endsWith(` or ${first}`) ? close(open) : undefined;
  if (expected.startsWith("a value")) return afterValue(first, open);
  if (expected.startsWith("a name")) return first === '"' ? ":" : undefined;
  if (expected === "the end" || expected[0] !== first) return undefined;
  return expected === ", or }" ? "a name in quotes" : "a value";
}

function afterValue(first: string, open: string[]): Expected | undefined {
  if (",:".includes(first)) return undefined;
  if (first !== "{" && first !== "[") return inside(open);
  open.push(first);
  return first === "{" ? "a name in quotes or }" : "a value or ]";
}

function close(open: string[]): Expected {
  open.pop();
  return inside(open);
}

function inside(open: string[]): Expected {
  const innermost = open.at(-1);
  if (innermost === undefined) return "the end";
  return innermost === "{" ? ", or }" : ", or ]";
}

/** A string is wrong where its first wrong character is, every other word at its start. */
function wordError(text: string, offset: number, expected: Expected): ReturnType<typeof findSyntaxError> {
  if (text[offset] !== '"') return { offset, expected };
  return { offset: endOf(STRING_START, text, offset), expected: "the end of the string" };
}

function describeError(text: string): string {
  const found = findSyntaxError(text);
  if (found === undefined) return "it is no JSON";
  const { offset, expected } = found;
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const column = offset - before.lastIndexOf("\n");
  const there =
    offset === text.length
      ? "it ends"
      : `there is ${quote(String.fromCodePoint(text.codePointAt(offset) ?? 0))}`;
  return `it is no JSON: at line ${line}, column ${column} ${there} where ${expected} must be`;
}
