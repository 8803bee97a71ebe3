import { beforeAll, expect, it } from "vitest";
import { describeScene } from "../events/suite.ts";
import { freezingLate, type Held, holding, Switchboard, striking } from "./faults.ts";
import { type Cast, OVERTAKEN, type OvertakenHistory } from "./histories.ts";
import type { Answer, FunctionProcess } from "./processes.ts";
import { countWrites, each, isOf, openStage, type Play, playUndisturbed, postAll, upTo } from "./stage.ts";
import { objectsOf, readiness } from "./state.ts";

/** Plays that are under way at once. */
const AT_ONCE = 6;

describeScene(
  "Sieve: stale reads: a write is delayed until another process has handled a newer event",
  "delayed",
  (scene) => {
    const stage = openStage(scene, 2);
    let fast: FunctionProcess;
    beforeAll(async () => {
      fast = await stage.crew.take();
    });

    /** Brings the k-th write of the older event to where it is held back, and then handles the newer event. */
    async function overtake(
      history: OvertakenHistory,
      cast: Cast,
      held: Pick<Held, "come">,
      slow: FunctionProcess,
    ): Promise<{ answering: Promise<Answer | undefined> }> {
      await postAll(fast, history.before(cast));
      const answering = slow.post(history.event(cast));
      const tooEarly = answering.then((answer) => {
        throw new Error(`answered ${answer?.status} without the write that is to be held back`);
      });
      await Promise.race([held.come, tooEarly]);
      tooEarly.catch(() => undefined);
      await postAll(fast, [history.newer(cast)]);
      return { answering };
    }

    async function expectAllRight(
      history: OvertakenHistory,
      { cast, writes }: Play,
      casts: Cast[],
    ): Promise<void> {
      const again = casts.flatMap((each) => [
        ...history.before(each),
        history.event(each),
        history.newer(each),
      ]);
      expect(await countWrites(fast, () => postAll(fast, again)), "writes when everything comes again").toBe(
        0,
      );
      const [expected = {}, ...found] = await stage.states([cast, ...casts]);
      expect(readiness(expected)).toEqual(history.end(stage.starred));
      for (const [index, state] of found.entries()) {
        expect(objectsOf(state), `${index + 1} of ${writes.join(", ")}`).toEqual(objectsOf(expected));
      }
    }

    for (const history of OVERTAKEN) {
      it(`${history.what}: the k-th write is delayed, for every k, and its process goes on`, async () => {
        const undisturbed = await playUndisturbed(stage, history, [history.newer]);
        const slow = await stage.crew.take();
        const switchboard = new Switchboard();
        slow.gate.meddler = switchboard.meddler;
        const casts = await each(upTo(undisturbed.writes.length), AT_ONCE, async (k) => {
          const cast = stage.cast();
          const held = holding();
          switchboard.connect(isOf(cast), striking(k, held.meddler).meddler);
          const { answering } = await overtake(history, cast, held, slow);
          await held.release();
          const answer = await answering;
          // It may have lost so many races, or waited for so long, that it has to be sent again.
          expect([200, 503], JSON.stringify(answer)).toContain(answer?.status);
          if (answer?.status === 503) await postAll(slow, [history.event(cast)]);
          return cast;
        });
        stage.crew.give(slow);
        await expectAllRight(history, undisturbed, casts);
      });

      it(`${history.what}: the k-th write is delayed, for every k, and then comes SIGKILL; the older event comes again`, async () => {
        const undisturbed = await playUndisturbed(stage, history, [history.newer]);
        const doomed = await stage.crew.take();
        const switchboard = new Switchboard();
        doomed.gate.meddler = switchboard.meddler;
        const casts = upTo(undisturbed.writes.length).map(() => stage.cast());
        const overtaken = await each([...casts.entries()], AT_ONCE, async ([index, cast]) => {
          const late = freezingLate(index + 1);
          switchboard.connect(isOf(cast), late.meddler);
          const { answering } = await overtake(history, cast, late, doomed);
          await late.release();
          await late.frozen;
          return { answering };
        });
        await doomed.kill();
        for (const { answering } of overtaken) expect(await answering).toBeUndefined();
        await each(casts, AT_ONCE, (cast) => postAll(fast, [history.event(cast)]));
        await expectAllRight(history, undisturbed, casts);
      });
    }
  },
);
