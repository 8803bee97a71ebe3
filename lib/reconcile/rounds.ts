import { timeIsUp } from "../cluster/errors.ts";
import type { BoundHost } from "../cluster/objects.ts";
import type { Written } from "../cluster/recording.ts";
import type { Context } from "./context.ts";
import { type HostOutcome, reconcile } from "./hosts.ts";
import { type Contribution, type Settled, settle } from "./ledgers.ts";
import { releasePort } from "./ports.ts";

/** A delivery that waits for its host to be settled and reconciled. */
type Waiting = {
  context: Context;
  contribution: Contribution;
  resolve(outcome: HostOutcome | undefined): void;
  reject(error: unknown): void;
};

/**
 * What the deliveries of one instance share. Those for one host go in rounds: while a round is under way, whoever comes
 * waits; the next round merges what all of them bring into the ledger with one write, and makes one pass over the host.
 * So a burst of events for a host costs a few rounds, and a delivery is answered only by a pass over a ledger that was
 * written with what it brings, or read after it came. Nothing here outlives the deliveries.
 */
export class Rounds {
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #underWay = new Set<string>();

  /** How the host stands after a round with this contribution; undefined where it has no ledger and needs none. */
  join(context: Context, contribution: Contribution): Promise<HostOutcome | undefined> {
    // A dry run sees what the others do, but must not be merged with it.
    if (context.dryRun) return runRound(context, [contribution]).then(({ outcome }) => outcome);
    // The event of a signal that has ended does not come again.
    if (context.signal.aborted) return Promise.reject(timeIsUp(context.signal.reason));
    const key = `${context.settings.operatorNamespace}/${contribution.host}`;
    return new Promise((resolve, reject) => {
      context.signal.addEventListener("abort", () => reject(timeIsUp(context.signal.reason)), { once: true });
      const waiting = this.#waiting.get(key) ?? [];
      this.#waiting.set(key, [...waiting, { context, contribution, resolve, reject }]);
      if (!this.#underWay.has(key)) void this.#run(key);
    });
  }

  async #run(key: string): Promise<void> {
    this.#underWay.add(key);
    // As the round before leaves it: the next one need not read it.
    let ledger: BoundHost | undefined;
    for (let round = this.#take(key); round.length > 0; round = this.#take(key))
      ledger = await share(round, ledger);
    this.#underWay.delete(key);
  }

  #take(key: string): Waiting[] {
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    return waiting.filter(({ context }) => !context.signal.aborted);
  }
}

/**
 * One round for all of them; never rejects, since each of them is told.
 *
 * @param known the host's ledger as it was lately, where that is known
 * @returns the ledger as it is afterwards, where the round came to its end
 */
async function share(round: Waiting[], known: BoundHost | undefined): Promise<BoundHost | undefined> {
  // The one that came last has the most time left.
  const { context } = round.at(-1) as Waiting;
  const written: Written[] = [];
  try {
    const { outcome, merged, ledger } = await runRound(
      context.recordingTo(written),
      round.map(({ contribution }) => contribution),
      known,
    );
    credit(round, written, merged);
    for (const { resolve } of round) resolve(outcome);
    return ledger;
  } catch (error) {
    credit(round, written, new Set());
    for (const { reject } of round) reject(error);
    return undefined;
  }
}

/** Says in the reply of those whose event changed the ledger what was written; where none did, in the first one's. */
function credit(round: Waiting[], written: Written[], merged: ReadonlySet<Contribution>): void {
  const creditors = round.filter(({ contribution }) => merged.has(contribution));
  for (const { context } of creditors.length > 0 ? creditors : round.slice(0, 1))
    context.written.push(...written);
}

/** What a round came to. */
type Round = Pick<Settled, "ledger" | "merged"> & { outcome: HostOutcome | undefined };

async function runRound(context: Context, contributions: Contribution[], known?: BoundHost): Promise<Round> {
  const settled = await settle(context, contributions, known);
  const { ledger, merged } = settled;
  if (ledger === undefined) return { outcome: undefined, merged, ledger };
  const reconciled = await reconcile(context, { ...settled, ledger });
  for (const release of settled.releases) await releasePort(context, release);
  return { ...reconciled, merged };
}
