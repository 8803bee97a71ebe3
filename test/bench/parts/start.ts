import { request } from "undici";
import type { NgrokEvent } from "../../support/events.ts";
import { memoryOf } from "../cpu.ts";
import { type ServerProcess, startFunction, startServer } from "../function-process.ts";
import { type Lab, newEvents } from "../lab.ts";
import { postAll, prepare, recordAll, tidyUp } from "../lanes.ts";
import type { Part } from "../part.ts";
import { atMost, besideOf, type Row } from "../row.ts";
import { figureOf } from "../statistics.ts";

const ROUNDS = 11;
const TIMES_BARE = 3.5;
const MEMORY_MIB = 130;
/** What the peak may grow by from 10,000 events to 20,000 and still count as level. */
const GROWTH = 1.05;
const EVENTS = 10_000;
/** One event of so many is of a new endpoint, the others have been handled before. */
const NEW_EVERY = 20;
const REPEATED = 100;

/** From the start of the process to its first event handled, and its memory from then on. */
export const start: Part = async ({ lab: openedLab, say }) => {
  const { lab } = await openedLab();
  const starts = {
    handled: [] as number[],
    ready: [] as number[],
    bare: [] as number[],
    barest: [] as number[],
    memory: [] as number[],
  };
  say("start");
  for (let round = 0; round < ROUNDS; round++) {
    const fn = await timeStart(() => startLabFunction(lab), firstEvent(lab));
    const bare = await timeStart(() => startServer(["test/bench/bare-server.js"], {}), firstEvent(lab));
    const barest = await timeStart(() => startServer(["test/bench/bare-server.cjs"], {}), firstEvent(lab));
    starts.barest.push(barest.handled);
    starts.handled.push(fn.handled);
    starts.ready.push(fn.ready);
    starts.bare.push(bare.handled);
    starts.memory.push(fn.peak);
  }
  const handled = besideOf("node:http", starts.handled, starts.bare);
  const group = "start: spawn to first event handled";
  return [
    {
      id: "start/handled",
      group,
      unit: "ms",
      value: figureOf(starts.handled),
      beside: [handled, besideOf("in CommonJS", starts.handled, starts.barest)],
      bound: atMost(TIMES_BARE, " of node:http", handled.ratio),
      judged: { figure: handled.ratio, better: "lower" },
    },
    {
      id: "start/ready",
      group,
      unit: "ms until it listens",
      value: figureOf(starts.ready),
      beside: [besideOf("node:http", starts.ready, starts.bare)],
    },
    ...(await memoryRows(lab, starts.memory, say)),
  ];
};

function startLabFunction(lab: Lab): Promise<ServerProcess> {
  return startFunction(lab.kubeconfig, { OPERATOR_NAMESPACE: lab.operatorNamespace });
}

/** What a cold start is for: an endpoint that nobody has seen yet. */
function firstEvent(lab: Lab): NgrokEvent {
  return newEvents(lab, 1)[0] as NgrokEvent;
}

async function timeStart(
  begin: () => Promise<ServerProcess>,
  event: NgrokEvent,
): Promise<{ ready: number; handled: number; peak: number }> {
  const spawned = performance.now();
  const server = await begin();
  const ready = performance.now() - spawned;
  const { statusCode, body } = await request(`${server.origin}/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(event),
  });
  const handled = performance.now() - spawned;
  const text = await body.text();
  const peak = (await memoryOf(server.pid))?.peak ?? Number.NaN;
  await server.stop();
  if (statusCode !== 200) throw new Error(`the first event was answered ${statusCode}: ${text}`);
  return { ready, handled, peak };
}

/** None where the system does not say what memory a process has. */
async function memoryRows(lab: Lab, atStart: readonly number[], say: (line: string) => void): Promise<Row[]> {
  if (atStart.some(Number.isNaN)) return [];
  const [after, later] = await peaksUnderLoad(lab, say);
  const group = "memory of the function";
  const unit = (when: string) => `MiB at most, ${when}`;
  const growth = besideOf(`after ${EVENTS}`, [later], [after]);
  return [
    { id: "memory/first", group, unit: unit("first event"), value: figureOf(atStart), beside: [] },
    {
      id: "memory/after",
      group,
      unit: unit(`${EVENTS} events`),
      value: figureOf([after]),
      beside: [],
      bound: atMost(MEMORY_MIB, " MiB", figureOf([after])),
      judged: { figure: figureOf([after]), better: "lower" },
    },
    {
      id: "memory/later",
      group,
      unit: unit(`${2 * EVENTS} events`),
      value: figureOf([later]),
      beside: [growth],
      bound: atMost(GROWTH, ` of that after ${EVENTS}`, growth.ratio),
    },
  ];
}

/** MiB, of one process after `EVENTS` events, and after as many again. */
async function peaksUnderLoad(lab: Lab, say: (line: string) => void): Promise<[number, number]> {
  const fn = await startLabFunction(lab);
  const repeated = newEvents(lab, REPEATED);
  const created = newEvents(lab, (2 * EVENTS) / NEW_EVERY);
  const made = [...(await prepare(lab, repeated)), ...(await recordAll(lab, created))];
  const mixed = Array.from({ length: 2 * EVENTS }, (_, n) =>
    n % NEW_EVERY === 0 ? created[n / NEW_EVERY] : repeated[n % REPEATED],
  ) as NgrokEvent[];
  const peakAfter = async (events: NgrokEvent[]) => {
    await postAll(lab, fn.origin, events, { concurrency: 32, warmUp: 0 });
    return (await memoryOf(fn.pid))?.peak ?? Number.NaN;
  };
  say(`memory after ${EVENTS} events`);
  const after = await peakAfter(mixed.slice(0, EVENTS));
  say(`memory after ${2 * EVENTS} events`);
  const later = await peakAfter(mixed.slice(EVENTS));
  await fn.stop();
  await tidyUp(lab, made);
  return [after, later];
}
