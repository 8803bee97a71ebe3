import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  judgeRows,
  RESULTS_FILE,
  type Results,
  readResults,
  withRun,
  writeResults,
} from "../../bench/results.ts";
import type { Row } from "../../bench/row.ts";
import { changesOf } from "../../bench/table.ts";

function row(id: string, median: number, isJudged = true): Row {
  const figure = { median, deviation: 0, count: 5 };
  const judged = { figure, better: "higher" } as const;
  return { id, group: id, unit: "events/s", value: figure, beside: [], ...(isJudged ? { judged } : {}) };
}

const runs = (...medians: number[]): Results =>
  medians.reduce((results, median) => withRun(results, [row("create/32/rate", median)]), {} as Results);

it("keeps each run, and what they come to", () => {
  expect(runs(0.8, 0.84, 0.812345)).toEqual({
    "create/32/rate": {
      better: "higher",
      over: { median: 0.8123, deviation: 0.0123, count: 3 },
      runs: [0.8, 0.84, 0.8123].map((median) => ({ median, deviation: 0, count: 5 })),
    },
  });
});

it("keeps what a run has not measured, and nothing that is not judged", () => {
  const results = withRun(runs(0.8), [row("replay/32/rate", 0.7), row("replay/32/p99", 1, false)]);
  expect(Object.keys(results)).toEqual(["create/32/rate", "replay/32/rate"]);
});

it("begins anew where a figure has changed by more than noise", () => {
  const kept = runs(0.8, 0.81, 1.2, 1.25)["create/32/rate"]?.runs.map(({ median }) => median);
  expect(kept).toEqual([1.2, 1.25]);
});

it("drops the oldest of more than twenty runs", () => {
  const [first, ...others] = Array.from({ length: 21 }, (_, n) => 1 + n / 1000);
  const kept = runs(first as number, ...others)["create/32/rate"]?.runs.map(({ median }) => median);
  expect(kept).toEqual(others);
});

it("reads what it has written, whatever the order of the parts", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pushbind-test-"));
  const file = join(folder, "results.json");
  const results = withRun(withRun({}, [row("b", 1)]), [row("a", 1)]);
  await writeResults(file, results);
  expect(await readResults(file)).toEqual(results);
  expect(Object.keys(JSON.parse(await readFile(file, "utf8")))).toEqual(["a", "b"]);
  await rm(folder, { recursive: true });
});

it("has a file that can be read and written again as it is", async () => {
  const results = await readResults(RESULTS_FILE);
  for (const { runs: kept, over, better } of Object.values(results)) {
    expect(over.count).toBe(kept.length);
    expect(["higher", "lower"]).toContain(better);
  }
});

it("says what has changed, and counts what has not", () => {
  const results = { ...runs(0.8, 0.8, 0.8), ...withRun({}, [row("same", 5)]) };
  const judgements = judgeRows(results, [row("create/32/rate", 0.5), row("same", 5), row("other", 1)]);
  expect(changesOf(judgements)).toBe(
    "\nbeside earlier runs: 1 as before, 0 better, 1 worse, 1 new\n" +
      "  worse: create/32/rate is 0.50 ±0, was 0.80; noise is up to 0.08\n",
  );
});
