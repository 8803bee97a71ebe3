import type { NgrokEvent } from "../support/events.ts";
import type { Target } from "./client.ts";
import type { Lab } from "./lab.ts";
import type { Played, PlayOptions } from "./play.ts";
import { pathsLeft, type RecordedCall, type Recording } from "./recorder.ts";
import { isNeededByAnySystem, neededWrites, type Script, scriptOf, single } from "./script.ts";
import { percentile } from "./statistics.ts";

/*
 * What is measured side by side, at one size of the cluster: the function; limit B, exactly the calls that it makes,
 * bare; limit A, the writes that any system needs, bare.
 */

export const LANES = ["function", "B", "A"] as const;
export type Lane = (typeof LANES)[number];

/** What a lane came to in one round. */
export type Measured = {
  /** Events a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds of processor time an event; undefined where the system does not say it. */
  readonly functionCpu: number | undefined;
  readonly serverCpu: number | undefined;
};

/** What is there for a lane in a round, made before the clock starts, and what is then measured. */
export type Batch = { readonly before?: readonly NgrokEvent[]; readonly events: readonly NgrokEvent[] };

export type Comparison = PlayOptions & {
  readonly lanes: readonly Lane[];
  /** The events of a lane in a round: of equal number and cost for all of them. */
  batch(lane: Lane, round: number): Batch;
  /** Whether what a round has made is deleted before the next, so that the cluster stays as large as it is. */
  readonly tidy: boolean;
};

/** One measurement a round for each lane. */
export async function compare(
  lab: Lab,
  comparison: Comparison & { readonly rounds: number },
): Promise<Record<Lane, Measured[]>> {
  const results: Record<Lane, Measured[]> = { function: [], B: [], A: [] };
  for (let round = 0; round < comparison.rounds; round++) {
    const measured = await compareOnce(lab, comparison, round);
    for (const lane of comparison.lanes) results[lane].push(measured[lane] as Measured);
  }
  return results;
}

/** One measurement for each lane; in each round another one begins. */
export async function compareOnce(
  lab: Lab,
  comparison: Comparison,
  round: number,
): Promise<Partial<Record<Lane, Measured>>> {
  const results: Partial<Record<Lane, Measured>> = {};
  const { lanes } = comparison;
  for (const index of lanes.keys()) {
    const lane = lanes[(index + round) % lanes.length] as Lane;
    results[lane] = await runLane(lab, lane, comparison, comparison.batch(lane, round));
  }
  return results;
}

async function runLane(lab: Lab, lane: Lane, comparison: Comparison, batch: Batch): Promise<Measured> {
  const before = await prepare(lab, batch.before ?? []);
  const recordings = await recordAll(lab, batch.events);
  const scripts = recordings.map((recording, index) =>
    scriptFor(lane, recording, batch.events[index] as NgrokEvent),
  );
  const measured = await measure(lab, lane === "function" ? { origin: lab.fn.origin } : lab.asFunction, {
    scripts,
    ...comparison,
  });
  if (comparison.tidy) {
    const made = recordings.flatMap((recording) => callsOf(lane, recording));
    await tidy(lab, [...before.flatMap(callsIn), ...made], [...before, ...recordings].flatMap(callsIn));
  }
  return measured;
}

/** Posts events to a function, all of which have to be answered 200. */
export async function postAll(
  lab: Lab,
  origin: string,
  events: readonly NgrokEvent[],
  options: PlayOptions,
): Promise<Played> {
  const scripts = events.map((event) => postOf(event, 200));
  const played = await lab.player.play({ target: { origin }, scripts, ...options });
  mostAsExpected(played, scripts.length);
  return played;
}

async function measure(
  lab: Lab,
  target: Target,
  { scripts, concurrency, warmUp }: PlayOptions & { scripts: readonly Script[] },
): Promise<Measured> {
  const [functionBefore, serverBefore] = await cpuNow(lab);
  const played = await lab.player.play({ target, scripts, concurrency, warmUp });
  const [functionAfter, serverAfter] = await cpuNow(lab);
  mostAsExpected(played, scripts.length);
  const anEvent = (before: number | undefined, after: number | undefined) =>
    before === undefined || after === undefined ? undefined : ((after - before) / scripts.length) * 1000;
  return {
    rate: played.rate,
    p50: percentile(played.latencies, 50),
    p99: percentile(played.latencies, 99),
    functionCpu: anEvent(functionBefore, functionAfter),
    serverCpu: anEvent(serverBefore, serverAfter),
  };
}

function cpuNow(lab: Lab): Promise<[number | undefined, number | undefined]> {
  return Promise.all([lab.cpuOf("function"), lab.cpuOf("API server")]);
}

/**
 * A few calls may be answered otherwise: where two events of a batch come to the same forwarder port, as happens among
 * some fifty thousand, the one that is recorded first need not be the first when they are played side by side.
 */
const UNEXPECTED_PART = 0.05;

function mostAsExpected({ unexpected }: Played, scripts: number): void {
  if (unexpected.count > scripts * UNEXPECTED_PART) {
    throw new Error(
      `${unexpected.count} unexpected answers to ${scripts} scripts; the first: ${unexpected.first}`,
    );
  }
}

/** Makes what these events lead to, as fast as it goes. */
export async function prepare(lab: Lab, events: readonly NgrokEvent[]): Promise<Recording[]> {
  const recordings = await recordAll(lab, events);
  if (events.length === 0) return recordings;
  const scripts = recordings.map(scriptOf);
  const played = await lab.player.play({ target: lab.asFunction, scripts, concurrency: 32, warmUp: 0 });
  mostAsExpected(played, scripts.length);
  return recordings;
}

/** What handling these events takes, one after the other. */
export async function recordAll(lab: Lab, events: readonly NgrokEvent[]): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for (const event of events) recordings.push(await lab.recorder.record(event));
  return recordings;
}

/** Deletes everything that these recordings have left. */
export function tidyUp(lab: Lab, recordings: readonly Recording[]): Promise<void> {
  const calls = recordings.flatMap(callsIn);
  return tidy(lab, calls, calls);
}

async function tidy(
  lab: Lab,
  made: readonly RecordedCall[],
  recorded: readonly RecordedCall[],
): Promise<void> {
  lab.recorder.forget(pathsLeft(recorded));
  const scripts = pathsLeft(made).map((path) => single({ method: "DELETE", path, status: 200 }));
  if (scripts.length === 0) return;
  const played = await lab.player.play({ target: lab.asAdmin, scripts, concurrency: 16, warmUp: 0 });
  mostAsExpected(played, scripts.length);
}

function scriptFor(lane: Lane, recording: Recording, event: NgrokEvent): Script {
  switch (lane) {
    case "function":
      return postOf(event, recording.reply.status);
    case "B":
      return scriptOf(recording);
    case "A":
      return neededWrites(recording);
  }
}

/** The delivery of an event, which has to be answered so. */
function postOf(event: unknown, status: number): Script {
  const body = [JSON.stringify(event)];
  return single({ method: "POST", path: "/events", contentType: "application/json", body, status });
}

function callsOf(lane: Lane, recording: Recording): RecordedCall[] {
  return lane === "A" ? callsIn(recording).filter(isNeededByAnySystem) : callsIn(recording);
}

function callsIn({ stages }: Recording): RecordedCall[] {
  return stages.flat();
}
