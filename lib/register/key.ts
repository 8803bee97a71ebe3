import { compareInstants, type Instant } from "../event/instant.ts";

/** What events of one endpoint are ordered by, the most telling part first. */
export type EventKey = {
  time: Instant;
  kind: "upsert" | "delete";
  /** The event's id, or a hash of its body. */
  eventId: string;
  /** Hash of the endpoint as received. */
  content: string;
};

declare const brand: unique symbol;

/**
 * An event's key with the generation of the EndpointRecord that it was read from, as one text:
 * `<time> <kind> <event id> <content> <generation>`. By the generation, a verdict that changed settings have turned wins
 * over the one before, though the event is the same. `kind` is the event's, not whether the endpoint is on the host:
 * else an endpoint that moves and stays within one instant would be unbound for good.
 *
 * It is a text since a ledger has one for each of its endpoints, and what a write costs the API server goes by the
 * number of fields: with five of them in place of one, a thousand endpoints of one URL took 15 % longer.
 */
export type EntryKey = string & { readonly [brand]: "EntryKey" };

export function entryKeyOf({ time, kind, eventId, content }: EventKey, generation: number): EntryKey {
  return `${time} ${kind} ${eventId} ${content} ${generation}` as EntryKey;
}

/** Only an event's id may have spaces in it. */
const ENTRY_KEY = /^(?<time>\S+) (?<kind>upsert|delete) (?<eventId>.*) (?<content>\S+) (?<generation>\d+)$/s;

/** @throws Error where somebody has written something else into the ledger */
function parseEntryKey(text: string): EventKey & { generation: number } {
  const fields = ENTRY_KEY.exec(text)?.groups;
  if (fields === undefined)
    throw new Error(`the ledger has ${JSON.stringify(text)}, which is no key of an entry`);
  return { ...(fields as unknown as EventKey), generation: Number(fields.generation) };
}

/** A total order: negative where `a` is older than `b`, 0 only for equal keys. A delete is greater than an upsert. */
export function compareEventKeys(a: EventKey, b: EventKey): number {
  return (
    compareInstants(a.time, b.time) ||
    Number(a.kind === "delete") - Number(b.kind === "delete") ||
    compareStrings(a.eventId, b.eventId) ||
    compareStrings(a.content, b.content)
  );
}

/**
 * As {@link compareEventKeys}, then by generation.
 *
 * @param a as a ledger has it
 */
export function compareEntryKeys(a: string, b: string): number {
  if (a === b) return 0;
  const [one, other] = [parseEntryKey(a), parseEntryKey(b)];
  return compareEventKeys(one, other) || one.generation - other.generation;
}

/** By code unit: the same on every machine, whatever its locale. */
export function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
