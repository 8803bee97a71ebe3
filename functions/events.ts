import { clusterOver } from "../lib/cluster/cluster.ts";
import { timeIsUp } from "../lib/cluster/errors.ts";
import { recording, type Written } from "../lib/cluster/recording.ts";
import type { Transport } from "../lib/cluster/transport.ts";
import type { ChangeResult } from "../lib/event/decode.ts";
import type { Instant } from "../lib/event/instant.ts";
import { operatorNamespaceOf } from "../lib/judge/account.ts";
import type { Context } from "../lib/reconcile/context.ts";
import { deliver } from "../lib/reconcile/deliver.ts";
import type { Rounds } from "../lib/reconcile/rounds.ts";
import type { Settings } from "../lib/settings/settings.ts";
import { failed, notWellFormed, type Reply, replyOf } from "./reply.ts";

/** What the function works with: everything that is not a pure value is a parameter. */
export type World = {
  transport: Transport;
  settings: Settings;
  now: () => Instant;
  random: () => number;
  sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** What the deliveries of one instance share. */
  rounds: Rounds;
};

export type Handling = {
  /** Ends when the time for this delivery is up. */
  signal: AbortSignal;
  /** Say what would change, and what the API server says to it, and change nothing. */
  dryRun: boolean;
};

/**
 * The function: handles one decoded event and says what came of it. Never throws: what went wrong, too, is a reply.
 * Any number of instances may handle any events at once.
 */
export async function handleEvent(world: World, result: ChangeResult, handling: Handling): Promise<Reply> {
  if (!result.ok) return notWellFormed(result);
  const { change } = result;
  const account = operatorNamespaceOf(change.account, world.settings);
  if (!account.ok) {
    return notWellFormed({ eventId: change.eventId, endpointId: change.id, problems: [account.problem] });
  }
  const written: Written[] = [];
  try {
    const context = contextOf(world, account.namespace, written, handling);
    const delivered = await deliver(context, world.rounds, change);
    return replyOf(change, account.namespace, delivered, written, handling.dryRun);
  } catch (error) {
    return failed(change, written, error);
  }
}

function contextOf(world: World, operatorNamespace: string, written: Written[], handling: Handling): Context {
  const { settings, transport } = world;
  const { signal, dryRun } = handling;
  const cluster = clusterOver(transport, { signal, dryRun });
  const recordingTo = (elsewhere: Written[]): Context => ({
    cluster: recording(cluster, elsewhere),
    written: elsewhere,
    recordingTo,
    signal,
    settings: {
      ...settings,
      operatorNamespace,
      policy: { selectors: settings.selectors, namespaces: settings.namespaces },
    },
    now: world.now,
    random: world.random,
    sleep: (milliseconds) =>
      world.sleep(milliseconds, signal).catch((error: unknown) => Promise.reject(timeIsUp(error))),
    dryRun,
  });
  return recordingTo(written);
}
