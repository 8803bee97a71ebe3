import { expect, it, vi } from "vitest";
import { describeScene } from "../events/suite.ts";
import { killing } from "./faults.ts";
import { type Cast, HISTORIES, type History, OVERTAKEN } from "./histories.ts";
import { countWrites, each, openStage, playUndisturbed, postAll, type Stage, upTo } from "./stage.ts";
import { objectsOf, readiness, type State } from "./state.ts";

// Every kill is the start of a process.
vi.setConfig({ testTimeout: 180_000 });

/** Histories that are played at once, each with a process that is killed. */
const AT_ONCE = 3;

describeScene("crash between any two writes", "killed", (scene) => {
  const stage = openStage(scene, AT_ONCE);

  for (const history of HISTORIES) {
    for (const when of ["before", "after"] as const) {
      it(`${history.what}: SIGKILL ${when} the k-th write, for every k; then the delivery comes again`, async () => {
        const { cast, writes } = await playUndisturbed(stage, history);
        const casts = await each(upTo(writes.length), AT_ONCE, (k) =>
          playKilled(stage, history, { k, when }),
        );
        const [expected, ...found] = await stage.states([cast, ...casts]);
        expect(readiness(expected as State)).toEqual(history.end(stage.starred));
        for (const [index, state] of found.entries()) {
          expect(state, `${when} ${index + 1} of ${writes.join(", ")}`).toEqual(expected);
        }
      });
    }
  }
});

describeScene(
  "crash between any two writes, and events that are not seen in their order",
  "overtaken",
  (scene) => {
    const stage = openStage(scene, AT_ONCE);

    for (const history of OVERTAKEN) {
      it(`${history.what}: SIGKILL after the k-th write, for every k; then the newer event, then the older again`, async () => {
        const { cast, writes } = await playUndisturbed(stage, history, [history.newer]);
        const casts = await each(upTo(writes.length), AT_ONCE, (k) =>
          playKilled(stage, history, { k, when: "after", first: [history.newer] }),
        );
        const [expected = {}, ...found] = await stage.states([cast, ...casts]);
        expect(readiness(expected)).toEqual(history.end(stage.starred));
        for (const [index, state] of found.entries()) {
          const where = `after ${index + 1} of ${writes.join(", ")}`;
          // The registers differ: a host that the older event's record never came to name is not remembered.
          expect(objectsOf(state), where).toEqual(objectsOf(expected));
        }
      });
    }
  },
);

type Killing = {
  k: number;
  when: "before" | "after";
  /** What is delivered before the event that was not answered comes again. */
  first?: History["event"][];
};

/** Kills the process at the k-th write of the event; another process is sent the event again, and then everything. */
async function playKilled(stage: Stage, history: History, { k, when, first = [] }: Killing): Promise<Cast> {
  const cast = stage.cast();
  const victim = await stage.crew.take();
  const before = history.before(cast);
  await postAll(victim, before);
  const { meddler, struck } = killing(k, when, victim.kill);
  victim.gate.meddler = meddler;
  expect(await victim.post(history.event(cast))).toBeUndefined();
  expect(struck()).toBe(true);

  const successor = await stage.crew.take();
  const events = [...first, history.event].map((event) => event(cast));
  await postAll(successor, events);
  const writes = await countWrites(successor, () => postAll(successor, [...before, ...events]));
  expect(writes, "writes when everything comes once more").toBe(0);
  stage.crew.give(successor);
  return cast;
}
