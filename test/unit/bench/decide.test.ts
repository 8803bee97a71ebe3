import { expect, it } from "vitest";
import { describeRef } from "../../../lib/cluster/objects.ts";
import { newDecider, newValidator } from "../../bench/decide.ts";
import { createdEvent } from "../../bench/events.ts";
import { Recorder } from "../../bench/recorder.ts";

const event = createdEvent("ep_1", "http://one.bench");
const text = JSON.stringify(event);

it("decides what the function decides: the record that it writes, and the objects that it creates", async () => {
  const { record, changes, relation } = newDecider().decide(text);
  const { stages } = await new Recorder({
    operatorNamespace: "ngrok-operator",
    namespaces: ["bench"],
  }).record(event);
  const bodies = stages.flat().flatMap(({ request }) => (request.method === "POST" ? [request.body] : []));
  const { writtenAt: _, ...decided } = record;
  expect(bodies[0]).toMatchObject({ kind: "EndpointRecord", spec: decided });
  const created = bodies as { kind: "Service"; metadata: { namespace: string; name: string } }[];
  const names = created.slice(-3).map(({ kind, metadata }) => describeRef({ kind, ...metadata }));
  expect(changes.map(({ action, ref }) => `${action} ${describeRef(ref)}`)).toEqual(
    names.map((name) => `create ${name}`),
  );
  expect(relation).toBe("newer");
});

it("decides that nothing is to be done for an event that was handled", () => {
  const decider = newDecider();
  const { relation, changes } = decider.decide(text, decider.after(text));
  expect({ relation, changes }).toEqual({ relation: "equal", changes: [] });
});

it("is compared with a validation that tells right from wrong", () => {
  const isValid = newValidator();
  expect(isValid(text)).toBe(true);
  expect(isValid(JSON.stringify({ ...event, event_type: "unknown" }))).toBe(false);
  expect(isValid(JSON.stringify({ ...event, object: { ...event.object, created_at: "yesterday" } }))).toBe(
    false,
  );
});

it("takes events of about 1 KB", () => {
  expect(text.length).toBeGreaterThan(850);
  expect(text.length).toBeLessThan(1150);
});
