/** What several measurements of one figure come to. */
export type Figure = {
  readonly median: number;
  /** Median absolute deviation from the median: unlike a variance, one round that the machine spoilt does not move it. */
  readonly deviation: number;
  /** How many measurements there are. */
  readonly count: number;
};

/** @param values not empty, in any order */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/**
 * The value below which `percent` of the values lie, interpolated between neighbours.
 *
 * @param values not empty, in any order
 * @param percent from 0 to 100
 */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new RangeError("there is no percentile of no values");
  const sorted = values.toSorted((a, b) => a - b);
  const at = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}

/** @param values not empty */
export function figureOf(values: readonly number[]): Figure {
  const middle = median(values);
  return {
    median: middle,
    deviation: median(values.map((value) => Math.abs(value - middle))),
    count: values.length,
  };
}

/**
 * The figure of one lane over that of another, round by round, so that what slows the machine down for a while slows
 * both.
 *
 * @param values one a round
 * @param others of the same rounds
 */
export function ratioOf(values: readonly number[], others: readonly number[]): Figure {
  return figureOf(values.map((value, round) => value / (others[round] as number)));
}
