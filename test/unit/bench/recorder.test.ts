import { describe, expect, it } from "vitest";
import { createdEvent, deletedEvent } from "../../bench/events.ts";
import { countCalls, pathsLeft, Recorder, type Recording } from "../../bench/recorder.ts";
import { isNeededByAnySystem, neededWrites, type Script, scriptOf } from "../../bench/script.ts";

const newRecorder = () => new Recorder({ operatorNamespace: "op", namespaces: ["bench"] });
const created = createdEvent("ep_1", "http://one.bench");

/** Each stage in one line, without names: `GET boundhosts`. */
function inShort(stages: readonly (readonly { method: string; path: string }[])[]): string[] {
  return stages.map((stage) => stage.map(({ method, path }) => `${method} ${resourceOf(path)}`).join(" + "));
}

function resourceOf(path: string): string {
  const [, resource = "", status = ""] =
    /^\/(?:api|apis\/[^/]+)\/[^/]+\/(?:namespaces\/[^/]+\/)?([a-z]+)(?:\/[^/?]+(\/status)?)?(?:\?|$)/.exec(
      path,
    ) ?? [];
  return resource + status;
}

const stagesOf = ({ stages }: Recording) =>
  inShort(stages.map((stage) => stage.map(({ request }) => request)));
const callsIn = (script: Script) => inShort(script);

describe("what is recorded", () => {
  it("of a new endpoint on a new host: ten calls, seven of them writes, those side by side in one stage", async () => {
    const recording = await newRecorder().record(created);
    expect(recording.reply).toMatchObject({ status: 200, body: { outcome: "bound", ready: true } });
    expect(countCalls(recording)).toEqual({ calls: 10, writes: 7 });
    expect(stagesOf(recording)).toEqual([
      "GET endpointrecords",
      "POST endpointrecords",
      "GET boundhosts",
      "POST leases",
      "POST boundhosts",
      "POST boundendpoints + POST services + POST services",
      "PATCH boundendpoints/status + GET boundhosts",
    ]);
  });

  it("of an event that was recorded before: five reads", async () => {
    const recorder = newRecorder();
    await recorder.record(created);
    const again = await recorder.record(created);
    expect(again.reply).toMatchObject({ status: 200, body: { outcome: "unchanged" } });
    expect(stagesOf(again)).toEqual([
      "GET endpointrecords",
      "GET boundhosts",
      "GET boundendpoints + GET services + GET services",
    ]);
  });

  it("is gone when it is forgotten", async () => {
    const recorder = newRecorder();
    const first = await recorder.record(created);
    const left = pathsLeft(first.stages.flat());
    expect(left).toHaveLength(6);
    recorder.forget(left);
    expect(stagesOf(await recorder.record(created))).toEqual(stagesOf(first));
  });

  it("leaves, where an endpoint was deleted, the registers and the port claim", async () => {
    const recorder = newRecorder();
    const recordings = [await recorder.record(created), await recorder.record(deletedEvent("ep_1"))];
    const left = pathsLeft(recordings.flatMap(({ stages }) => stages.flat()));
    expect(left.map((path) => resourceOf(path))).toEqual(["endpointrecords", "leases", "boundhosts"]);
  });

  it("of what is no event: no call", async () => {
    expect(await newRecorder().record([])).toMatchObject({ stages: [], reply: { status: 400 } });
  });
});

describe("what is played in the function's place", () => {
  it("is every call that was recorded, in its stage, to be answered as it was", async () => {
    const recording = await newRecorder().record(created);
    const script = scriptOf(recording);
    expect(callsIn(script)).toEqual(stagesOf(recording));
    expect(script.flat().map(({ status }) => status)).toEqual([
      404, 201, 404, 201, 201, 201, 201, 201, 200, 200,
    ]);
    expect(script.flat().map(({ accept }) => accept)).toEqual(
      recording.stages.flat().map(({ request }) => request.accept),
    );
  });

  it("leaves out what only the real API server can say", async () => {
    const recorder = newRecorder();
    await recorder.record(created);
    const script = scriptOf(await recorder.record(deletedEvent("ep_1"))).flat();
    const holes = script.flatMap(({ body = [] }) => body.filter((piece) => typeof piece !== "string"));
    // The record and the ledger are patched at their resourceVersion, three objects deleted at uid and resourceVersion.
    expect(holes).toHaveLength(2 + 3 * 2);
    for (const { call } of holes) expect(script[call]).toMatchObject({ method: "GET", isNeeded: true });
    const written = script.flatMap(({ body = [] }) => body.filter((piece) => typeof piece === "string"));
    expect(written.join("")).not.toMatch(/"(?:resourceVersion|uid)":"[^"]/);
  });

  it("asks for no answer that no later call needs", async () => {
    const script = scriptOf(await newRecorder().record(created)).flat();
    const needed = script.filter(({ isNeeded }) => isNeeded).map(({ path }) => resourceOf(path));
    // The status is patched at the resourceVersion of the new BoundEndpoint.
    expect(needed).toEqual(["boundendpoints"]);
  });

  it("is, of what any system needs, four writes without preconditions", async () => {
    const recording = await newRecorder().record(created);
    const script = neededWrites(recording);
    expect(callsIn(script)).toEqual([
      "POST boundendpoints + POST services + POST services",
      "PATCH boundendpoints/status",
    ]);
    expect(JSON.stringify(script)).not.toContain("resourceVersion");
    expect(recording.stages.flat().filter(isNeededByAnySystem)).toHaveLength(4);
  });
});
