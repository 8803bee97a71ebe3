import { expect, it } from "vitest";
import { describeScene } from "../events/suite.ts";
import { freezing, Switchboard } from "./faults.ts";
import { type Cast, HISTORIES, type History, OVERTAKEN } from "./histories.ts";
import { countWrites, each, isOf, openStage, playUndisturbed, postAll, type Stage, upTo } from "./stage.ts";
import { objectsOf, readiness, type State } from "./state.ts";

/** Deliveries under way at once, but for those in which the process is killed. */
const AT_ONCE = 8;

describeScene("Sieve: a crash between any two writes", "killed", (scene) => {
  const stage = openStage(scene, 2);

  for (const history of HISTORIES) {
    it(`${history.what}: SIGKILL before and after the k-th write, for every k; the delivery comes again`, async () => {
      const { cast, writes } = await playUndisturbed(stage, history);
      const deaths = upTo(writes.length).flatMap((k) => [
        { k, when: "before" as const, cast: stage.cast() },
        { k, when: "after" as const, cast: stage.cast() },
      ]);
      await playKilled(stage, history, deaths);
      const [expected, ...found] = await stage.states([cast, ...deaths.map((death) => death.cast)]);
      expect(readiness(expected as State)).toEqual(history.end(stage.starred));
      for (const [index, { k, when }] of deaths.entries()) {
        expect(found[index], `${when} ${k} of ${writes.join(", ")}`).toEqual(expected);
      }
    });
  }
});

describeScene(
  "crash between any two writes, and events that come again after newer ones",
  "overtaken",
  (scene) => {
    const stage = openStage(scene, 2);

    for (const history of OVERTAKEN) {
      it(`${history.what}: SIGKILL after the k-th write, for every k; then the newer event, then the older again`, async () => {
        const { cast, writes } = await playUndisturbed(stage, history, [history.newer]);
        const deaths = upTo(writes.length).map((k) => ({ k, when: "after" as const, cast: stage.cast() }));
        await playKilled(stage, history, deaths, [history.newer]);
        const [expected = {}, ...found] = await stage.states([cast, ...deaths.map((death) => death.cast)]);
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

/** A play of a history in which the process dies at the k-th write of the event. */
type Death = { k: number; when: "before" | "after"; cast: Cast };

/**
 * Plays a history many times, each time up to another write, and then kills the process: the plays have nothing in
 * common but the process, so that one death is the death of each at its own place. Another process is sent every
 * event again, and then everything once more.
 *
 * @param first what is delivered before the event that was not answered comes again
 */
async function playKilled(
  stage: Stage,
  history: History,
  deaths: Death[],
  first: History["event"][] = [],
): Promise<void> {
  const victim = await stage.crew.take();
  await each(deaths, AT_ONCE, ({ cast }) => postAll(victim, history.before(cast)));
  const switchboard = new Switchboard();
  victim.gate.meddler = switchboard.meddler;
  const frozen = deaths.map(({ k, when, cast }) => {
    const freeze = freezing(k, when);
    switchboard.connect(isOf(cast), freeze.meddler);
    return freeze.frozen;
  });
  const answers = deaths.map(({ cast }) => victim.post(history.event(cast)));
  const early = Promise.race(answers).then((answer) => expect.unreachable(`answered ${answer?.status}`));
  await Promise.race([Promise.all(frozen), early]);
  early.catch(() => undefined);
  await victim.kill();
  expect(new Set(await Promise.all(answers))).toEqual(new Set([undefined]));

  const successor = await stage.crew.take();
  const again = (cast: Cast) => [...first, history.event].map((event) => event(cast));
  await each(deaths, AT_ONCE, ({ cast }) => postAll(successor, again(cast)));
  const everything = () =>
    each(deaths, AT_ONCE, ({ cast }) => postAll(successor, [...history.before(cast), ...again(cast)]));
  expect(await countWrites(successor, everything), "writes when everything comes once more").toBe(0);
  stage.crew.give(successor);
}
