import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EndpointChange } from "../../../lib/event/change.ts";
import { type Instant, plusMillis } from "../../../lib/event/instant.ts";
import type { Verdict } from "../../../lib/judge/judge.ts";
import { compareEventKeys, type EntryKey, type EventKey } from "../../../lib/register/key.ts";
import {
  compareByAge,
  type Entry,
  type LiveEntry,
  mergeEntry,
  nextLedger,
  sortEntries,
  tombstone,
} from "../../../lib/register/ledger.ts";
import { mergeRecord } from "../../../lib/register/record.ts";
import { TOMBSTONE_LIFE_MS } from "../../../lib/settings/limits.ts";

const NOW = "2026-01-02T03:04:05Z" as Instant;
const LATER = plusMillis(NOW, TOMBSTONE_LIFE_MS + 1000);
const URL = "http://app.example:80";

const instants = fc.constantFrom(
  "2026-01-01T00:00:00Z",
  "2026-01-01T00:00:00.000001Z",
  "2026-01-01T00:00:01Z",
);
const eventKeys: fc.Arbitrary<EventKey> = fc.record({
  time: instants as fc.Arbitrary<Instant>,
  kind: fc.constantFrom("upsert" as const, "delete" as const),
  eventId: fc.constantFrom("ev_1", "ev_2"),
  content: fc.constantFrom("a", "b"),
});
const entries: fc.Arbitrary<Entry> = fc
  .record({
    id: fc.constantFrom("ep_1", "ep_2", "ep_3"),
    key: eventKeys,
    generation: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ id, key, generation }) => {
    const entryKey: EntryKey = { ...key, generation };
    // What an entry says follows from its key.
    return key.kind === "delete" ? tombstone(id, entryKey, NOW) : { id, key: entryKey, url: URL };
  });

