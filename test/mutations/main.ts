import { parseArgs } from "node:util";
import { check, compile, type Result, type SearchOptions } from "./checks.ts";
import { CHECKS, type CheckName, type Mutation, readMutations } from "./mutation.ts";
import { inEditedTree } from "./tree.ts";

const USAGE = `npm run mutate -- [--only TEXT] [--seed S] [--histories N] [--every-check]

Breaks the code in known ways (test/mutations/mutations.yaml), one at a time and in a copy, and shows that the unit
tests, the random histories and every interleaving of two events notice it.

  --only TEXT    the mutations whose name contains the text (all)
  --seed S       of the first random history (1)
  --histories N  how many random histories are played before a mutation has survived them (20000)
  --every-check  shows every mutation to every check, not only to those that must catch it
`;

/**
 * The code as it is: no check may find anything wrong with it, not in any of the random histories that caught a
 * mutation, or what they caught would mean nothing.
 */
const UNCHANGED: Mutation = { name: "(unchanged)", breaks: "", caughtBy: [], edits: [] };

/** Of the columns, in characters. */
const WIDTHS = [46, 12, 13, 12, 0];

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", default: "" },
      seed: { type: "string", default: "1" },
      histories: { type: "string", default: "20000" },
      "every-check": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const mutations = readMutations().filter(({ name }) => name.includes(values.only));
  if (mutations.length === 0) throw new Error(`no mutation has ${JSON.stringify(values.only)} in its name`);
  const seed = Number(values.seed);
  printRow(["mutation", "unit tests", "histories", "scenarios", "caught as"]);
  let missed = 0;
  let most = 1;
  for (const mutation of mutations) {
    const checks = values["every-check"] ? CHECKS : mutation.caughtBy;
    const results = await show(mutation, checks, { seed, histories: Number(values.histories) });
    if (!mutation.caughtBy.every((name) => results.get(name)?.caught !== undefined)) missed++;
    most = Math.max(most, results.get("random")?.effort ?? 1);
  }
  const unchanged = await show(UNCHANGED, CHECKS, { seed, histories: most });
  const caught = mutations.length - missed;
  process.stdout.write(`\n${caught} of ${mutations.length} mutations caught by every check that must\n`);
  const sound =
    unchanged.size === CHECKS.length && [...unchanged.values()].every(({ caught }) => caught === undefined);
  return sound && missed === 0 ? 0 : 1;
}

/** Runs the checks and prints what they say. A check that could not be run has no result: it caught nothing. */
async function show(
  { name, breaks, edits }: Mutation,
  checks: readonly CheckName[],
  options: SearchOptions,
): Promise<ReadonlyMap<CheckName, Result>> {
  const results = new Map<CheckName, Result>();
  try {
    await inEditedTree(edits, async (folder) => {
      await compile(folder);
      for (const which of checks) results.set(which, await check(which, folder, options));
    });
    const seenAs = [...results.values()].findLast(({ caught }) => caught !== undefined)?.caught ?? "";
    printRow([name, ...CHECKS.map((which) => cell(results.get(which))), seenAs.slice(0, 100)]);
  } catch (error) {
    printRow([name, "ERROR", "", "", String(error)]);
  }
  if (checks.some((which) => results.get(which)?.caught === undefined) && breaks !== "") {
    process.stdout.write(`  survived; the rule: ${breaks}\n`);
  }
  return results;
}

function cell(result: Result | undefined): string {
  if (result === undefined) return "-";
  return result.caught === undefined ? `none in ${result.effort}` : String(result.effort);
}

function printRow(cells: string[]): void {
  process.stdout.write(`${cells.map((text, index) => text.padEnd(WIDTHS[index] ?? 0)).join(" ")}\n`);
}
