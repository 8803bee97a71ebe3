import { ClusterError } from "../cluster/errors.ts";
import { type BoundHost, describeRef, type KubeObject, type Ref } from "../cluster/objects.ts";
import { type Observed, type ParsedLedger, parseLedger, slotsOf } from "../plan/host.ts";
import { type HostOutcome, outcomeOf, plan, type View } from "../plan/plan.ts";
import { RECONCILE_ROUNDS } from "../settings/limits.ts";
import { carryOut } from "./apply.ts";
import { type Context, LOST, untilWon } from "./context.ts";
import { ledgerRef, type Settled } from "./ledgers.ts";

export type { HostOutcome } from "../plan/plan.ts";

/** How a host stands, by a ledger that was so when the last of its objects had been read or written. */
export type Reconciled = { outcome: HostOutcome; ledger: BoundHost };

/**
 * Makes the objects of a host what its ledger says, whoever else is at it:
 *
 *     repeat
 *       L = the ledger; O = the host's objects, by name
 *       changes = plan(L, O); none: done
 *       the ledger is not L any more: again                                (a)
 *       apply the changes, each with its precondition
 *       a precondition failed, or the ledger is not L any more: again      (b)
 *       else: done
 *
 * By (a) the ledger was still L after O was read, so whoever wrote an object in O had seen L or an older ledger, and
 * a write that succeeds never undoes the result of a newer one: a newer pass over a changed set of URLs has stamped
 * the objects with its epoch. What the epoch does not cover (one object's content changed there and back), (b)
 * repairs. A pass that dies before (b) belongs to a delivery that is not answered, so it comes again.
 *
 * (a) and (b) ask for the version of the ledger only, which is far cheaper where a host has many endpoints.
 *
 * The objects are read after the pass's own write of the ledger, never before: an older pass may write, verify and
 * finish between the two. Where this delivery has made the ledger nobody can have made an object of the host:
 * nothing is read, creation is its own check, and (a) falls away.
 *
 * @throws ClusterError `tryAgain` where it lost too many races or the API server did not answer
 */
export async function reconcile(
  context: Context,
  settled: Settled & { ledger: BoundHost },
): Promise<Reconciled> {
  const { host } = settled.ledger.spec;
  return untilWon(context, `host ${host}`, RECONCILE_ROUNDS, async (lost) => {
    const ledger = lost === 0 ? settled.ledger : await readAgain(context, settled.ledger);
    const fresh = lost === 0 && settled.created;
    const view = await look(context, ledger, fresh);
    const changes = plan(view);
    if (changes.length === 0) return { outcome: outcomeOf(view), ledger };
    if (!fresh && !(await isStill(context, ledger))) return LOST;
    const done = await carryOut(context, view, changes, () => isStill(context, ledger), fresh);
    return done.lost ? LOST : { outcome: outcomeOf(done.view), ledger };
  });
}

async function look(context: Context, ledger: BoundHost, fresh: boolean): Promise<View> {
  const parsed = parseLedger(ledger.spec, context.settings);
  const seen: Seen = fresh
    ? { observed: { objects: new Map(), namespace: "Unread" }, refusals: new Map() }
    : await observe(context, parsed);
  return { ledger: parsed, ...seen, settings: context.settings, now: context.now() };
}

/** An object that may not be read counts as refused: nothing is known of it, so nothing is done to it. */
type Seen = Pick<View, "observed" | "refusals">;

async function observe(context: Context, ledger: ParsedLedger): Promise<Seen> {
  const objects = new Map<string, KubeObject>();
  const refusals = new Map<string, string>();
  await Promise.all(
    slotsOf(ledger).map(async ({ ref, name }) => {
      const found = await readOrRefusal(context, ref);
      if (found instanceof ClusterError) refusals.set(name, found.message);
      else if (found !== undefined) objects.set(name, found);
    }),
  );
  const { target, urls } = ledger;
  const seen = (namespace: Observed["namespace"]) => ({ observed: { objects, namespace }, refusals });
  // Where the target is there, so is its namespace; where nobody wants it, it does not matter.
  if (objects.has(target.name)) return seen("Active");
  if (urls.every(({ endpoints }) => endpoints.length === 0)) return seen("Unread");
  return seen(await readNamespace(context, target.ref.namespace ?? ""));
}

/** A create in a namespace that is not there would be a failing write at every replay. */
async function readNamespace(context: Context, name: string): Promise<Observed["namespace"]> {
  const namespace = await readOrRefusal(context, { kind: "Namespace", name });
  if (namespace instanceof ClusterError) return "Unread";
  if (namespace === undefined) return "Missing";
  return namespace.metadata.deletionTimestamp === undefined ? "Active" : "Terminating";
}

/** A role that lacks a target namespace is a matter of that host alone, and no reason to send the event again. */
async function readOrRefusal(context: Context, ref: Ref): Promise<KubeObject | undefined | ClusterError> {
  try {
    return await context.cluster.get(ref);
  } catch (error) {
    if (error instanceof ClusterError && error.kind === "refused") return error;
    throw error;
  }
}

async function readAgain(context: Context, known: BoundHost): Promise<BoundHost> {
  // Nothing was written that could be read back.
  if (context.dryRun) return known;
  const ref = ledgerRef(context, known.spec.host);
  const found = await context.cluster.get(ref);
  if (found === undefined) throw deletedByOthers(ref);
  return found;
}

/** Whether nobody has written the ledger since it was read. */
async function isStill(context: Context, { spec, metadata }: BoundHost): Promise<boolean> {
  if (context.dryRun) return true;
  const ref = ledgerRef(context, spec.host);
  const version = await context.cluster.getVersion(ref);
  if (version === undefined) throw deletedByOthers(ref);
  return version.uid === metadata.uid && version.resourceVersion === metadata.resourceVersion;
}

function deletedByOthers(ref: Ref): ClusterError {
  return new ClusterError("tryAgain", `${describeRef(ref)} was deleted by somebody else`);
}
