import { hash } from "node:crypto";
import type { EndpointRecordSpec } from "../../schemas/types.ts";
import { canonicalJson } from "../event/canonical-json.ts";
import type { Endpoint, EndpointChange } from "../event/change.ts";
import type { Instant } from "../event/instant.ts";
import { isSameJSON } from "../event/json.ts";
import type { Verdict } from "../judge/judge.ts";
import { compareEventKeys, type EventKey } from "./key.ts";

/** How an event stands to what the record knows: `newer` and `equal` are acted on, `stale` only repairs. */
export type Relation = "newer" | "equal" | "stale";

export type RecordMerge = {
  relation: Relation;
  /** The record to write; the very object that was passed in where nothing changes. */
  record: EndpointRecordSpec;
};

type RecordedVerdict = EndpointRecordSpec["verdict"];

/**
 * Folds an event into the record of its endpoint: the greatest key wins, whatever the order of arrival. Applied
 * again it changes nothing, unless `judge` now says otherwise (its settings changed).
 *
 * @param record what is known of the endpoint, undefined where nothing is
 * @param judge decides on an endpoint that was not deleted
 * @param now time of receipt
 */
export function mergeRecord(
  record: EndpointRecordSpec | undefined,
  change: EndpointChange,
  judge: (endpoint: Endpoint) => Verdict,
  now: Instant,
): RecordMerge {
  const key = eventKeyOf(change, record?.key.time as Instant | undefined, now);
  const order = record === undefined ? 1 : compareEventKeys(key, record.key as EventKey);
  if (record !== undefined && order < 0) return { relation: "stale", record };
  if (record !== undefined && order === 0) {
    const verdict = verdictOn(change.kind, record.endpoint as Endpoint, judge);
    if (isSameJSON(verdict, record.verdict)) return { relation: "equal", record };
    return { relation: "equal", record: withVerdict(record, verdict, now) };
  }
  const next = {
    id: change.id,
    ...(change.account === undefined ? {} : { account: change.account }),
    key,
    endpoint: change.endpoint,
    hosts: record?.hosts ?? [],
  };
  return {
    relation: "newer",
    record: withVerdict(next, verdictOn(change.kind, change.endpoint, judge), now),
  };
}

/** A delete without a time of its own beats an upsert of the record's time, and is equal when it comes again. */
function eventKeyOf(change: EndpointChange, recordTime: Instant | undefined, now: Instant): EventKey {
  const content = hash("sha256", canonicalJson(change.endpoint)).slice(0, 16);
  return { time: change.time ?? recordTime ?? now, kind: change.kind, eventId: change.eventId, content };
}

function verdictOn(
  kind: EndpointChange["kind"],
  endpoint: Endpoint,
  judge: (endpoint: Endpoint) => Verdict,
): RecordedVerdict {
  if (kind === "delete") return { state: "Deleted", reason: "Deleted", message: "the endpoint was deleted" };
  const { state, reason, message, ...rest } = judge(endpoint);
  return "url" in rest
    ? { state, reason, message, url: rest.url.canonical, host: rest.url.host }
    : { state, reason, message };
}

function withVerdict(
  record: Omit<EndpointRecordSpec, "verdict" | "writtenAt">,
  verdict: RecordedVerdict,
  now: Instant,
): EndpointRecordSpec {
  const { host } = verdict;
  const hosts =
    host === undefined || record.hosts.includes(host) ? record.hosts : [...record.hosts, host].sort();
  return { ...record, verdict, hosts, writtenAt: now };
}
