import { describe, expect, it } from "vitest";
import { explore } from "./explore.ts";
import { PAIRS, TRIPLES } from "./scenarios.ts";

// `npm run simulate -- --exhaustive` goes further: two crashes, and three events whole.
describe("every interleaving of two events, with one crash (Sieve: a crash between any two writes)", () => {
  it.each(PAIRS)("$name", { timeout: 300_000 }, async (scenario) => {
    const { states, failure } = await explore(scenario, { crashes: 1 });
    expect(failure?.violations, failure?.steps.join("\n")).toBeUndefined();
    expect(states).toBeGreaterThan(1000);
  });
});

const SAMPLE = 3000;

describe("interleavings of three events, with one crash, a sample", () => {
  it.each(TRIPLES)("$name", { timeout: 120_000 }, async (scenario) => {
    // Another on every run; what fails says its steps.
    const seed = Math.floor(Math.random() * 1e9);
    const { states, failure } = await explore(scenario, { crashes: 1, sample: { states: SAMPLE, seed } });
    expect(failure?.violations, failure?.steps.join("\n")).toBeUndefined();
    expect(states).toBeGreaterThanOrEqual(SAMPLE);
  });
});
