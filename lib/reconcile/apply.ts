import { ClusterError } from "../cluster/errors.ts";
import { describeRef, type Kinds, type KubeObject } from "../cluster/objects.ts";
import type { Observed } from "../plan/host.ts";
import { type Change, nameOf, plan, type View } from "../plan/plan.ts";
import type { Context } from "./context.ts";

/** What came of a change: how the object now is, or why it is as it was. */
type Result =
  | { kind: "done"; object: KubeObject | undefined }
  | { kind: "refused"; message: string }
  | { kind: "namespace"; phase: "Missing" | "Terminating" }
  | { kind: "lost" };

export type Applied = {
  view: View;
  /** Whether somebody else has changed an object, or the ledger. */
  lost: boolean;
};

/**
 * Applies what is planned, stage by stage, folding what the API server answers into the view, until nothing is left
 * to change or a race is lost; then asks whether the ledger is still the same.
 *
 * @param first what is planned from `start`
 * @param fresh the host is new. Then nobody can have concluded anything from a status that is written here, and the
 *   ledger may be read while it is
 * @throws ClusterError `tryAgain`, after everything in flight has ended
 */
export async function carryOut(
  context: Context,
  start: View,
  first: Change[],
  isLedgerStill: () => Promise<boolean>,
  fresh: boolean,
): Promise<Applied> {
  let view = start;
  const made = new Set<string>();
  for (let stage = first; stage.length > 0; ) {
    const isLast = fresh && stage.every(({ action }) => action === "changeStatus");
    const [results, still] = await Promise.all([
      applyAll(context, stage, made),
      isLast ? isLedgerStill() : undefined,
    ]);
    view = stage.reduce((folded, change, index) => fold(folded, change, results[index] as Result), view);
    if (results.some(({ kind }) => kind === "lost") || still === false) return { view, lost: true };
    stage = plan(view);
    if (still && stage.length === 0) return { view, lost: false };
  }
  return { view, lost: !(await isLedgerStill()) };
}

async function applyAll(context: Context, stage: Change[], made: Set<string>): Promise<Result[]> {
  const settled = await Promise.allSettled(stage.map((change) => applyOne(context, change, made)));
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

async function applyOne(context: Context, change: Change, made: Set<string>): Promise<Result> {
  const name = describeRef(change.ref);
  // In a dry run the object is not there, so there is no status that could be sent.
  if (context.dryRun && change.action === "changeStatus" && made.has(name))
    return { kind: "done", object: undefined };
  try {
    const object = await send(context, change);
    if (change.action === "create") made.add(name);
    return { kind: "done", object };
  } catch (error) {
    return resultOf(error, change, context);
  }
}

function send(context: Context, change: Change): Promise<KubeObject | undefined> {
  const { cluster } = context;
  switch (change.action) {
    case "create":
      return cluster.create(
        change.object as KubeObject & { kind: "Service" } as Kinds["Service"] & { kind: "Service" },
      );
    case "change":
      return cluster.patch(change.ref, change.resourceVersion, change.patch);
    case "changeStatus":
      return cluster.patch(change.ref, change.resourceVersion, change.patch, "status");
    case "delete":
      return cluster.delete(change.ref, change.precondition);
  }
}

function resultOf(error: unknown, change: Change, context: Context): Result {
  if (!(error instanceof ClusterError)) throw error;
  const inOperatorNamespace = change.ref.namespace === context.settings.operatorNamespace;
  switch (error.kind) {
    case "precondition":
      return { kind: "lost" };
    case "notFound":
      // Without its own namespace nothing can be remembered either; that is no matter of one endpoint.
      if (inOperatorNamespace) throw error;
      return { kind: "namespace", phase: "Missing" };
    case "refused":
      if (error.causes.includes("NamespaceTerminating") && !inOperatorNamespace) {
        return { kind: "namespace", phase: "Terminating" };
      }
      return { kind: "refused", message: error.message };
    case "tryAgain":
      throw error;
  }
}

function fold(view: View, change: Change, result: Result): View {
  switch (result.kind) {
    case "lost":
      return view;
    case "refused":
      return { ...view, refusals: new Map(view.refusals).set(nameOf(change), result.message) };
    case "namespace":
      return { ...view, observed: { ...view.observed, namespace: result.phase } };
    case "done":
      return { ...view, observed: withObject(view.observed, change, result.object) };
  }
}

function withObject(observed: Observed, change: Change, object: KubeObject | undefined): Observed {
  const objects = new Map(observed.objects);
  const name = describeRef(change.ref);
  if (change.action === "changeStatus") {
    objects.set(name, withStatus(objects.get(name), change.patch, object));
  } else if (object !== undefined) objects.set(name, object);
  else if (change.action === "delete") objects.delete(name);
  return { ...observed, objects };
}

/**
 * The object with its status as the API server answers it, or as it would be where it was not sent. The rest stays as
 * it is known: in the answer to a dry run the changes before it are missing.
 */
function withStatus(
  known: KubeObject | undefined,
  patch: Record<string, unknown>,
  answer: KubeObject | undefined,
): KubeObject {
  if (known === undefined) throw new Error("a status was planned for an object that is not there");
  if (answer === undefined) return { ...known, status: patch.status };
  const { resourceVersion = "" } = answer.metadata;
  return { ...known, metadata: { ...known.metadata, resourceVersion }, status: answer.status };
}
