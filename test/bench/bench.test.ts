import { afterAll, expect, it } from "vitest";
import { describeScene } from "../events/suite.ts";
import type { NgrokEvent } from "../support/events.ts";
import { bundled } from "../support/real-cluster.ts";
import { createdEvent, deletedEvent } from "./events.ts";
import { type Lab, openLab } from "./lab.ts";
import { compare, LANES, prepare, tidyUp } from "./lanes.ts";
import type { Recording } from "./recorder.ts";

describeScene("what the benchmark measures side by side", "bench-lanes", (scene) => {
  const { cluster, kubeconfig, operator: operatorNamespace, target: targetNamespace } = scene;
  let opened: Lab | undefined;
  const open = async (): Promise<Lab> => {
    await bundled();
    opened ??= await openLab(cluster, kubeconfig, { operatorNamespace, targetNamespace });
    return opened;
  };
  afterAll(() => opened?.close());

  const outcomes = async (events: readonly NgrokEvent[]) =>
    Promise.all(events.map(async (event) => (await scene.fn.post(event)).body.outcome));

  it("is handled by the function, and comes to the same by bare calls: the function finds nothing to do", async () => {
    const lab = await open();
    const endpoints = lab.newEndpoints(4);
    const second = endpoints.map(({ id, url }) => ({ id: `${id}_second`, url }));
    const upserts = [endpoints, second].map((some) => some.map(({ id, url }) => createdEvent(id, url)));
    const deletes = [endpoints, second].map((some) => some.map(({ id }) => deletedEvent(id)));
    const made: Recording[] = [];
    for (const events of [...upserts, ...deletes]) {
      // One event a host at a time: bare calls know nothing of each other.
      made.push(...(await prepare(lab, events)));
      expect(await outcomes(events)).toEqual(Array(4).fill("unchanged"));
    }
    expect(await scene.objects()).toEqual([]);
    await tidyUp(lab, made);
  });

  it("is measured in every lane, and leaves the cluster as it was", async () => {
    const lab = await open();
    const lanes = await compare(lab, {
      rounds: 2,
      lanes: LANES,
      concurrency: 2,
      warmUp: 2,
      batch: () => ({ events: lab.newEndpoints(8).map(({ id, url }) => createdEvent(id, url)) }),
      tidy: true,
    });
    for (const lane of LANES) {
      expect(lanes[lane]).toHaveLength(2);
      for (const { rate, p50, p99 } of lanes[lane]) {
        expect(rate).toBeGreaterThan(0);
        expect(p99).toBeGreaterThanOrEqual(p50);
      }
    }
    expect(await scene.objects()).toEqual([]);
  });
});
