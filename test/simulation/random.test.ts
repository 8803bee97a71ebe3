import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { campaign, inOneLine } from "./campaign.ts";
import type { History } from "./history.ts";
import { play } from "./play.ts";

/** Half a minute on two cores. */
const HISTORIES = 3000;

describe("random histories (Sieve: crashes, stale reads, events never seen)", () => {
  it("end right, whatever goes wrong on the way", { timeout: 600_000 }, async () => {
    // Others on every run; a failure says which.
    const seed = Math.floor(Math.random() * 1e9);
    const found = await campaign({ seed, runs: HISTORIES });
    const replay = `npm run simulate -- --seed ${seed + found.histories - 1} --runs 1`;
    expect(found.failure?.violations, `${inOneLine(found)}\n${replay}`).toBeUndefined();
    // A campaign without faults would prove nothing.
    expect(Object.keys(found.faults).sort()).toEqual([
      "409",
      "429",
      "500",
      "crash",
      "deadline",
      "expiry",
      "lost answer",
      "stranger's create",
      "stranger's delete",
      "stranger's edit",
    ]);
  });

  it("are played the same way every time", async () => {
    const [once, again] = [await campaign({ seed: 7, runs: 30 }), await campaign({ seed: 7, runs: 30 })];
    expect(again).toEqual(once);
  });
});

const CASES = join(import.meta.dirname, "cases");

describe("histories that failed once", () => {
  it.each(readdirSync(CASES).filter((name) => name.endsWith(".json")))("%s", async (name) => {
    const history = JSON.parse(readFileSync(join(CASES, name), "utf8")) as History;
    expect((await play(history)).violations).toEqual([]);
  });
});
