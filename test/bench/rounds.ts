/** Measuring several pieces of work against each other on a machine that does other things as well. */

/** Something that is done again and again; `run` does it once for the input with this number, from 0 up. */
export type Work = { readonly name: string; run(input: number): unknown };

export type RoundsOptions = {
  readonly rounds: number;
  /** How many inputs there are. */
  readonly inputs: number;
  /** How long one piece of work is done in a round, in milliseconds of processor time. */
  readonly roundMs: number;
};

/**
 * Does each piece of work for a while, round after round, so that whatever disturbs the machine disturbs all of them.
 * The first three rounds are not counted: the code is compiled in them.
 *
 * @returns for each piece of work how often a second of processor time it was done, one figure a round
 */
export function interleave<Name extends string>(
  works: readonly (Work & { readonly name: Name })[],
  { rounds, inputs, roundMs }: RoundsOptions,
): Record<Name, readonly number[]> {
  const measured = new Map<Name, number[]>(works.map(({ name }) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const work of works) {
      const perSecond = rateOf(work, inputs, roundMs);
      if (round >= 0) measured.get(work.name)?.push(perSecond);
    }
  }
  return Object.fromEntries(measured) as unknown as Record<Name, readonly number[]>;
}

const WARM_UP_ROUNDS = 3;

/** What the last run returned; kept, so that the compiler cannot leave the work out. */
let kept: unknown;

/** By the time of the processor: what else runs on the machine takes turns with this, and is not to count. */
function rateOf({ run }: Work, inputs: number, roundMs: number): number {
  const start = process.cpuUsage();
  let passed = 0;
  let done = 0;
  while (passed < roundMs) {
    for (let input = 0; input < inputs; input++) kept = run(input);
    done += inputs;
    const { user, system } = process.cpuUsage(start);
    passed = (user + system) / 1000;
  }
  if (kept === undefined) throw new Error("the work has no result");
  return (done / passed) * 1000;
}
