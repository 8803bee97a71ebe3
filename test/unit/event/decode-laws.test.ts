import fc from "fast-check";
import { expect, test } from "vitest";
import type { Problem } from "../../../lib/endpoint/problem.ts";
import { canonicalJson } from "../../../lib/event/canonical-json.ts";
import type { EndpointChange } from "../../../lib/event/change.ts";
import { decode, type EventRequest } from "../../../lib/event/decode.ts";
import { compareInstants, parseInstant, plusMillis } from "../../../lib/event/instant.ts";
import { MAX_FUTURE_MS } from "../../../lib/settings/limits.ts";
import { CLOUD_EVENT, ENDPOINT, EVENT, NOW } from "./requests.ts";

const json = fc.jsonValue({ stringUnit: "binary", maxDepth: 3 });

/** An event with any values in place of some of its own, so that much of it is right. */
function damaged(event: Record<string, unknown>): fc.Arbitrary<Record<string, unknown>> {
  const keys = fc.subarray(Object.keys(event), { maxLength: 3 });
  const changes = fc.tuple(keys, fc.array(json, { minLength: 3, maxLength: 3 }));
  const changed = changes.map(([names, values]) => ({
    ...event,
    ...Object.fromEntries(names.map((name, index) => [name, values[index]])),
  }));
  return fc.oneof(fc.constant({ ...event }), changed);
}

const endpoint = damaged({
  ...ENDPOINT,
  traffic_policy: "secret",
  metadata: "x",
  port: 80,
  domain: { id: "rd_1" },
});
const ngrok = fc.tuple(damaged(EVENT), endpoint).map(([event, object]) => ({ ...event, object }));
const cloud = fc
  .tuple(damaged(CLOUD_EVENT), fc.oneof(endpoint, ngrok))
  .map(([event, data]): Record<string, unknown> => ({ ...event, data }));
const headerName = fc.constantFrom(
  ...["specversion", "id", "source", "type", "subject", "time", "accountid"],
);
const headers = fc.dictionary(
  headerName.map((name) => `ce-${name}`),
  fc.oneof(fc.string(), fc.constantFrom("1.0", "ep_1", "com.ngrok.endpoint.deleted", "%41", '"x"')),
);

const anyRequest: fc.Arbitrary<EventRequest> = fc.record({
  contentType: fc.constantFrom(
    ...["application/json", "application/cloudevents+json", "application/cloudevents-batch+json"],
    ...["text/plain", undefined],
  ),
  headers: fc.oneof(fc.constant({}), headers),
  query: fc.record({ type: fc.constantFrom("created", "deleted", "x", undefined) }),
  body: fc.oneof(json, endpoint, ngrok, cloud, fc.array(cloud, { maxLength: 3 }), fc.constant(undefined)),
  now: fc.constant(NOW),
});

function checkProblems(problems: readonly Problem[]): void {
  expect(problems.length).toBeGreaterThan(0);
  for (const { at, reason, message } of problems) {
    expect(at).not.toBe("");
    expect(reason).toMatch(/^[A-Z][A-Za-z]+$/);
    expect(message).toMatch(/must/);
  }
}

function checkChange(change: EndpointChange): void {
  expect(change.endpoint.id).toBe(change.id);
  expect(change.id).toMatch(/^\P{Cc}{1,256}$/u);
  expect(change.eventId).toMatch(/^\P{Cc}{1,256}$/u);
  expect(change.endpoint).not.toHaveProperty("traffic_policy");
  if (change.kind === "upsert") expect(change.time).toBeDefined();
  if (change.time === undefined) return;
  expect(parseInstant(change.time)).toBe(change.time);
  expect(compareInstants(change.time, plusMillis(NOW, MAX_FUTURE_MS))).toBeLessThanOrEqual(0);
}

test("whatever comes in, it is a change that keeps what is promised of it, or problems", () => {
  let accepted = 0;
  fc.assert(
    fc.property(anyRequest, (given) => {
      const decoded = decode(given);
      const results = decoded.ok ? decoded.changes : [{ ...decoded, ok: false as const }];
      for (const result of results) {
        if (result.ok) checkChange(result.change);
        else checkProblems(result.problems);
        accepted += Number(result.ok);
      }
      // Decoding has no memory: the same delivery again is the same change, or the same problems.
      expect(decode(structuredClone(given))).toEqual(decoded);
    }),
    { numRuns: 1500 },
  );
  expect(accepted).toBeGreaterThan(50);
});

test("what is decoded is stored as it is: it survives JSON, and has nothing that a merge patch would drop", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "binary" }), json), (extra) => {
      const body = { ...EVENT, object: { ...extra, ...ENDPOINT } };
      const decoded = decode({ contentType: "application/json", headers: {}, query: {}, body, now: NOW });
      const [result] = decoded.ok ? decoded.changes : [];
      if (!result?.ok) return;
      const stored = JSON.parse(Buffer.from(JSON.stringify(result.change.endpoint)).toString("utf8"));
      expect(canonicalJson(stored)).toBe(canonicalJson(result.change.endpoint));
      expect(Object.values(stored)).not.toContain(null);
    }),
  );
});
