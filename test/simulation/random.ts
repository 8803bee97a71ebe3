/** A seeded source of randomness: the same seed, the same numbers, on every machine. */
export type Random = {
  /** From 0 to 1, 1 excluded. */
  next(): number;
  /** From 0 to `limit`, `limit` excluded. */
  below(limit: number): number;
  /** True so often: 0 never, 1 always. */
  chance(probability: number): boolean;
  /** One of the list, which is not empty. */
  pick<T>(list: readonly T[]): T;
};

/** mulberry32: small, fast, and good enough to choose between interleavings. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (list) => list[below(list.length)] as (typeof list)[number],
  };
}
