import { isDeepStrictEqual } from "node:util";
import { ClusterError } from "../cluster/errors.ts";
import { describeRef, type EndpointRecord, type Ref } from "../cluster/objects.ts";
import { recordName } from "../endpoint/hashed-name.ts";
import type { EndpointChange } from "../event/change.ts";
import { judge } from "../judge/judge.ts";
import { difference } from "../plan/difference.ts";
import type { Obstacle } from "../plan/obstacle.ts";
import { mergeRecord, type Relation } from "../register/record.ts";
import { REGISTER_ATTEMPTS } from "../settings/limits.ts";
import { type Context, LOST, orLost, untilWon } from "./context.ts";
import { writeRegister } from "./registers.ts";

export type Remembered = {
  relation: Relation;
  record: EndpointRecord;
  /** Whether this delivery made the record. */
  created: boolean;
};

/** The record of an endpoint as it is now, undefined where there is none. */
export function read(context: Context, id: string): Promise<EndpointRecord | undefined> {
  return context.cluster.get(recordRef(context, id));
}

/** Folds an event into the record of its endpoint, by compare-and-swap. */
export async function remember(context: Context, change: EndpointChange): Promise<Remembered> {
  const ref = recordRef(context, change.id);
  return untilWon(context, describeRef(ref), REGISTER_ATTEMPTS, async () => {
    const found = await context.cluster.get(ref);
    if (found !== undefined && found.spec.id !== change.id) {
      throw new ClusterError(
        "refused",
        `${describeRef(ref)} is of endpoint ${JSON.stringify(found.spec.id)}, not of ${JSON.stringify(change.id)}; delete it`,
      );
    }
    const { relation, record: spec } = mergeRecord(
      found?.spec,
      change,
      (endpoint) => judge(endpoint, context.settings.policy),
      context.now(),
    );
    if (found !== undefined && spec === found.spec) return { relation, record: found, created: false };
    const written = await orLost(writeRegister(context, ref, found, spec));
    return written === LOST ? LOST : { relation, record: written, created: found === undefined };
  });
}

/**
 * Notes in the record's status what keeps its endpoint from being ready, or that nothing does. Where a newer event
 * has written the record meanwhile, that event's delivery has to say.
 */
export async function noteObstacle(
  context: Context,
  remembered: EndpointRecord,
  found: Obstacle | undefined,
): Promise<void> {
  const { name } = remembered.metadata;
  const ref = { kind: "EndpointRecord", namespace: context.settings.operatorNamespace, name } as const;
  let record: EndpointRecord | undefined = remembered;
  await untilWon(context, `the status of ${describeRef(ref)}`, REGISTER_ATTEMPTS, async () => {
    if (record === undefined || !isDeepStrictEqual(record.spec, remembered.spec)) return;
    const status = difference(record.status, {
      reason: found?.reason ?? null,
      message: found?.message ?? null,
    });
    if (status === undefined) return;
    const { resourceVersion = "" } = record.metadata;
    const written = await orLost(context.cluster.patch(ref, resourceVersion, { status }, "status"));
    if (written !== LOST) return;
    record = await context.cluster.get(ref);
    return LOST;
  });
}

function recordRef(context: Context, id: string): Ref<"EndpointRecord"> {
  return { kind: "EndpointRecord", namespace: context.settings.operatorNamespace, name: recordName(id) };
}
