import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { describeScene } from "../events/suite.ts";
import type { FunctionUnderTest } from "../support/function.ts";
import { type Crowd, crowdOf, TWIN } from "./crowd.ts";
import { freezing } from "./faults.ts";
import { expectConsistent } from "./registers.ts";
import { deliver, type Replicas } from "./senders.ts";
import { countWrites, each, openStage, postAll, upTo } from "./stage.ts";
import { objectsOf, readiness, snapshot, stateOf } from "./state.ts";

// Where the processes share two cores with other tests, they take their time.
vi.setConfig({ testTimeout: 180_000 });

const PROCESSES = 4;

/** Deliveries under way at once when everything comes again. */
const AT_ONCE = 8;

describeScene(
  "many deliveries at once to four processes: conflicts, crashes between any two writes",
  "crowd",
  (scene) => {
    const stage = openStage(scene, PROCESSES);
    const twin = { operator: scene.operator + TWIN, target: scene.target + TWIN };
    let replicas: Replicas;
    let undisturbed: FunctionUnderTest;
    beforeAll(async () => {
      replicas = (await Promise.all(upTo(PROCESSES).map(() => stage.crew.take()))) as Replicas;
      await scene.cluster.operatorNamespace(twin.operator);
      await scene.namespace(twin.target);
      undisturbed = scene.start({ OPERATOR_NAMESPACE: twin.operator });
    });
    afterAll(() => scene.cluster.removeNamespace(twin.operator));

    /** Sends everything at once, and says which codes came back. */
    async function sendAll({ deliveries }: Crowd): Promise<Set<number | undefined>> {
      const codes = await Promise.all(deliveries.map((event, index) => deliver(event, replicas, index)));
      return new Set(codes.flat());
    }

    /** The state is the one that the newest events alone come to; everything is ready, and it stays. */
    async function expectAllRight(crowd: Crowd, ofTwin: Crowd): Promise<void> {
      const process = await stage.crew.take();
      const repeat = () =>
        each([...new Set(crowd.deliveries)], AT_ONCE, (event) => postAll(process, [event]));
      expect(await countWrites(process, repeat), "writes when everything comes once more").toBe(0);
      stage.crew.give(process);
      // The delete of what was never there leaves nothing that is compared.
      for (const event of ofTwin.newest.filter(({ object }) => object.url !== undefined)) {
        expect((await undisturbed.post(event)).status).toBe(200);
      }
      const all = await snapshot(scene);
      const state = objectsOf(stateOf(all, crowd.names));
      const expected = stateOf(await snapshot(scene, twin.operator, twin.target), ofTwin.names);
      expect(state).toEqual(objectsOf(expected));
      expect(new Set(Object.values(readiness(state)))).toEqual(new Set(["True"]));
      expectConsistent(all, crowd.newest);
    }

    const crowds = (size: { name: string; hosts: number; deliveries: number; seed: number }) =>
      [crowdOf({ ...size, namespace: scene.target }), crowdOf({ ...size, namespace: twin.target })] as const;

    const sizes = [
      { title: "50 for one host", name: "one", hosts: 1, deliveries: 50, seed: 1 },
      { title: "500 for 50 hosts", name: "many", hosts: 50, deliveries: 500, seed: 2 },
    ];
    for (const { title, ...size } of sizes) {
      it(`${title}: doubled, late and out of order, from senders that try again`, async () => {
        const [crowd, ofTwin] = crowds(size);
        expect(crowd.deliveries).toHaveLength(size.deliveries);
        const codes = await sendAll(crowd);
        expect(codes).toContain(200);
        expect(codes.difference(new Set([200, 503]))).toEqual(new Set());
        await expectAllRight(crowd, ofTwin);
      });
    }

    it("100 for 10 hosts: one process after the other is killed at a write, and replaced", async () => {
      const [crowd, ofTwin] = crowds({ name: "dying", hosts: 10, deliveries: 100, seed: 3 });
      let kills = 0;
      const mayDie = (place: number): void => {
        const doomed = replicas[place] as Replicas[number];
        const { meddler, frozen } = freezing(20 + 7 * kills, kills % 2 === 0 ? "before" : "after");
        doomed.gate.meddler = meddler;
        void frozen.then(async () => {
          await doomed.kill();
          replicas[place] = await stage.crew.take();
          if (++kills < 8) mayDie(place);
        });
      };
      for (const place of replicas.keys()) mayDie(place);
      const codes = await sendAll(crowd);
      expect(codes.difference(new Set([200, 503, undefined]))).toEqual(new Set());
      expect(kills).toBeGreaterThanOrEqual(4);
      await expectAllRight(crowd, ofTwin);
    });
  },
);
