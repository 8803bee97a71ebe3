import { describe, expect, it } from "vitest";
import { explore } from "./explore.ts";
import { PAIRS, TRIPLES } from "./scenarios.ts";

/** A sample; `npm run simulate -- --exhaustive` visits all of them. */
const STATES = 1500;

describe.each([
  ["two events, one crash", PAIRS],
  ["three events, one crash", TRIPLES],
])("interleavings of %s, a sample", (_, scenarios) => {
  it.each(scenarios)("$name", { timeout: 120_000 }, async (scenario) => {
    // Another on every run; what fails says its steps.
    const seed = Math.floor(Math.random() * 1e9);
    for (const lastFirst of [false, true]) {
      const { states, failure } = await explore(scenario, {
        crashes: 1,
        lastFirst,
        sample: { states: STATES, seed },
      });
      expect(failure?.violations, failure?.steps.join("\n")).toBeUndefined();
      expect(states).toBeGreaterThanOrEqual(Math.min(STATES, 500));
    }
  });
});
