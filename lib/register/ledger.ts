import type { BoundHostSpec } from "../../schemas/types.ts";
import type { Endpoint } from "../event/change.ts";
import { compareInstants, type Instant, millisBetween, parseInstant } from "../event/instant.ts";
import { TOMBSTONE_LIFE_MS } from "../settings/limits.ts";
import { compareEntryKeys, compareStrings, type EntryKey } from "./key.ts";

export type Ledger = BoundHostSpec;
/** What a ledger has of one endpoint. */
export type Entry = Ledger["entries"][string];
export type LedgerUrl = Ledger["urls"][number];
/** An entry of an endpoint that is on the host. */
export type LiveEntry = Entry & { url: string };
/** An endpoint that is on the host. */
export type LiveEndpoint = LiveEntry & { id: string };
/** By id of the endpoint. */
export type Entries = ReadonlyMap<string, Entry>;

/** The entry of an endpoint that is bound to a URL of the host. */
export function liveEntry(key: EntryKey, url: string, endpoint: Endpoint): LiveEntry {
  const createdAt = typeof endpoint.created_at === "string" ? parseInstant(endpoint.created_at) : undefined;
  return {
    key,
    url,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(typeof endpoint.uri === "string" ? { uri: endpoint.uri } : {}),
  };
}

/** The entry of an endpoint that is not, or no longer, on the host. */
export function tombstone(key: EntryKey, now: Instant): Entry {
  return { key, leftAt: now };
}

export function isLive(entry: Entry): entry is LiveEntry {
  return entry.url !== undefined;
}

/** Whether something that left at `since` may be forgotten: no pass that saw it before can still be in flight. */
export function isExpired(since: string | undefined, now: Instant): boolean {
  return since !== undefined && millisBetween(since as Instant, now) > TOMBSTONE_LIFE_MS;
}

/** The entries of a ledger. */
export function entriesOf(ledger: Ledger | undefined): Map<string, Entry> {
  return new Map(Object.entries(ledger?.entries ?? {}));
}

/** The URLs that have a live entry. */
export function liveUrls(entries: Iterable<Entry>): Set<string> {
  return new Set([...entries].filter(isLive).map(({ url }) => url));
}

/** Live endpoints by URL, the oldest first: by `(createdAt, id)`, an absent `createdAt` last. */
export function endpointsByUrl(ledger: Ledger): Map<string, LiveEndpoint[]> {
  const endpoints = Object.entries(ledger.entries).flatMap(([id, entry]) =>
    isLive(entry) ? [{ id, ...entry }] : [],
  );
  const byUrl = Map.groupBy(endpoints, ({ url }) => url);
  for (const sharing of byUrl.values()) sharing.sort(compareByAge);
  return byUrl;
}

/** Who is older goes first. */
export function compareByAge(a: LiveEndpoint, b: LiveEndpoint): number {
  if (a.createdAt !== b.createdAt) {
    if (a.createdAt === undefined) return 1;
    if (b.createdAt === undefined) return -1;
    return compareInstants(a.createdAt as Instant, b.createdAt as Instant);
  }
  return compareStrings(a.id, b.id);
}

/**
 * Merges one more entry into entries by id, unless they have it or a newer one: in whatever order entries are merged,
 * and however often, the same are left.
 *
 * @returns whether anything changed
 */
export function mergeEntry(entries: Map<string, Entry>, id: string, entry: Entry): boolean {
  const known = entries.get(id);
  if (known !== undefined && compareEntryKeys(known.key, entry.key) >= 0) return false;
  entries.set(id, entry);
  return true;
}

/** What whoever writes the ledger brings along. */
export type LedgerWrite = {
  host: string;
  entries: Entries;
  /** Ports of URLs that had none. */
  ports: ReadonlyMap<string, number>;
  /** URLs whose objects were seen gone after their time: they are given up. */
  givenUp: ReadonlySet<string>;
  now: Instant;
};

/**
 * The ledger to write: with the entries given, less the tombstones that have expired. The epoch counts up where the
 * set of URLs with a live entry changes. A URL without one keeps its port until it is given up.
 */
export function nextLedger(ledger: Ledger | undefined, write: LedgerWrite): Ledger {
  const kept = [...write.entries].filter(([, entry]) => isLive(entry) || !isExpired(entry.leftAt, write.now));
  const entries = new Map(kept.sort(([a], [b]) => compareStrings(a, b)));
  const live = liveUrls(entries.values());
  const urls = nextUrls(ledger?.urls ?? [], live, write);
  const liveBefore = liveUrls(Object.values(ledger?.entries ?? {}));
  const epoch = (ledger?.epoch ?? 0) + (sameSet(live, liveBefore) ? 0 : 1);
  const summary = summaryOf(urls, entries);
  return { host: write.host, epoch, entries: Object.fromEntries(entries), urls, summary };
}

function nextUrls(urls: LedgerUrl[], live: ReadonlySet<string>, write: LedgerWrite): LedgerUrl[] {
  const known = new Map(urls.map((entry) => [entry.url, entry]));
  const all = [...new Set([...known.keys(), ...live])].sort();
  return all.flatMap((url) => {
    if (write.givenUp.has(url) && !live.has(url)) return [];
    const port = known.get(url)?.port ?? write.ports.get(url);
    const emptySince = live.has(url) ? undefined : (known.get(url)?.emptySince ?? write.now);
    return [
      {
        url,
        ...(port === undefined ? {} : { port }),
        ...(emptySince === undefined ? {} : { emptySince }),
      },
    ];
  });
}

function summaryOf(urls: LedgerUrl[], entries: Entries): Ledger["summary"] {
  const live = urls.filter(({ emptySince }) => emptySince === undefined);
  return {
    urls: live.map(({ url }) => url).join(","),
    endpoints: [...entries.values()].filter(isLive).length,
    ...(live.some(({ port }) => port === undefined) ? { problem: "NoPortLeft" } : {}),
  };
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b);
}
