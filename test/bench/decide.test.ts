import { expect, test } from "vitest";
import { measureDecide } from "./decide.ts";

test("every event of the benchmark is decided as a new one on a new host, and as a repeated one", async () => {
  // What comes of an event is checked where it is measured.
  const { bytes, rates } = await measureDecide({ rounds: 1, events: 3, roundMs: 0.1 });
  expect(Math.round(bytes / 1024)).toBe(1);
  for (const [name, [rate]] of Object.entries(rates)) expect(rate, name).toBeGreaterThan(0);
});
