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

/**
 * An event's key with the generation of the EndpointRecord that it was read from: a verdict that changed settings
 * have turned wins over the one before, though the event is the same. `kind` is the event's, not whether the
 * endpoint is on the host: else an endpoint that moves and stays within one instant would be unbound for good.
 */
export type EntryKey = EventKey & { generation: number };

/** A total order: negative where `a` is older than `b`, 0 only for equal keys. A delete is greater than an upsert. */
export function compareEventKeys(a: EventKey, b: EventKey): number {
  return (
    compareInstants(a.time, b.time) ||
    Number(a.kind === "delete") - Number(b.kind === "delete") ||
    compareStrings(a.eventId, b.eventId) ||
    compareStrings(a.content, b.content)
  );
}

/** As {@link compareEventKeys}, then by generation. */
export function compareEntryKeys(a: EntryKey, b: EntryKey): number {
  return compareEventKeys(a, b) || a.generation - b.generation;
}

/** By code unit: the same on every machine, whatever its locale. */
export function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
