import { setTimeout as pause } from "node:timers/promises";
import type { NgrokEvent } from "../../support/events.ts";
import { type Lab, newEvents } from "../lab.ts";
import { compareOnce, type Measured, prepare } from "../lanes.ts";
import type { FilledLab, Part, Session } from "../part.ts";
import { atMost, besideOf, type Row } from "../row.ts";
import { ENDPOINTS_PRESENT } from "../session.ts";
import { figureOf, ratioOf } from "../statistics.ts";

const SIZES = [1000, 5000];
/** Even numbers: each lane begins as often as the other. */
const CREATE_ROUNDS = 4;
const REPLAY_ROUNDS = 16;
const CREATES = 128;
const REPLAYS = 60;
const WITHIN = 1.2;
const SETTLING_MS = 1000;
/** Endpoints that are made at once while a cluster is filled. */
const FILLED_AT_ONCE = 500;

type Series = { create: Measured[]; createB: Measured[]; replay: Measured[]; replayB: Measured[] };

/**
 * The same with few endpoints and with many. There are two clusters, a small and a large one, so that both can be
 * measured in the same round: what the machine does to the one it does to the other.
 */
export const scale: Part = async (session) => {
  const small = await session.lab();
  const large = await session.anotherLab();
  const rows: Row[] = [];
  let present = large.present.length;
  for (const size of SIZES) {
    present = await fill(large.lab, present, size, session);
    const [few, many] = [newSeries(), newSeries()];
    for (let round = 0; round < CREATE_ROUNDS; round++) {
      session.say(`scale, ${size} endpoints, create, round ${round + 1} of ${CREATE_ROUNDS}`);
      await measureCreates(small, few, round);
      await measureCreates(large, many, round);
    }
    // What was deleted last is still being worked on.
    await pause(SETTLING_MS);
    session.say(`scale, ${size} endpoints, replay`);
    // Many rounds of a second or less: of a call alone, what else the machine does is the larger part of the noise.
    for (let round = 0; round < REPLAY_ROUNDS; round++) {
      await measureReplays(small, few, round);
      await measureReplays(large, many, round);
    }
    rows.push(...rowsOf(size, few, many));
  }
  return rows;
};

const newSeries = (): Series => ({ create: [], createB: [], replay: [], replayB: [] });

/** @returns how many endpoints are there */
async function fill(lab: Lab, present: number, size: number, { say }: Session): Promise<number> {
  for (let filled = present; filled < size; filled += FILLED_AT_ONCE) {
    say(`scale: ${filled} of ${size} endpoints are there`);
    await prepare(lab, newEvents(lab, Math.min(FILLED_AT_ONCE, size - filled)));
  }
  return size;
}

const LANES = ["function", "B"] as const;

async function measureCreates({ lab }: FilledLab, series: Series, round: number): Promise<void> {
  const batch = () => ({ events: newEvents(lab, CREATES) });
  const size = { lanes: LANES, concurrency: 32, warmUp: 32 };
  const measured = await compareOnce(lab, { ...size, batch, tidy: true }, round);
  series.create.push(measured.function as Measured);
  series.createB.push(measured.B as Measured);
}

async function measureReplays({ lab, present }: FilledLab, series: Series, round: number): Promise<void> {
  const events = Array.from({ length: REPLAYS }, (_, n) => present[n % present.length] as NgrokEvent);
  const size = { lanes: LANES, concurrency: 1, warmUp: 10 };
  const measured = await compareOnce(lab, { ...size, batch: () => ({ events }), tidy: false }, round);
  series.replay.push(measured.function as Measured);
  series.replayB.push(measured.B as Measured);
}

function rowsOf(size: number, few: Series, many: Series): Row[] {
  const rates = (measured: readonly Measured[]) => measured.map(({ rate }) => rate);
  const medians = (measured: readonly Measured[]) => measured.map(({ p50 }) => p50);
  const ofB = ({ create, createB }: Series) =>
    create.map(({ rate }, round) => rate / (createB[round]?.rate ?? Number.NaN));
  const group = `scale: ${size} endpoints present, beside ${ENDPOINTS_PRESENT}`;
  const slower = ratioOf(ofB(few), ofB(many));
  const longer = besideOf(`with ${ENDPOINTS_PRESENT}`, medians(many.replay), medians(few.replay));
  return [
    {
      id: `scale/${size}/create`,
      group,
      unit: "create at 32, events/s",
      value: figureOf(rates(many.create)),
      beside: [
        besideOf("limit B", rates(many.create), rates(many.createB)),
        besideOf(`with ${ENDPOINTS_PRESENT}`, rates(many.create), rates(few.create)),
      ],
    },
    {
      id: `scale/${size}/create-of-B`,
      group,
      unit: "create, part of limit B",
      value: figureOf(ofB(many)),
      beside: [
        { name: `with ${ENDPOINTS_PRESENT}`, value: figureOf(ofB(few)), ratio: ratioOf(ofB(many), ofB(few)) },
      ],
      bound: atMost(WITHIN, ` times as far from B as with ${ENDPOINTS_PRESENT}`, slower),
      judged: { figure: slower, better: "lower" },
    },
    {
      id: `scale/${size}/replay`,
      group,
      unit: "replay alone, p50 ms",
      value: figureOf(medians(many.replay)),
      beside: [longer, besideOf("limit B", medians(many.replay), medians(many.replayB))],
      bound: atMost(WITHIN, ` of that with ${ENDPOINTS_PRESENT}`, longer.ratio),
      judged: { figure: longer.ratio, better: "lower" },
    },
  ];
}
