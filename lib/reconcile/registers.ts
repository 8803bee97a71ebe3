import {
  apiVersionOf,
  type BoundHost,
  type EndpointRecord,
  type Kinds,
  type Ref,
} from "../cluster/objects.ts";
import { difference, exactly } from "../plan/difference.ts";
import { MANAGED_BY, MANAGER } from "../plan/names.ts";
import type { Context } from "./context.ts";

/** A kind of register, and the object of that kind. */
type Register = { EndpointRecord: EndpointRecord; BoundHost: BoundHost };

/**
 * Writes the whole spec of a register by compare-and-swap.
 *
 * @param found the register as it was read; undefined where there was none
 * @throws ClusterError `precondition` where it is not so any more
 */
export function writeRegister<K extends keyof Register>(
  context: Context,
  ref: Ref<K>,
  found: Register[K] | undefined,
  spec: Register[K]["spec"],
): Promise<Kinds[K]> {
  if (found !== undefined) {
    const patch = difference(found.spec, exactly(found.spec, spec));
    return context.cluster.patch(ref, found.metadata.resourceVersion ?? "", { spec: patch });
  }
  const { kind, name, namespace = "" } = ref;
  const metadata = { name, namespace, labels: { [MANAGED_BY]: MANAGER } };
  const register = { apiVersion: apiVersionOf(kind), kind, metadata, spec };
  return context.cluster.create(register as unknown as Kinds[K] & { kind: K });
}
