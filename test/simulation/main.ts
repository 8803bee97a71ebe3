import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Campaign, campaign, inOneLine } from "./campaign.ts";
import { exploreAll } from "./explore-all.ts";
import type { History } from "./history.ts";
import { play } from "./play.ts";
import { shrink } from "./shrink.ts";

const USAGE = `npm run simulate -- [--runs N] [--seed S] | --exhaustive [--only TEXT] | --replay FILE

  --runs N      how many random histories (2000)
  --seed S      of the first; the next have the numbers after it (1). With --runs 1 every step is printed
  --exhaustive  every interleaving of small histories: two events with two crashes, three with one
  --only TEXT   of these, the histories whose name contains the text (all)
  --replay FILE play the history in a file, and print every step
`;

const FAILURES = ".pushbind";

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "2000" },
      seed: { type: "string", default: "1" },
      exhaustive: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      replay: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return print(USAGE);
  if (values.replay !== undefined)
    return replay(JSON.parse(await readFile(values.replay, "utf8")) as History);
  if (values.exhaustive) return exhaustive(values.only);
  return random(Number(values.seed), Number(values.runs));
}

async function exhaustive(only: string): Promise<number> {
  const printOver = (line: string) => {
    showProgress("");
    print(line);
  };
  return (await exploreAll(printOver, only, (states) => showProgress(`${states} states`))) ? 0 : 1;
}

/** On a terminal only, where the next line replaces it. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K`);
}

async function random(seed: number, runs: number): Promise<number> {
  const start = performance.now();
  const found = await campaign({ seed, runs, onProgress: (so: Campaign) => showProgress(inOneLine(so)) });
  showProgress("");
  print(`${inOneLine(found)}; ${Math.round((performance.now() - start) / 1000)} s`);
  if (found.failure === undefined) return 0;
  await report(found.failure.history, found.failure.violations);
  return 1;
}

/** Prints what failed, its shortest history found, and the command that plays it again. */
async function report(history: History, violations: string[]): Promise<void> {
  print(`\nseed ${(history.seed - 1) / 2} fails:`);
  for (const violation of violations) print(`  ${violation}`);
  print("\nlooking for the shortest history that fails ...");
  const shortest = await shrink(history);
  const file = join(FAILURES, `failure-${shortest.seed}.json`);
  await mkdir(FAILURES, { recursive: true });
  await writeFile(file, `${JSON.stringify(shortest, undefined, 2)}\n`);
  await replay(shortest);
  print(`\nnpm run simulate -- --replay ${file}`);
}

async function replay(history: History): Promise<number> {
  const { violations } = await play(history, print);
  for (const violation of violations) print(`VIOLATED  ${violation}`);
  if (violations.length === 0) print("nothing is violated");
  return violations.length === 0 ? 0 : 1;
}

function print(line: string): number {
  process.stdout.write(`${line}\n`);
  return 0;
}
