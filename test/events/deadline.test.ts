import { afterEach, expect, test, vi } from "vitest";
import { Deadline } from "../../lib/cluster/deadline.ts";
import type { Transport } from "../../lib/cluster/transport.ts";
import { created, type NgrokEvent, updated } from "../support/events.ts";
import type { Answer } from "../support/function.ts";
import { difference, HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

describeScene("the time for a delivery is up", "deadline", (scene) => {
  const { fn } = scene;
  const view = new HostView(scene);
  afterEach(() => void vi.restoreAllMocks());

  /** An instance whose next delivery has time for so many calls. */
  function hasty(calls: number) {
    const deadline = new AbortController();
    let sent = 0;
    let sentTooLate = 0;
    const through =
      (send: Transport): Transport =>
      async (request, signal) => {
        if (deadline.signal.aborted) sentTooLate++;
        const place = ++sent;
        const response = await send(request, signal);
        if (place === calls) deadline.abort(new DOMException("The operation timed out", "TimeoutError"));
        return response;
      };
    const instance = scene.start({}, through);
    const post = (event: NgrokEvent) => {
      vi.spyOn(Deadline, "after").mockReturnValue({
        signal: deadline.signal,
        clear: () => undefined,
      } as Deadline);
      return instance.post(event).finally(() => void vi.restoreAllMocks());
    };
    return { post, sentTooLate: () => sentTooLate };
  }

  test("after any call: nothing more is sent, 503; sent again it ends right", async () => {
    const since = await difference(scene);
    let isEarly = true;
    let calls = 0;
    while (isEarly) {
      calls++;
      const id = `ep_${calls}`;
      const url = `http://app-${calls}.deadline:80`;
      await fn.post(created(id, `http://from-${calls}.deadline`));
      const event = updated(id, url, 1);
      const instance = hasty(calls);
      const answer = await instance.post(event);
      isEarly = answer.status === 503;
      if (isEarly) expectLate(answer);
      expect(instance.sentTooLate()).toBe(0);
      expect((await fn.post(event)).body).toMatchObject({ reason: "Bound", ready: true });
      expect(await view.condition(url, "Ready")).toBe("True");
      expect(await scene.writes(() => fn.post(event))).toEqual([]);
    }
    expect(calls).toBeGreaterThan(10);
    const served = Array.from({ length: calls }, (_, index) => {
      const host = `app-${index + 1}.deadline`;
      return view.whole(host, `http://${host}:80`);
    });
    expect((await since()).come).toEqual(served.flat().sort());
  });
});

function expectLate({ headers, body }: Answer): void {
  expect(headers["retry-after"]).toBe("5");
  expect(body).toMatchObject({ outcome: "failed", reason: "DeadlineExceeded" });
}
