import type { Cluster } from "../cluster/cluster.ts";
import { ClusterError } from "../cluster/errors.ts";
import type { Written } from "../cluster/recording.ts";
import type { Instant } from "../event/instant.ts";
import type { Policy } from "../judge/judge.ts";
import type { PlanSettings } from "../plan/host.ts";
import { BACKOFF_BASE_MS, BACKOFF_MAX_MS } from "../settings/limits.ts";

/** What one delivery works with. Nothing in it outlives the delivery. */
export type Context = {
  cluster: Cluster;
  /** What it has written so far, in order. */
  written: Written[];
  /** The same, but what is written from here on is noted elsewhere. */
  recordingTo(written: Written[]): Context;
  /** Ends when the delivery's time is up. */
  signal: AbortSignal;
  /** Of the account that the event belongs to. */
  settings: PlanSettings & { policy: Policy };
  now: () => Instant;
  /** From 0 to 1, 1 excluded. */
  random: () => number;
  /** Rejects when the delivery's time is up. */
  sleep: (milliseconds: number) => Promise<void>;
  /** Nothing is written, so nothing that was written can be read back. */
  dryRun: boolean;
};

/** What an attempt returns that found the world changed under it. */
export const LOST = Symbol("lost a race");

/**
 * Tries until an attempt does not lose a race, with a random pause between attempts that grows.
 *
 * @param attempt is told how many have lost
 * @throws ClusterError `tryAgain`, reason `LostRaces`, after `limit` attempts
 */
export async function untilWon<T>(
  context: Context,
  what: string,
  limit: number,
  attempt: (lost: number) => Promise<T | typeof LOST>,
): Promise<T> {
  for (let lost = 0; lost < limit; lost++) {
    if (lost > 0) await context.sleep(backoff(lost, context.random));
    const result = await attempt(lost);
    if (result !== LOST) return result;
  }
  throw new ClusterError("tryAgain", `${what} was changed by others ${limit} times in a row`, {
    reason: "LostRaces",
  });
}

/** What the call returns; {@link LOST} where its precondition failed. Other errors pass. */
export async function orLost<T>(call: Promise<T>): Promise<T | typeof LOST> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ClusterError && error.kind === "precondition") return LOST;
    throw error;
  }
}

function backoff(attempt: number, random: () => number): number {
  return random() * Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** attempt);
}
