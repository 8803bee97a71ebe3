import { ClusterError } from "../cluster/errors.ts";
import type { EndpointRecord } from "../cluster/objects.ts";
import type { Problem } from "../endpoint/problem.ts";
import type { Endpoint, EndpointChange } from "../event/change.ts";
import { judge } from "../judge/judge.ts";
import type { Obstacle } from "../plan/obstacle.ts";
import { type EventKey, entryKeyOf } from "../register/key.ts";
import { type Entry, isExpired, liveEntry, tombstone } from "../register/ledger.ts";
import type { Relation } from "../register/record.ts";
import type { Context } from "./context.ts";
import type { HostOutcome } from "./hosts.ts";
import type { Contribution } from "./ledgers.ts";
import { noteObstacle, read, remember } from "./records.ts";
import type { Rounds } from "./rounds.ts";

/** What a delivery came to: every effect of it is durable. */
export type Delivered = {
  relation: Relation;
  /** The newest state of the endpoint, which need not be the event's. */
  record: EndpointRecord["spec"];
  /** Name of the BoundEndpoint, where the newest state is bound to one. */
  boundEndpoint: string | undefined;
  /** Whether this delivery knows how the newest state stands; not where a newer event is still being handled. */
  isSettled: boolean;
  /** What keeps the newest state from being in place; undefined where it is. */
  obstacle: Obstacle | undefined;
  /** What is wrong with the endpoint, where it is rejected. */
  problems: Problem[];
};

/*
 * What an event asks the API server, call by call; what stands in one line is asked side by side, since no answer there
 * bears on another's. What is read is read by name; fewer calls would break a promise.
 *
 *   a new endpoint on a new host: ten calls
 *     get record            Is the event newer? Creating at once would send a write that is refused at every replay.
 *     create record         The event is remembered before anything is done for it.
 *     get ledger            Who else is on the host? As with the record.
 *     create claim          The forwarder's port: of two instances that want it, creation lets one have it.
 *     create ledger         With the port, and before the objects: whoever comes now makes the same ones.
 *     create BoundEndpoint, upstream, target
 *     change status, get ledger (b)
 *
 *   a replay: five
 *     get record, then get ledger (its hosts stand in the record), then get BoundEndpoint, upstream, target
 *
 *   a delete that empties a host: twelve
 *     get record, then change record
 *     get ledger, then change ledger
 *     get BoundEndpoint, upstream, target
 *     get ledger (a)
 *     delete target, upstream, BoundEndpoint
 *     get ledger (b)
 *
 * (a) and (b) are those of the loop in hosts.ts, and ask for the ledger's version only. In a burst of events for one host
 * the ledger is read once for all that bring something to it (rounds.ts). A record's status is written only where a
 * delivery came to something else than the one before. A host that the endpoint was on before costs a get of its ledger
 * and of its objects.
 */

/**
 * Handles one event: folds it into the record of its endpoint, then into the ledger of every host that the endpoint
 * has ever been on, and makes the objects of these hosts what their ledgers say.
 *
 * An older event than the record's merges nothing, but goes on all the same: its first delivery may have died after a
 * write made from an old ledger, which the newer event's pass did not see. Hosts that were left are looked after for
 * the same reason. One host failing does not keep the others from it.
 *
 * @param rounds what this delivery shares with the others of its instance
 * @throws ClusterError if anything is left undone; the delivery is to be sent again
 */
export async function deliver(context: Context, rounds: Rounds, change: EndpointChange): Promise<Delivered> {
  const { relation, record, created } = await remember(context, change);
  const outcomes = await deliverToHosts(context, rounds, record, relation);
  const { verdict } = record.spec;
  const own = outcomes.get(verdict.host ?? "")?.urls.find(({ url }) => url === verdict.url);
  if (verdict.state === "Bound" && own === undefined) return overtaken(context, record);
  const obstacle = own?.obstacle ?? leftoverOf(outcomes, verdict.host);
  if (!(context.dryRun && created)) await noteObstacle(context, record, obstacle);
  return {
    relation,
    record: record.spec,
    boundEndpoint: own?.obstacle?.reason === "NoPortLeft" ? undefined : own?.hashedName,
    isSettled: true,
    obstacle,
    problems: problemsOf(context, record),
  };
}

/** A newer event has reached the ledger meanwhile: whether what that one wants is in place, its delivery says. */
async function overtaken(context: Context, { spec }: EndpointRecord): Promise<Delivered> {
  const newest = await read(context, spec.id);
  return {
    relation: "stale",
    record: newest?.spec ?? spec,
    boundEndpoint: undefined,
    isSettled: false,
    obstacle: undefined,
    problems: [],
  };
}

/** On the host that the endpoint is on, what is left of other URLs is no matter of its. */
function leftoverOf(
  outcomes: ReadonlyMap<string, HostOutcome>,
  own: string | undefined,
): Obstacle | undefined {
  return [...outcomes]
    .map(([host, { leftover }]) => (host === own ? undefined : leftover))
    .find((found) => found !== undefined);
}

/** One host failing does not keep the others from it. */
async function deliverToHosts(
  context: Context,
  rounds: Rounds,
  record: EndpointRecord,
  relation: Relation,
): Promise<Map<string, HostOutcome>> {
  const outcomes = new Map<string, HostOutcome>();
  const failures: unknown[] = [];
  for (const host of record.spec.hosts) {
    try {
      const outcome = await rounds.join(context, contributionOf(context, host, record, relation));
      if (outcome !== undefined) outcomes.set(host, outcome);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw gravest(failures);
  return outcomes;
}

function contributionOf(
  context: Context,
  host: string,
  record: EndpointRecord,
  relation: Relation,
): Contribution {
  return {
    host,
    id: record.spec.id,
    entry: relation === "stale" ? undefined : entryOf(record, host, context),
    bury: !isExpired(record.spec.writtenAt, context.now()),
  };
}

function entryOf(record: EndpointRecord, host: string, context: Context): Entry {
  const { key, verdict, endpoint } = record.spec;
  const entryKey = entryKeyOf(key as EventKey, record.metadata.generation ?? 1);
  if (verdict.host === host && verdict.url !== undefined) {
    return liveEntry(entryKey, verdict.url, endpoint as Endpoint);
  }
  return tombstone(entryKey, context.now());
}

function problemsOf(context: Context, record: EndpointRecord): Problem[] {
  if (record.spec.verdict.state !== "Rejected") return [];
  const verdict = judge(record.spec.endpoint as Endpoint, context.settings.policy);
  return verdict.state === "Rejected" ? verdict.problems : [];
}

/** The one to answer with: whatever asks for the longest wait. */
function gravest(failures: unknown[]): unknown {
  const wait = (failure: unknown) => (failure instanceof ClusterError ? (failure.retryAfter ?? 0) : Infinity);
  return failures.toSorted((a, b) => wait(b) - wait(a))[0];
}
