import { beforeAll, expect, it } from "vitest";
import { describeScene } from "../events/suite.ts";
import { holding, Switchboard, striking } from "./faults.ts";
import { type Cast, OVERTAKEN, type OvertakenHistory } from "./histories.ts";
import type { FunctionProcess } from "./processes.ts";
import { countWrites, each, isOf, openStage, playUndisturbed, postAll, upTo } from "./stage.ts";
import { objectsOf, readiness } from "./state.ts";

/** Plays that are under way at once. */
const AT_ONCE = 6;

describeScene(
  "stale reads: a write is held back while another process handles a newer event",
  "delayed",
  (scene) => {
    const stage = openStage(scene, 2);
    const switchboard = new Switchboard();
    let slow: FunctionProcess;
    let fast: FunctionProcess;
    beforeAll(async () => {
      slow = await stage.crew.take();
      fast = await stage.crew.take();
      slow.gate.meddler = switchboard.meddler;
    });

    const eventsOf = (history: OvertakenHistory, cast: Cast) => [
      ...history.before(cast),
      history.event(cast),
      history.newer(cast),
    ];

    async function playHeldBack(history: OvertakenHistory, k: number): Promise<Cast> {
      const cast = stage.cast();
      await postAll(fast, history.before(cast));
      const held = holding();
      switchboard.connect(isOf(cast), striking(k, held.meddler).meddler);
      const answering = slow.post(history.event(cast));
      await Promise.race([held.come, answering.then(() => expect.unreachable(`there is no write ${k}`))]);
      await postAll(fast, [history.newer(cast)]);
      await held.release();
      const answer = await answering;
      // It may have lost so many races, or waited for so long, that it has to be sent again.
      expect([200, 503], JSON.stringify(answer)).toContain(answer?.status);
      if (answer?.status === 503) await postAll(slow, [history.event(cast)]);
      return cast;
    }

    for (const history of OVERTAKEN) {
      it(`${history.what}: the k-th write of the older event is held back, for every k`, async () => {
        const { cast, writes } = await playUndisturbed(stage, history, [history.newer]);
        const casts = await each(upTo(writes.length), AT_ONCE, (k) => playHeldBack(history, k));
        const again = casts.flatMap((each) => eventsOf(history, each));
        expect(
          await countWrites(fast, () => postAll(fast, again)),
          "writes when everything comes again",
        ).toBe(0);
        const [expected = {}, ...found] = await stage.states([cast, ...casts]);
        expect(readiness(expected)).toEqual(history.end(stage.starred));
        for (const [index, state] of found.entries()) {
          const where = `${index + 1} of ${writes.join(", ")}`;
          expect(objectsOf(state), where).toEqual(objectsOf(expected));
        }
      });
    }
  },
);
