import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** The checks of the project that a mutation can be shown to. */
export const CHECKS = ["unit", "random", "exhaustive"] as const;
export type CheckName = (typeof CHECKS)[number];

export type Edit = {
  /** Path from the root of the project. */
  file: string;
  /** In the file exactly once. */
  find: string;
  replace: string;
};

/** One known way to break the code. */
export type Mutation = {
  name: string;
  /** The rule that no longer holds. */
  breaks: string;
  /** Each of these must notice. */
  caughtBy: CheckName[];
  edits: Edit[];
};

/** Every mutation that the checks are shown to, in the order of the file. */
export function readMutations(): Mutation[] {
  return parse(readFileSync(new URL("mutations.yaml", import.meta.url), "utf8")) as Mutation[];
}

/**
 * A file's text after an edit.
 *
 * @throws Error where the text to find is not there exactly once: the code has moved on, and the mutation with it
 */
export function edited(text: string, { file, find, replace }: Edit): string {
  const [before, after, ...more] = text.split(find);
  if (after !== undefined && more.length === 0) return `${before}${replace}${after}`;
  const found = after === undefined ? "nowhere" : `${more.length + 1} times`;
  throw new Error(`${file} has this ${found}, not once; bring the mutation up to date:\n${find}`);
}
