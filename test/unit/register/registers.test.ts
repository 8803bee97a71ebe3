import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EndpointChange } from "../../../lib/event/change.ts";
import { type Instant, plusMillis } from "../../../lib/event/instant.ts";
import type { Verdict } from "../../../lib/judge/judge.ts";
import { compareEntryKeys, compareEventKeys, type EventKey, entryKeyOf } from "../../../lib/register/key.ts";
import {
  compareByAge,
  type Entry,
  entriesOf,
  type LiveEndpoint,
  type LiveEntry,
  liveUrls,
  mergeEntry,
  nextLedger,
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
const EVENT_KEY = {
  time: instants as fc.Arbitrary<Instant>,
  kind: fc.constantFrom("upsert" as const, "delete" as const),
  eventId: fc.constantFrom("ev_1", "ev_2"),
  content: fc.constantFrom("a", "b"),
};
const eventKeys: fc.Arbitrary<EventKey> = fc.record(EVENT_KEY);
const entries: fc.Arbitrary<[string, Entry]> = fc
  .record({
    id: fc.constantFrom("ep_1", "ep_2", "ep_3"),
    key: eventKeys,
    generation: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ id, key, generation }) => {
    const entryKey = entryKeyOf(key, generation);
    // What an entry says follows from its key.
    return [id, key.kind === "delete" ? tombstone(entryKey, NOW) : { key: entryKey, url: URL }];
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

describe("keys of entries", () => {
  const ids = fc.oneof(
    fc.constantFrom("ev_1", "ev_2", "", " ", "a b", "1 2 upsert\n3", "ev_1 0 1"),
    fc.string(),
  );
  const keys = fc.record({
    key: fc.record({ ...EVENT_KEY, eventId: ids }),
    generation: fc.integer({ min: 0, max: 11 }),
  });

  it("are ordered as their events' keys are, then by generation, whatever the event's id", () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        const order = compareEntryKeys(entryKeyOf(a.key, a.generation), entryKeyOf(b.key, b.generation));
        const expected = compareEventKeys(a.key, b.key) || a.generation - b.generation;
        expect(Math.sign(order)).toBe(Math.sign(expected));
      }),
    );
  });

  it("are refused where somebody has written something else into the ledger", () => {
    const key = entryKeyOf({ time: NOW, kind: "upsert", eventId: "ev_1", content: "0" }, 1);
    expect(key).toBe("2026-01-02T03:04:05Z upsert ev_1 0 1");
    expect(() => compareEntryKeys(`${NOW} update ev_1 0 1`, key)).toThrow(
      'the ledger has "2026-01-02T03:04:05Z update ev_1 0 1", which is no key of an entry',
    );
  });
});

describe("merging entries", () => {
  const fold = (all: [string, Entry][]) => {
    const merged = new Map<string, Entry>();
    for (const [id, entry] of all) mergeEntry(merged, id, entry);
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
          expect(fold(all.toReversed())).toEqual(merged);
          expect(all.filter(([id, entry]) => mergeEntry(merged, id, entry))).toEqual([]);
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
  const key = entryKeyOf({ time: NOW, kind: "upsert", eventId: "ev_1", content: "a" }, 1);
  const live: LiveEntry = { key, url: URL };
  const only = (id: string, entry: Entry) => new Map([[id, entry]]);
  const write = {
    host: "app.example",
    ports: new Map([[URL, 10_000]]),
    givenUp: new Set<string>(),
    now: NOW,
  };
  const first = nextLedger(undefined, { ...write, entries: only("ep_1", live) });

  it("counts the epoch up when the set of URLs changes, and only then", () => {
    expect(first.epoch).toBe(1);
    const pooled = nextLedger(first, { ...write, entries: only("ep_1", live).set("ep_2", live) });
    expect(pooled.epoch).toBe(1);
    expect(nextLedger(pooled, { ...write, entries: only("ep_1", tombstone(key, NOW)) }).epoch).toBe(2);
  });

  it("keeps the port of a URL that nobody has any more, until it is given up", () => {
    const gone = only("ep_1", tombstone(key, NOW));
    const empty = nextLedger(first, { ...write, entries: gone, ports: new Map() });
    expect(empty.urls).toEqual([{ url: URL, port: 10_000, emptySince: NOW }]);
    const later = { ...write, entries: gone, ports: new Map(), now: LATER };
    expect(nextLedger(empty, later).urls).toEqual(empty.urls);
    expect(nextLedger(empty, { ...later, givenUp: new Set([URL]) }).urls).toEqual([]);
    const back = nextLedger(empty, { ...later, entries: only("ep_1", live), givenUp: new Set([URL]) });
    expect(back.urls).toEqual([{ url: URL, port: 10_000 }]);
  });

  it("drops tombstones whose time is up, and no live entry", () => {
    const dead = tombstone(key, NOW);
    const entries = only("ep_2", dead).set("ep_1", live);
    expect(nextLedger(first, { ...write, entries }).entries).toEqual({ ep_1: live, ep_2: dead });
    expect(nextLedger(first, { ...write, entries, now: LATER }).entries).toEqual({ ep_1: live });
  });

  it("has an entry for every endpoint, whatever its id", () => {
    const ids = ["__proto__", "constructor", "7", ""];
    const ledger = nextLedger(undefined, { ...write, entries: new Map(ids.map((id) => [id, live])) });
    expect(Object.keys(JSON.parse(JSON.stringify(ledger)).entries).sort()).toEqual(ids.sort());
    expect(liveUrls(entriesOf(ledger).values())).toEqual(new Set([URL]));
  });

  it("says in its summary that a URL has no port", () => {
    const ledger = nextLedger(undefined, { ...write, entries: only("ep_1", live), ports: new Map() });
    expect(ledger.summary).toEqual({ urls: URL, endpoints: 1, problem: "NoPortLeft" });
    expect(first.summary).toEqual({ urls: URL, endpoints: 1 });
  });

  it("puts the oldest endpoint first, and one of unknown age last", () => {
    const old: LiveEndpoint = { ...live, id: "z", createdAt: "2025-01-01T00:00:00Z" };
    const young: LiveEndpoint = { ...live, id: "a", createdAt: "2025-01-01T00:00:00.000001Z" };
    const unknown: LiveEndpoint = { ...live, id: "0" };
    expect([unknown, young, old].sort(compareByAge)).toEqual([old, young, unknown]);
  });
});
