import { expect, it } from "vitest";
import { isWrite } from "../support/audit-log.ts";
import { created, deleted, type NgrokEvent } from "../support/events.ts";
import { describeScene } from "./suite.ts";

describeScene("how often the function asks the API server", "calls", (scene) => {
  const { fn } = scene;

  const count = async (event: NgrokEvent, outcome: string): Promise<{ calls: number; writes: number }> => {
    const requests = await scene.requests(async () => {
      expect((await fn.post(event)).body).toMatchObject({ outcome, ready: true });
    });
    return { calls: requests.length, writes: requests.filter(isWrite).length };
  };

  it("at most ten times for a new endpoint on a new host, at most seven of them writes", async () => {
    const { calls, writes } = await count(created("ep_NEW", "http://new.calls"), "bound");
    expect(calls).toBeLessThanOrEqual(10);
    expect(writes).toBeLessThanOrEqual(7);
  });

  it("at most five times for an event that was handled, and writes nothing", async () => {
    const { calls, writes } = await count(created("ep_NEW", "http://new.calls"), "unchanged");
    expect(calls).toBeLessThanOrEqual(5);
    expect(writes).toBe(0);
  });

  it("at most twelve times for a delete that empties a host", async () => {
    const { calls } = await count(deleted("ep_NEW", 1), "deleted");
    expect(calls).toBeLessThanOrEqual(12);
  });

  it("as often whatever else there is", async () => {
    const first = await count(created("ep_FIRST", "http://first.calls"), "bound");
    for (let n = 0; n < 30; n++) await fn.post(created(`ep_MANY_${n}`, `http://many-${n}.calls`));
    expect(await count(created("ep_THEN", "http://then.calls"), "bound")).toEqual(first);
  });
});
