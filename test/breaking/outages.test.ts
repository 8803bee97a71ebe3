import { beforeAll, expect, it } from "vitest";
import { describeScene } from "../events/suite.ts";
import type { Meddler } from "./api-proxy.ts";
import { belying, cutting, holding, losing, refusing, Switchboard, striking } from "./faults.ts";
import { type Cast, HISTORIES, type History } from "./histories.ts";
import type { FunctionProcess } from "./processes.ts";
import { countWrites, each, isOf, openStage, type Play, playUndisturbed, postAll, upTo } from "./stage.ts";
import { readiness, type State } from "./state.ts";

/** Plays that are under way at once. */
const AT_ONCE = 8;

/** What befalls a write, and what the delivery is answered with for it. */
type Outage = { what: string; meddler: Meddler; answer: object | "as if nothing had been" };

const unavailable = (retryAfter: string) => ({
  status: 503,
  retryAfter,
  body: { outcome: "failed", reason: "ClusterUnavailable" },
});

const OUTAGES: Outage[] = [
  { what: "the reply is lost after the write took effect", meddler: losing, answer: unavailable("5") },
  { what: "the connection is cut before the write", meddler: cutting, answer: unavailable("5") },
  { what: "409", meddler: refusing(409), answer: "as if nothing had been" },
  { what: "429 with Retry-After", meddler: refusing(429, { "retry-after": "7" }), answer: unavailable("7") },
  { what: "500", meddler: refusing(500), answer: unavailable("5") },
  { what: "504 though the write took effect", meddler: belying(504), answer: unavailable("5") },
];

describeScene("Acto: recovery from an API server that fails, at any write", "breaking-outages", (scene) => {
  const stage = openStage(scene, 1);
  const switchboard = new Switchboard();
  let process: FunctionProcess;
  let undisturbed: Play[];
  beforeAll(async () => {
    undisturbed = await each(HISTORIES, 1, (history) => playUndisturbed(stage, history));
    process = await stage.crew.take();
  });

  /** Every write of every history. */
  const points = () =>
    HISTORIES.flatMap((history, index) =>
      upTo(undisturbed[index]?.writes.length ?? 0).map((k) => ({ history, k, cast: stage.cast() })),
    );

  /** The first delivery of a history's event, in which something befalls its k-th write. */
  async function deliverDisturbed({ history, cast, k }: Point, meddler: Meddler): Promise<unknown> {
    await postAll(process, history.before(cast));
    const fault = striking(k, meddler);
    switchboard.connect(isOf(cast), fault.meddler);
    process.gate.meddler = switchboard.meddler;
    const answer = await process.post(history.event(cast));
    expect(fault.struck()).toBe(true);
    return answer;
  }

  async function expectAllRight(plays: Point[]): Promise<void> {
    switchboard.clear();
    const events = plays.flatMap(({ history, cast }) => [...history.before(cast), history.event(cast)]);
    const writes = await countWrites(process, () =>
      each(events, AT_ONCE, (event) => postAll(process, [event])),
    );
    expect(writes, "writes when everything comes once more").toBe(0);
    const casts = [...undisturbed, ...plays].map(({ cast }) => cast);
    const states = await stage.states(casts);
    for (const [index, { history, k }] of plays.entries()) {
      const at = HISTORIES.indexOf(history);
      const expected = states[at] as State;
      expect(readiness(expected)).toEqual(history.end(stage.starred));
      const where = `${history.what}: ${k} of ${undisturbed[at]?.writes.join(", ")}`;
      expect(states[HISTORIES.length + index], where).toEqual(expected);
    }
  }

  for (const { what, meddler, answer } of OUTAGES) {
    it(`${what}, at the k-th write, for every k of every history; the delivery comes again`, async () => {
      const plays = points();
      await each(plays, AT_ONCE, async (point) => {
        const { history, cast, k } = point;
        const expected = answer === "as if nothing had been" ? { status: history.status } : answer;
        expect(await deliverDisturbed(point, meddler), `${history.what}: ${k}`).toMatchObject(expected);
        await postAll(process, [history.event(cast)]);
      });
      await expectAllRight(plays);
    });
  }

  it("no answer to the k-th write, for every k of every history, and it takes effect when the delivery has come again", async () => {
    const plays = points();
    // Each waits for the deadline of a call, so all at once.
    await each(plays, plays.length, async (point) => {
      const { history, cast, k } = point;
      const held = holding();
      const answer = await deliverDisturbed(point, held.meddler);
      expect(answer, `${history.what}: ${k}`).toMatchObject(unavailable("5"));
      await postAll(process, [history.event(cast)]);
      // Whatever it asked for has been done by others: its precondition does not hold any more.
      expect([404, 409], `${history.what}: ${k}`).toContain((await held.release()).status);
    });
    await expectAllRight(plays);
  });
});

type Point = { history: History; k: number; cast: Cast };
