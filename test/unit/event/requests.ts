import { type ChangeResult, type Decoded, decode, type EventRequest } from "../../../lib/event/decode.ts";
import { instantOf } from "../../../lib/event/instant.ts";

export const NOW = instantOf(new Date("2026-05-01T12:00:00Z"));

export const ENDPOINT = {
  id: "ep_1",
  created_at: "2026-04-01T00:00:00Z",
  updated_at: "2026-04-02T00:00:00.123456Z",
  url: "http://app.example",
  proto: "http",
  bindings: ["kubernetes"],
  uri: "https://api.ngrok.com/endpoints/ep_1",
};

export const EVENT = {
  event_id: "ev_1",
  event_type: "endpoint_created.v0",
  event_timestamp: "2026-04-03T00:00:00.000001Z",
  account_id: "ac_1",
  object: ENDPOINT,
};

export const CLOUD_EVENT = {
  specversion: "1.0",
  id: "ce-1",
  source: "https://api.ngrok.com/accounts/ac_1",
  type: "com.ngrok.endpoint.updated",
  subject: "ep_1",
  time: "2026-04-03T02:00:00+02:00",
  data: ENDPOINT,
};

/** A request with JSON in it, and what differs from that. */
export function request(body: unknown, rest: Partial<EventRequest> = {}): EventRequest {
  return { contentType: "application/json", headers: {}, query: {}, now: NOW, ...rest, body };
}

/** The same as a CloudEvent in structured mode. */
export function structured(body: unknown): EventRequest {
  return request(body, { contentType: "application/cloudevents+json; charset=utf-8" });
}

/** The one result of a request that is no batch. */
export function resultOf(given: EventRequest): ChangeResult {
  const decoded: Decoded = decode(given);
  if (!decoded.ok) throw new Error(`status ${decoded.status}: ${JSON.stringify(decoded.problems)}`);
  const [only, ...others] = decoded.changes;
  if (only === undefined || others.length > 0 || decoded.batch) throw new Error("not exactly one result");
  return only;
}

export function changeOf(given: EventRequest) {
  const result = resultOf(given);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.change;
}

/** Place and reason of each problem: `object.id WrongType`. */
export function problemsOf(given: EventRequest): string[] {
  const result = resultOf(given);
  return result.ok ? [] : result.problems.map(({ at, reason }) => `${at} ${reason}`);
}
