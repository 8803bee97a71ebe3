import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Past, type Verdict, verdictOn } from "./regression.ts";
import type { Row } from "./row.ts";
import { type Figure, figureOf } from "./statistics.ts";

/** Where the figures of earlier runs stand. */
export const RESULTS_FILE = join(import.meta.dirname, "results.json");

/** Of more runs than these the oldest are dropped: the code that they measured is long gone. */
const RUNS_KEPT = 20;

/** By the row's id. The figure over all runs is for readers; what is compared with are the runs. */
export type Results = Record<string, Past & { readonly over: Figure }>;

export async function readResults(file: string): Promise<Results> {
  return JSON.parse(await readFile(file, "utf8")) as Results;
}

export async function writeResults(file: string, results: Results): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(results).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(file, `${JSON.stringify(sorted, undefined, 2)}\n`);
}

/**
 * The results with one more run; rows without anything to judge are left out. Where a figure has changed by more than
 * noise, and is recorded all the same, the runs before are of other code: they are dropped.
 */
export function withRun(results: Results, rows: readonly Row[]): Results {
  const added = judgeRows(results, rows).flatMap(
    ({ row: { id, judged }, verdict }): [string, Results[string]][] => {
      if (judged === undefined) return [];
      const before = verdict.kind === "as before" ? (results[id]?.runs ?? []) : [];
      const runs = [...before, rounded(judged.figure)].slice(-RUNS_KEPT);
      const over = rounded(figureOf(runs.map((run) => run.median)));
      return [[id, { better: judged.better, over, runs }]];
    },
  );
  return { ...results, ...Object.fromEntries(added) };
}

export type Judgement = { readonly row: Row; readonly verdict: Verdict };

/** How every row that can be judged stands to earlier runs. */
export function judgeRows(results: Results, rows: readonly Row[]): Judgement[] {
  return rows.flatMap((row) => {
    const { judged } = row;
    if (judged === undefined) return [];
    return [{ row, verdict: verdictOn(results[row.id], judged.figure, judged.isCounted === true) }];
  });
}

function rounded({ median, deviation, count }: Figure): Figure {
  const round = (value: number) => Number(value.toPrecision(4));
  return { median: round(median), deviation: round(deviation), count };
}
