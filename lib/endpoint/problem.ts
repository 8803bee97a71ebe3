import { QUOTED_LENGTH } from "../settings/limits.ts";

/** One thing that is wrong with what was sent, or with a setting. */
export type Problem = {
  /** Where: a path into the event such as `object.url`, a header, or the name of a variable. */
  readonly at: string;
  /** What kind of wrong, one CamelCase word for programs to read, such as `PortMissing`. */
  readonly reason: string;
  /** What is wrong and what would be right, for people. */
  readonly message: string;
};

/**
 * A value as it is shown in a message: JSON, cut at `QUOTED_LENGTH` characters, with everything but printable ASCII
 * escaped, so that a Kelvin sign is not taken for a K and a null byte can be seen.
 */
export function quote(value: unknown): string {
  if (typeof value !== "string") return describe(value);
  const shown = value.length > QUOTED_LENGTH ? `${value.slice(0, QUOTED_LENGTH)}...` : value;
  return JSON.stringify(shown).replace(/[^ -~]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The kind of a JSON value, with its article: `a number`, `a list`, `null`. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
