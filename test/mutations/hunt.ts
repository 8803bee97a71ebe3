import { parseArgs } from "node:util";
import { campaign } from "../simulation/campaign.ts";
import { explore } from "../simulation/explore.ts";
import { PAIRS } from "../simulation/scenarios.ts";

/*
 * Runs inside a copy of the project, in a process of its own: plays random histories, or explores every interleaving of
 * two events with a crash, until something fails, and prints as JSON what it found.
 */

/** What a search came to. */
export type Found = {
  /** What was violated first; nothing where nothing was. */
  violation?: string;
  /** How many histories were played, or how many scenarios explored. */
  effort: number;
};

const { values } = parseArgs({
  options: {
    check: { type: "string" },
    seed: { type: "string", default: "1" },
    histories: { type: "string", default: "1" },
  },
});
const found = values.check === "exhaustive" ? await exploreAll() : await playHistories();
process.stdout.write(`${JSON.stringify(found)}\n`);

async function playHistories(): Promise<Found> {
  const runs = Number(values.histories);
  const { histories, failure } = await campaign({ seed: Number(values.seed), runs });
  const [violation] = failure?.violations ?? [];
  return { ...(violation === undefined ? {} : { violation }), effort: histories };
}

async function exploreAll(): Promise<Found> {
  for (const [index, scenario] of PAIRS.entries()) {
    const { failure } = await explore(scenario, { crashes: 1 });
    const [violation] = failure?.violations ?? [];
    if (violation !== undefined) return { violation, effort: index + 1 };
  }
  return { effort: PAIRS.length };
}
