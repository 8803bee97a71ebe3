import { expect, it } from "vitest";
import type { Answer } from "../support/function.ts";
import { BATCH, cloudEvent } from "./cloud-events.ts";
import { describeScene } from "./suite.ts";

type Result = Answer["body"];

describeScene("a batch of CloudEvents", "batch", (scene) => {
  const { fn } = scene;
  const resultsOf = ({ body }: Answer) => (body as unknown as { results: Result[] }).results;
  const good = (name: string) => cloudEvent(name.toUpperCase(), `http://${name}.batch`);
  const bad = (name: string) => cloudEvent(name.toUpperCase(), `https://${name}.batch`);

  it("has a result for each event, in their order", async () => {
    const answer = await fn.post([good("one"), good("two"), good("one")], { headers: BATCH });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    const results = resultsOf(answer);
    expect(results.map(({ endpointId, status }) => [endpointId, status])).toEqual([
      ["ONE", 200],
      ["TWO", 200],
      ["ONE", 200],
    ]);
    expect(results[1]).toMatchObject({
      eventId: "ce_TWO",
      outcome: "bound",
      host: "two.batch",
      ready: true,
    });
    expect(await scene.objects()).toContain("Service batch/one");
  });

  it("is 400 where one of them is rejected or is no event, and the others are handled", async () => {
    const answer = await fn.post([good("three"), bad("four"), 7, good("five")], { headers: BATCH });
    expect(answer.status).toBe(400);
    expect(resultsOf(answer).map(({ status, outcome }) => [status, outcome])).toEqual([
      [200, "bound"],
      [400, "rejected"],
      [400, "rejected"],
      [200, "bound"],
    ]);
    expect(resultsOf(answer)[2]?.errors).toEqual([
      { at: "[2]", reason: "WrongType", message: "it is a number and must be an object: one event" },
    ]);
    expect(resultsOf(answer)[1]?.errors).toMatchObject([{ at: "object.url", reason: "SchemeNotSupported" }]);
    const objects = await scene.objects();
    expect(objects).toContain("Service batch/three");
    expect(objects).toContain("Service batch/five");
  });

  it("is 503 where one of them is to be sent again, whatever the others are", async () => {
    const failing = scene.start({}, (send) => (request, signal) => {
      if (request.path.includes("six.batch")) return Promise.reject(new Error("connection lost"));
      return send(request, signal);
    });
    const events = [good("six"), bad("seven"), good("eight")];
    const answer = await failing.post(events, { headers: BATCH });
    expect(answer.status).toBe(503);
    expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
    expect(resultsOf(answer).map(({ status, reason }) => [status, reason])).toEqual([
      [503, "ClusterUnavailable"],
      [400, "SchemeNotSupported"],
      [200, "Bound"],
    ]);
    const again = await fn.post(events, { headers: BATCH });
    expect(again.status).toBe(400);
    expect(resultsOf(again).map(({ outcome }) => outcome)).toEqual(["bound", "rejected", "unchanged"]);
  });

  it("may be empty", async () => {
    const answer = await fn.post([], { headers: BATCH });
    expect(answer).toMatchObject({ status: 200, body: { results: [] } });
  });

  it("logs one line for each event", async () => {
    const own = scene.start();
    await own.post([good("one"), bad("four"), 7], { headers: BATCH });
    expect(own.logged.map(({ endpointId, outcome }) => [endpointId, outcome])).toEqual([
      [undefined, "rejected"],
      ["FOUR", "rejected"],
      ["ONE", "unchanged"],
    ]);
  });
});