describe("keys", () => {
  it("are in a total order", () => {
    fc.assert(
      fc.property(eventKeys, eventKeys, eventKeys, (a, b, c) => {
        expect(Math.sign(compareEventKeys(a, b)) + Math.sign(compareEventKeys(b, a))).toBe(0);
        if (compareEventKeys(a, b) <= 0 && compareEventKeys(b, c) <= 0) {
          expect(compareEventKeys(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  it("put a delete after an upsert of the same time, and a microsecond after none", () => {
    const upsert: EventKey = { time: NOW, kind: "upsert", eventId: "ev_9", content: "z" };
    expect(compareEventKeys(upsert, { ...upsert, kind: "delete", eventId: "ev_1" })).toBeLessThan(0);
    const microsecondLater = "2026-01-02T03:04:05.000001Z" as Instant;
    expect(
      compareEventKeys({ ...upsert, kind: "delete" }, { ...upsert, time: microsecondLater }),
    ).toBeLessThan(0);
  });
});

describe("merging entries", () => {
  const fold = (all: Entry[]) => {
    const merged = new Map<string, Entry>();
    for (const entry of all) mergeEntry(merged, entry);
    return merged;
  };

  it("is commutative, associative and idempotent", () => {
    fc.assert(
      fc.property(
        fc.array(entries, { maxLength: 6 }),
        fc.array(entries, { maxLength: 6 }),
        (some, others) => {
          const all = [...some, ...others];
          const merged = fold(all);
          expect(sortEntries(fold(all.toReversed()))).toEqual(sortEntries(merged));
          expect(all.filter((entry) => mergeEntry(merged, entry))).toEqual([]);
        },
      ),
    );
  });
});

const change = (changed: Partial<EndpointChange> = {}): EndpointChange => ({
  id: "ep_1",
  kind: "upsert",
  time: NOW,
  eventId: "ev_1",
  account: undefined,
  endpoint: { id: "ep_1", url: "http://app.example" },
  ...changed,
});
const boundTo = (host: string) => (): Verdict => {
  const [name = "", namespace = ""] = host.split(".");
  const url = { scheme: "http" as const, name, namespace, port: 80, host, canonical: `http://${host}:80` };
  return { state: "Bound", reason: "Bound", message: "bound", url };
};
const excluded = (): Verdict => ({ state: "Excluded", reason: "NotSelected", message: "no" });

describe("merging an event into its record", () => {
  const { record } = mergeRecord(undefined, change(), boundTo("app.example"), NOW);

  it("finds the same event equal, and writes nothing", () => {
    const again = mergeRecord(record, change(), boundTo("app.example"), LATER);
    expect(again.relation).toBe("equal");
    expect(again.record).toBe(record);
  });

  it("finds an older event stale, and writes nothing", () => {
    const older = change({ time: "2026-01-01T00:00:00Z" as Instant });
    const merged = mergeRecord(record, older, boundTo("other.example"), LATER);
    expect(merged).toEqual({ relation: "stale", record });
  });

  it("judges again when the same event comes again under other settings", () => {
    const again = mergeRecord(record, change(), excluded, LATER);
    expect(again.relation).toBe("equal");
    expect(again.record.verdict).toEqual({ state: "Excluded", reason: "NotSelected", message: "no" });
    expect(again.record.writtenAt).toBe(LATER);
  });

  it("remembers every host that the endpoint has been on", () => {
    const moved = mergeRecord(record, change({ time: LATER }), boundTo("b.example"), LATER).record;
    const gone = mergeRecord(moved, change({ time: LATER, kind: "delete" }), excluded, LATER).record;
    expect(gone.hosts).toEqual(["app.example", "b.example"]);
    expect(gone.verdict.state).toBe("Deleted");
  });

  it("gives a delete without a time the time of the record, and finds its repetition equal", () => {
    const deletion = change({ kind: "delete", time: undefined, eventId: "ev_0" });
    const deleted = mergeRecord(record, deletion, excluded, LATER);
    expect(deleted.relation).toBe("newer");
    expect(deleted.record.key.time).toBe(NOW);
    expect(mergeRecord(deleted.record, deletion, excluded, LATER).relation).toBe("equal");
    // The upsert that it deleted does not bring the endpoint back, one of later does.
    expect(mergeRecord(deleted.record, change(), excluded, LATER).relation).toBe("stale");
    expect(mergeRecord(deleted.record, change({ time: LATER }), excluded, LATER).relation).toBe("newer");
  });

  it("ends the same in every order of arrival", () => {
    const events = fc.array(
      fc
        .record({ key: eventKeys, host: fc.constantFrom("a.example", "b.example") })
        .map(({ key, host }) =>
          change({ ...key, endpoint: { id: "ep_1", url: `http://${host}`, name: key.content } }),
        ),
      { maxLength: 5 },
    );
    const judge = (endpoint: { url?: unknown }) => boundTo(String(endpoint.url).slice("http://".length))();
    const fold = (all: EndpointChange[]) =>
      all.reduce<ReturnType<typeof mergeRecord>["record"] | undefined>(
        (known, event) => mergeRecord(known, event, judge, NOW).record,
        undefined,
      );
    fc.assert(
      fc.property(events, (all) => {
        const [one, other] = [fold(all), fold(all.toReversed())];
        expect({ ...one, hosts: [] }).toEqual({ ...other, hosts: [] });
      }),
    );
  });
});

describe("writing a ledger", () => {
  const key: EntryKey = { time: NOW, kind: "upsert", eventId: "ev_1", content: "a", generation: 1 };
  const live: LiveEntry = { id: "ep_1", key, url: URL };
  const write = {
    host: "app.example",
    ports: new Map([[URL, 10_000]]),
    givenUp: new Set<string>(),
    now: NOW,
  };
  const first = nextLedger(undefined, { ...write, entries: [live] });

  it("counts the epoch up when the set of URLs changes, and only then", () => {
    expect(first.epoch).toBe(1);
    const pooled = nextLedger(first, { ...write, entries: [live, { ...live, id: "ep_2" }] });
    expect(pooled.epoch).toBe(1);
    expect(nextLedger(pooled, { ...write, entries: [tombstone("ep_1", key, NOW)] }).epoch).toBe(2);
  });

  it("keeps the port of a URL that nobody has any more, until it is given up", () => {
    const empty = nextLedger(first, { ...write, entries: [tombstone("ep_1", key, NOW)], ports: new Map() });
    expect(empty.urls).toEqual([{ url: URL, port: 10_000, emptySince: NOW }]);
    const later = { ...write, entries: empty.entries, ports: new Map(), now: LATER };
    expect(nextLedger(empty, later).urls).toEqual(empty.urls);
    expect(nextLedger(empty, { ...later, givenUp: new Set([URL]) }).urls).toEqual([]);
    const back = nextLedger(empty, { ...later, entries: [live], givenUp: new Set([URL]) });
    expect(back.urls).toEqual([{ url: URL, port: 10_000 }]);
  });

  it("drops tombstones whose time is up, and no live entry", () => {
    const dead = tombstone("ep_2", key, NOW);
    expect(nextLedger(first, { ...write, entries: [live, dead] }).entries).toEqual([live, dead]);
    expect(nextLedger(first, { ...write, entries: [live, dead], now: LATER }).entries).toEqual([live]);
  });

  it("says in its summary that a URL has no port", () => {
    const ledger = nextLedger(undefined, { ...write, entries: [live], ports: new Map() });
    expect(ledger.summary).toEqual({ urls: URL, endpoints: 1, problem: "NoPortLeft" });
    expect(first.summary).toEqual({ urls: URL, endpoints: 1 });
  });

  it("puts the oldest endpoint first, and one of unknown age last", () => {
    const old: LiveEntry = { ...live, id: "z", createdAt: "2025-01-01T00:00:00Z" };
    const young: LiveEntry = { ...live, id: "a", createdAt: "2025-01-01T00:00:00.000001Z" };
    const unknown: LiveEntry = { ...live, id: "0" };
    expect([unknown, young, old].sort(compareByAge)).toEqual([old, young, unknown]);
  });
});
