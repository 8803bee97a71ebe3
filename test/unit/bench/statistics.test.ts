import fc from "fast-check";
import { expect, it } from "vitest";
import { figureOf, median, percentile, ratioOf } from "../../bench/statistics.ts";

const values = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1 });

it("takes the middle of an odd number of values, and between the middle ones of an even number", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 7])).toBe(6);
});

it("interpolates percentiles between neighbours", () => {
  expect(percentile([10, 20, 30], 0)).toBe(10);
  expect(percentile([10, 20, 30], 75)).toBe(25);
  expect(percentile([10, 20, 30], 100)).toBe(30);
  expect(() => percentile([], 50)).toThrow(RangeError);
});

it("has percentiles that grow, within the values, whatever their order", () => {
  fc.assert(
    fc.property(values, fc.nat({ max: 100 }), fc.nat({ max: 100 }), (some, a, b) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      expect(percentile(some, low)).toBeLessThanOrEqual(percentile(some, high));
      expect(percentile(some, 0)).toBe(Math.min(...some));
      expect(percentile(some, 100)).toBe(Math.max(...some));
      expect(percentile(some.toReversed(), a)).toBe(percentile(some, a));
    }),
  );
});

it("is not moved by one round that the machine has spoilt", () => {
  expect(figureOf([10, 11, 12, 11, 10_000])).toEqual({ median: 11, deviation: 1, count: 5 });
});

it("compares round by round, so that what slows down both lanes of a round does not show", () => {
  expect(ratioOf([10, 1, 5], [20, 2, 10])).toEqual({ median: 0.5, deviation: 0, count: 3 });
});
