import { type History, randomHistory } from "./history.ts";
import { play } from "./play.ts";
import { StateSet } from "./state-set.ts";

/** What many histories came to. */
export type Campaign = {
  histories: number;
  steps: number;
  faults: Record<string, number>;
  /** How many different states of the cluster and of what deliveries wait for. */
  states: number;
  /** The first history that failed, and how; nothing where none did. */
  failure: { history: History; violations: string[] } | undefined;
};

export type CampaignOptions = {
  /** Of the first history; the next have the numbers after it. */
  seed: number;
  /** How many histories. */
  runs: number;
  /** Told now and then how far it is. */
  onProgress?: (campaign: Campaign) => void;
};

const PROGRESS_EVERY = 200;

/** Plays random histories until one fails or all are played. */
export async function campaign({ seed, runs, onProgress }: CampaignOptions): Promise<Campaign> {
  const visited = new StateSet();
  const so: Campaign = { histories: 0, steps: 0, faults: {}, states: 0, failure: undefined };
  for (let index = 0; index < runs; index++) {
    const history = randomHistory(seed + index);
    const { violations, steps, faults } = await play(history, undefined, visited);
    so.histories++;
    so.steps += steps;
    for (const [fault, count] of Object.entries(faults)) so.faults[fault] = (so.faults[fault] ?? 0) + count;
    so.states = visited.size;
    if (violations.length > 0) {
      so.failure = { history, violations };
      return so;
    }
    if (so.histories % PROGRESS_EVERY === 0) onProgress?.(so);
  }
  return so;
}

/** A campaign in one line. */
export function inOneLine({ histories, steps, faults, states }: Campaign): string {
  const injected = Object.entries(faults)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([fault, count]) => `${fault} ${count}`);
  return `${histories} histories, ${steps} steps, ${states} states; faults: ${injected.join(", ") || "none"}`;
}
