import { type BoundHost, describeRef, type Ref } from "../cluster/objects.ts";
import { hashedName } from "../endpoint/hashed-name.ts";
import { boundEndpointRef, upstreamRef } from "../plan/host.ts";
import { isOurBoundEndpoint, isOurService } from "../plan/names.ts";
import {
  type Entries,
  type Entry,
  entriesOf,
  isExpired,
  isLive,
  type Ledger,
  liveUrls,
  mergeEntry,
  nextLedger,
} from "../register/ledger.ts";
import { REGISTER_ATTEMPTS } from "../settings/limits.ts";
import { type Context, LOST, orLost, untilWon } from "./context.ts";
import { claimPort, findClaim, type Release } from "./ports.ts";
import { writeRegister } from "./registers.ts";

/** What a delivery brings to the ledger of a host. */
export type Contribution = {
  host: string;
  /** Of the endpoint. */
  id: string;
  /** Undefined where the event is stale: then nothing is merged. */
  entry: Entry | undefined;
  /**
   * Whether a tombstone is written where the ledger does not know the endpoint: an older event of it may be in
   * flight, and would otherwise bring back what is gone.
   */
  bury: boolean;
};

export type Settled = {
  /** Undefined where there is none and none is needed. */
  ledger: BoundHost | undefined;
  /** Whether this delivery made it: then no object of the host has been made by anybody. */
  created: boolean;
  /** Claims of URLs that this delivery has given up, to be released when its pass is done. */
  releases: Release[];
  /** The contributions that changed the ledger. */
  merged: ReadonlySet<Contribution>;
};

/**
 * Folds what deliveries bring into the ledger of their host, by one compare-and-swap, with a port for every URL that an
 * endpoint has. Whoever writes the ledger also drops what has expired.
 *
 * @param contributions to one host; not empty
 * @param known the ledger as it was lately, where that is known: it need not be read again in order to be written
 */
export async function settle(
  context: Context,
  contributions: Contribution[],
  known?: BoundHost,
): Promise<Settled> {
  const host = contributions[0]?.host ?? "";
  const ref = ledgerRef(context, host);
  return untilWon(context, describeRef(ref), REGISTER_ATTEMPTS, async (lost) => {
    const guess = lost === 0 ? known : undefined;
    const { found, entries, merged } = await readAndMerge(context, ref, contributions, guess);
    const unchanged = { ledger: found, created: false, releases: [], merged };
    if (found === undefined && merged.size === 0) return unchanged;
    const live = liveUrls(entries.values());
    const ports = await claimPorts(context, found?.spec, live);
    if (found !== undefined && merged.size === 0 && ports.size === 0) return unchanged;
    const { givenUp, releases } = await findGivenUp(context, found?.spec, live);
    const spec = nextLedger(found?.spec, { host, entries, ports, givenUp, now: context.now() });
    const written = await orLost(writeRegister(context, ref, found, spec));
    return written === LOST ? LOST : { ledger: written, created: found === undefined, releases, merged };
  });
}

export function ledgerRef(context: Context, host: string): Ref<"BoundHost"> {
  return { kind: "BoundHost", namespace: context.settings.operatorNamespace, name: host };
}

/** A ledger with what is brought to it. */
type Merge = { found: BoundHost | undefined; entries: Entries; merged: Set<Contribution> };

/**
 * What was known of a ledger will do where something changes: the write tells whether the ledger is still so. That there
 * is nothing to write, only the ledger as it is can tell.
 */
async function readAndMerge(
  context: Context,
  ref: Ref<"BoundHost">,
  contributions: Contribution[],
  known: BoundHost | undefined,
): Promise<Merge> {
  const guessed = known && contribute(known, contributions);
  if (guessed !== undefined && guessed.merged.size > 0) return guessed;
  return contribute(await context.cluster.get(ref), contributions);
}

function contribute(found: BoundHost | undefined, contributions: Contribution[]): Merge {
  const entries = entriesOf(found?.spec);
  const merged = new Set<Contribution>();
  for (const contribution of contributions) {
    const { id, entry, bury } = contribution;
    if (entry === undefined || !(isLive(entry) || entries.has(id) || bury)) continue;
    if (mergeEntry(entries, id, entry)) merged.add(contribution);
  }
  return { found, entries, merged };
}

/** @param live the URLs that have an endpoint */
async function claimPorts(
  context: Context,
  ledger: Ledger | undefined,
  live: ReadonlySet<string>,
): Promise<Map<string, number>> {
  const ports = new Map<string, number>();
  const known = new Map(ledger?.urls.map((entry) => [entry.url, entry]));
  for (const url of [...live].sort()) {
    if (known.get(url)?.port !== undefined) continue;
    const ranOut = known.has(url) && known.get(url)?.emptySince === undefined;
    const port = await claimPort(context, { url, mayExist: ledger !== undefined, ranOut });
    if (port !== undefined) ports.set(url, port);
  }
  return ports;
}

/** The URLs whose time is up and whose objects are gone, with their claims as they are before the ledger is written. */
async function findGivenUp(
  context: Context,
  ledger: Ledger | undefined,
  live: ReadonlySet<string>,
): Promise<{ givenUp: Set<string>; releases: Release[] }> {
  const givenUp = new Set<string>();
  const releases: Release[] = [];
  for (const { url, port, emptySince } of ledger?.urls ?? []) {
    if (live.has(url) || !isExpired(emptySince, context.now()) || !(await isGone(context, url))) continue;
    givenUp.add(url);
    const claim = port === undefined ? undefined : await findClaim(context, url, port);
    if (claim !== undefined) releases.push(claim);
  }
  return { givenUp, releases };
}

async function isGone(context: Context, url: string): Promise<boolean> {
  const { cluster, settings } = context;
  const name = hashedName(url);
  const boundEndpoint = await cluster.get(boundEndpointRef(name, settings));
  if (boundEndpoint !== undefined && isOurBoundEndpoint(boundEndpoint)) return false;
  const upstream = await cluster.get(upstreamRef(name, settings));
  return upstream === undefined || !isOurService(upstream, settings.operatorNamespace);
}
