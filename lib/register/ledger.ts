import type { BoundHostSpec } from "../../schemas/types.ts";
import type { Endpoint } from "../event/change.ts";
import { compareInstants, type Instant, millisBetween, parseInstant } from "../event/instant.ts";
import { TOMBSTONE_LIFE_MS } from "../settings/limits.ts";
import { compareEntryKeys, compareStrings, type EntryKey } from "./key.ts";

export type Ledger = BoundHostSpec;
export type Entry = Ledger["entries"][number];
export type LedgerUrl = Ledger["urls"][number];
/** An entry of an endpoint that is on the host. */
export type LiveEntry = Entry & { url: string };

/** The entry of an endpoint that is bound to a URL of the host. */
export function liveEntry(id: string, key: EntryKey, url: string, endpoint: Endpoint): LiveEntry {
  const createdAt = typeof endpoint.created_at === "string" ? parseInstant(endpoint.created_at) : undefined;
  return {
    id,
    key,
    url,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(typeof endpoint.uri === "string" ? { uri: endpoint.uri } : {}),
  };
}

/** The entry of an endpoint that is not, or no longer, on the host. */
export function tombstone(id: string, key: EntryKey, now: Instant): Entry {
  return { id, key, leftAt: now };
}

export function isLive(entry: Entry): entry is LiveEntry {
  return entry.url !== undefined;
}

/** Whether something that left at `since` may be forgotten: no pass that saw it before can still be in flight. */
export function isExpired(since: string | undefined, now: Instant): boolean {
  return since !== undefined && millisBetween(since as Instant, now) > TOMBSTONE_LIFE_MS;
}

/** Live entries by URL, the oldest endpoint first: by `(createdAt, id)`, an absent `createdAt` last. */
export function endpointsByUrl(ledger: Ledger): Map<string, LiveEntry[]> {
  const byUrl = Map.groupBy(ledger.entries.filter(isLive), (entry) => entry.url);
  for (const entries of byUrl.values()) entries.sort(compareByAge);
  return byUrl;
}

/** Who is older goes first. */
export function compareByAge(a: LiveEntry, b: LiveEntry): number {
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
export function mergeEntry(entries: Map<string, Entry>, entry: Entry): boolean {
  const known = entries.get(entry.id);
  if (known !== undefined && compareEntryKeys(known.key as EntryKey, entry.key as EntryKey) >= 0)
    return false;
  entries.set(entry.id, entry);
  return true;
}

/** The entries as a ledger has them: by id. */
export function sortEntries(entries: ReadonlyMap<string, Entry>): Entry[] {
  return [...entries.values()].sort((a, b) => compareStrings(a.id, b.id));
}

/** What whoever writes the ledger brings along. */
export type LedgerWrite = {
  host: string;
  entries: Entry[];
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
  const entries = write.entries.filter((entry) => isLive(entry) || !isExpired(entry.leftAt, write.now));
  const live = new Set(entries.filter(isLive).map(({ url }) => url));
  const urls = nextUrls(ledger?.urls ?? [], live, write);
  const epoch = (ledger?.epoch ?? 0) + (sameSet(live, liveUrls(ledger)) ? 0 : 1);
  return { host: write.host, epoch, entries, urls, summary: summaryOf(urls, entries) };
}

/** The URLs that have a live entry. */
export function liveUrls(ledger: Ledger | undefined): Set<string> {
  return new Set(ledger?.entries.filter(isLive).map(({ url }) => url));
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

function summaryOf(urls: LedgerUrl[], entries: Entry[]): Ledger["summary"] {
  const live = urls.filter(({ emptySince }) => emptySince === undefined);
  return {
    urls: live.map(({ url }) => url).join(","),
    endpoints: entries.filter(isLive).length,
    ...(live.some(({ port }) => port === undefined) ? { problem: "NoPortLeft" } : {}),
  };
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b);
}
