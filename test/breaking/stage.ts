import { afterAll, beforeAll, expect } from "vitest";
import type { NgrokEvent } from "../support/events.ts";
import type { Scene } from "../support/scene.ts";
import { type ApiCall, passing } from "./api-proxy.ts";
import { isWrite, noting } from "./faults.ts";
import { type Cast, castOf, type History, hashesOf } from "./histories.ts";
import { type Answer, type Crew, type FunctionProcess, startCrew } from "./processes.ts";
import { type Names, type State, snapshot, stateOf } from "./state.ts";

/** What the test files of this folder share: a crew of processes, and names that have not been used. */
export type Stage = {
  readonly crew: Crew;
  cast(): Cast;
  /** The names as they stand in every state. */
  readonly starred: Cast;
  /** What each play has come to. */
  states(casts: readonly Cast[]): Promise<State[]>;
};

/** A history that was played. */
export type Play = {
  cast: Cast;
  /** The writes of its event where nothing went wrong. */
  writes: string[];
};

/** To be called where tests are collected. The crew is there once tests run. */
export function openStage(scene: Scene, spares: number): Stage {
  let crew: Crew | undefined;
  let casts = 0;
  beforeAll(async () => {
    crew = await startCrew(scene, spares);
  });
  afterAll(() => crew?.close());
  return {
    get crew() {
      if (crew === undefined) throw new Error("the crew is not there before tests run");
      return crew;
    },
    // No hexadecimal digit, so that it is in no hash and no uid.
    cast: () => castOf(scene.target, `x${String(++casts).padStart(4, "0")}`),
    starred: castOf(scene.target, STAR),
    async states(plays) {
      const all = await snapshot(scene);
      return plays.map((cast) => stateOf(all, namesOf(cast)));
    },
  };
}

/** What stands for the mark of a play in its state. */
const STAR = "*";

function namesOf(cast: Cast): Names {
  const hashes = hashesOf(cast);
  return { marks: [cast.mark, ...hashes.keys()], replaced: new Map([...hashes, [cast.mark, STAR]]) };
}

/** Whether a call is about what a play has for itself. */
export function isOf(cast: Cast): (call: ApiCall) => boolean {
  const { marks } = namesOf(cast);
  return ({ path, body }) => marks.some((mark) => path.includes(mark) || body.includes(mark));
}

/** Plays a history without anything going wrong, and what follows it. */
export async function playUndisturbed(
  stage: Stage,
  history: History,
  then: History["event"][] = [],
): Promise<Play> {
  const cast = stage.cast();
  const process = await stage.crew.take();
  await postAll(process, history.before(cast));
  const { meddler, writes } = noting();
  process.gate.meddler = meddler;
  expect(await process.post(history.event(cast))).toMatchObject({ status: history.status });
  process.gate.meddler = passing;
  await postAll(
    process,
    then.map((event) => event(cast)),
  );
  stage.crew.give(process);
  return { cast, writes };
}

/** Posts events one after the other, each of which has to be handled at once. */
export async function postAll(process: FunctionProcess, events: readonly NgrokEvent[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const event of events) {
    const answer = await process.post(event);
    expect([200, 400], `${event.event_id}: ${JSON.stringify(answer)}`).toContain(answer?.status);
    answers.push(answer as Answer);
  }
  return answers;
}

/** How many writes a process sends while `act` runs. */
export async function countWrites(process: FunctionProcess, act: () => Promise<unknown>): Promise<number> {
  let writes = 0;
  process.gate.meddler = (call, passOn) => {
    if (isWrite(call)) writes++;
    return passOn();
  };
  await act();
  process.gate.meddler = passing;
  return writes;
}

/** Does the work for every item, so many at once; the results in the order of the items. */
export async function each<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** 1, 2, ..., n */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);
