import type { History } from "./history.ts";
import { play } from "./play.ts";

/** How many interleavings of a smaller history are tried before it is taken to be right. */
const SEEDS = 40;
/** How many histories are tried in all. */
const MOST_TRIES = 4000;

/**
 * The shortest history found that still fails: one thing less at a time, as long as some interleaving of what is left
 * fails too.
 */
export async function shrink(failing: History, fails = defaultFails): Promise<History> {
  let best = failing;
  let tries = 0;
  for (let smaller = true; smaller; ) {
    smaller = false;
    for (const candidate of reductionsOf(best)) {
      if (tries >= MOST_TRIES) return best;
      const found = await firstFailing(candidate, fails, () => tries++);
      if (found === undefined) continue;
      best = found;
      smaller = true;
      break;
    }
  }
  return best;
}

async function defaultFails(history: History): Promise<boolean> {
  return (await play(history)).violations.length > 0;
}

async function firstFailing(
  history: History,
  fails: (history: History) => Promise<boolean>,
  count: () => void,
): Promise<History | undefined> {
  for (let offset = 0; offset < SEEDS; offset++) {
    count();
    const candidate = { ...history, seed: history.seed + offset };
    if (await fails(candidate)) return candidate;
  }
  return undefined;
}

/** Histories with one thing less, what says most first. */
function reductionsOf(history: History): History[] {
  const { events, deliveries, strangers, copies, faults, expire, atOnce } = history;
  const calmer = (Object.keys(faults) as (keyof History["faults"])[]).filter((fault) => faults[fault] > 0);
  const special = copies.flatMap((name, index) => (name === "plain" ? [] : [index]));
  return [
    ...events.map((_, index) => withoutEvent(history, index)),
    ...deliveries
      .map((_, index) => ({ ...history, deliveries: deliveries.toSpliced(index, 1) }))
      .filter(isDelivered),
    ...strangers.map((_, index) => ({ ...history, strangers: strangers.toSpliced(index, 1) })),
    ...calmer.map((fault) => ({ ...history, faults: { ...faults, [fault]: 0 } })),
    ...(expire > 0 ? [{ ...history, expire: 0 }] : []),
    ...(copies.length > 1 ? [{ ...history, copies: copies.slice(0, -1) }] : []),
    ...(atOnce > 1 ? [{ ...history, atOnce: atOnce - 1 }] : []),
    ...special.map((index) => ({ ...history, copies: copies.with(index, "plain") })),
  ];
}

/** Whether every event is delivered; one that is not is no event of the history. */
function isDelivered({ events, prelude, deliveries }: History): boolean {
  return events.every((_, index) => index < prelude || deliveries.includes(index));
}

function withoutEvent(history: History, index: number): History {
  return {
    ...history,
    events: history.events.toSpliced(index, 1),
    prelude: index < history.prelude ? history.prelude - 1 : history.prelude,
    deliveries: history.deliveries
      .filter((delivery) => delivery !== index)
      .map((delivery) => (delivery > index ? delivery - 1 : delivery)),
  };
}
