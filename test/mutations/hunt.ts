import { parseArgs } from "node:util";
import { campaign } from "../simulation/campaign.ts";

/*
 * Runs inside a copy of the project, in a process of its own: plays random histories until one fails, and prints as
 * JSON what it found.
 */

/** What a search came to. */
export type Found = {
  /** What was violated first; nothing where nothing was. */
  violation?: string;
  /** How many histories were played. */
  histories: number;
};

const { values } = parseArgs({ options: { seed: { type: "string" }, histories: { type: "string" } } });
const { histories, failure } = await campaign({
  seed: Number(values.seed),
  runs: Number(values.histories),
});
const [violation] = failure?.violations ?? [];
const found: Found = { ...(violation === undefined ? {} : { violation }), histories };
process.stdout.write(`${JSON.stringify(found)}\n`);
