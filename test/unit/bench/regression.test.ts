import { describe, expect, it } from "vitest";
import { type Past, verdictOn } from "../../bench/regression.ts";
import type { Figure } from "../../bench/statistics.ts";

const figure = (median: number, deviation = 0): Figure => ({ median, deviation, count: 5 });
const past = (better: Past["better"], medians: number[], deviation = 0): Past => ({
  better,
  runs: medians.map((median) => figure(median, deviation)),
});

describe("a figure beside those of earlier runs", () => {
  const steady = past("higher", [0.8, 0.81, 0.79, 0.8, 0.8]);

  it.each([
    ["new, where there are none", undefined, 0.8, "new"],
    ["new, where they were dropped", past("higher", []), 0.8, "new"],
    ["as before, where it is the same", steady, 0.8, "as before"],
    ["as before within a tenth, to which no machine repeats", steady, 0.73, "as before"],
    ["worse, where a rate has fallen", steady, 0.7, "worse"],
    ["better, where a rate has risen", steady, 0.9, "better"],
    ["worse, where a latency has risen", past("lower", [1.5, 1.5, 1.5]), 1.7, "worse"],
    ["better, where a latency has fallen", past("lower", [1.5, 1.5, 1.5]), 1.3, "better"],
    [
      "as before, where earlier runs differed as much",
      past("higher", [0.8, 0.6, 1, 0.7, 0.9]),
      0.5,
      "as before",
    ],
    ["worse, where it is further off than they ever were", past("higher", [0.8, 0.75, 0.85]), 0.4, "worse"],
    [
      "as before, where the rounds within runs differed as much",
      past("higher", [0.8], 0.1),
      0.6,
      "as before",
    ],
  ] as const)("is %s", (_, runs, now, kind) => {
    expect(verdictOn(runs, figure(now), false).kind).toBe(kind);
  });

  it("has noise of its own: rounds that differ much prove nothing", () => {
    expect(verdictOn(steady, figure(0.7, 0.001), false).kind).toBe("worse");
    expect(verdictOn(steady, figure(0.7, 0.2), false).kind).toBe("as before");
  });

  it("has no noise where it is counted", () => {
    const calls = past("lower", [10, 10]);
    expect(verdictOn(calls, figure(10), true)).toEqual({ kind: "as before", expected: 10, noise: 0 });
    expect(verdictOn(calls, figure(11), true).kind).toBe("worse");
    expect(verdictOn(calls, figure(9), true).kind).toBe("better");
  });
});
