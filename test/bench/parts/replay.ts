import { type Lab, newEvents } from "../lab.ts";
import { compare, type Measured, prepare, tidyUp } from "../lanes.ts";
import type { Part } from "../part.ts";
import { atLeast, besideOf, callRows, comparedRows, type Row } from "../row.ts";
import { figureOf } from "../statistics.ts";

const ENDPOINTS = 64;
const ROUNDS = 5;
const REPLAYS_ALONE = 60;
const REPLAYS = 480;
const CREATES = 128;
const CONCURRENCY = 32;
const TIMES_CREATE = 3;

/** Events that have been handled: nothing is written. */
export const replay: Part = async ({ lab: openedLab, say }) => {
  const { lab } = await openedLab();
  const events = newEvents(lab, ENDPOINTS);
  const made = await prepare(lab, events);
  const [counted] = await prepare(lab, events.slice(0, 1));
  const rows = counted === undefined ? [] : callRows("replay", "replay", counted, { calls: 5, writes: 0 });
  const repeated = (count: number) => Array.from({ length: count }, (_, n) => events[n % ENDPOINTS] as never);

  for (const [concurrency, count] of [
    [1, REPLAYS_ALONE],
    [CONCURRENCY, REPLAYS],
  ] as const) {
    say(`replay, ${concurrency} at once`);
    const lanes = await compare(lab, {
      rounds: ROUNDS,
      lanes: ["function", "B"],
      concurrency,
      warmUp: Math.max(10, concurrency),
      batch: () => ({ events: repeated(count) }),
      tidy: false,
    });
    rows.push(
      ...comparedRows(lanes, { id: `replay/${concurrency}`, group: `replay, ${concurrency} at once` }),
    );
    if (concurrency === CONCURRENCY) rows.push(await besideCreate(lab, lanes.function));
  }
  await tidyUp(lab, made);
  return rows;
};

async function besideCreate(lab: Lab, replays: readonly Measured[]): Promise<Row> {
  const creates = await compare(lab, {
    rounds: replays.length,
    lanes: ["function"],
    concurrency: CONCURRENCY,
    warmUp: CONCURRENCY,
    batch: () => ({ events: newEvents(lab, CREATES) }),
    tidy: true,
  });
  const rates = replays.map(({ rate }) => rate);
  const beside = besideOf(
    "create",
    rates,
    creates.function.map(({ rate }) => rate),
  );
  return {
    id: "replay/32/of-create",
    group: `replay, ${CONCURRENCY} at once`,
    unit: "events/s",
    value: figureOf(rates),
    beside: [beside],
    bound: atLeast(TIMES_CREATE, " of create", beside.ratio),
    judged: { figure: beside.ratio, better: "higher" },
  };
}
