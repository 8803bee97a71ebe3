import { type Figure, median } from "./statistics.ts";

/** A figure as earlier runs found it: one of each run, the oldest first. */
export type Past = { readonly better: "higher" | "lower"; readonly runs: readonly Figure[] };

/** How a figure stands to those of earlier runs. */
export type Verdict =
  | { readonly kind: "new" }
  | {
      readonly kind: "as before" | "better" | "worse";
      /** The median of the earlier runs. */
      readonly expected: number;
      /** How far from it noise alone may lead. */
      readonly noise: number;
    };

/** A median absolute deviation times this is the standard deviation of what is normally distributed. */
const NORMAL = 1.4826;
/** The standard error of a median over that of a mean, where values are normally distributed. */
const OF_MEDIAN = 1.2533;
/** Standard deviations that are noise: with some sixty figures in a run, hardly ever one is further off by chance. */
const DEVIATIONS = 4;
/** Part of a measured figure that no machine repeats to. What is counted, not measured, is the same every time. */
const RELATIVE = 0.1;

/**
 * Tells a change from noise: by how much the runs before differed from each other, and the rounds within them.
 *
 * @param isCounted whether it is the same in every run, unless the code has changed
 */
export function verdictOn(past: Past | undefined, now: Figure, isCounted: boolean): Verdict {
  if (past === undefined || past.runs.length === 0) return { kind: "new" };
  const expected = median(past.runs.map((run) => run.median));
  const noise = isCounted ? 0 : Math.max(DEVIATIONS * deviationOf(past.runs, now), RELATIVE * expected);
  const gain = (now.median - expected) * (past.better === "higher" ? 1 : -1);
  const kind = Math.abs(gain) <= noise ? "as before" : gain > 0 ? "better" : "worse";
  return { kind, expected, noise };
}

/** The standard deviation of the difference between this run's median and that of a run before. */
function deviationOf(runs: readonly Figure[], now: Figure): number {
  const middle = median(runs.map((run) => run.median));
  const between = NORMAL * median(runs.map((run) => Math.abs(run.median - middle)));
  const within = Math.hypot(median(runs.map(standardError)), standardError(now));
  return Math.max(between, within);
}

function standardError({ deviation, count }: Figure): number {
  return (OF_MEDIAN * NORMAL * deviation) / Math.sqrt(count);
}
