import type { Cluster } from "./cluster.ts";
import type { Kind, Ref } from "./objects.ts";

/** A write that succeeded. */
export type Written = {
  kind: Kind;
  namespace: string;
  name: string;
  action: "created" | "changed" | "statusChanged" | "deleted";
};

/** The cluster, with every successful write noted in `written`, in order. */
export function recording(cluster: Cluster, written: Written[]): Cluster {
  const note = (ref: Ref, action: Written["action"]) => {
    written.push({ kind: ref.kind, namespace: ref.namespace ?? "", name: ref.name, action });
  };
  return {
    get: (ref) => cluster.get(ref),
    getVersion: (ref) => cluster.getVersion(ref),
    listLeases: (namespace, labelSelector) => cluster.listLeases(namespace, labelSelector),
    async create(object) {
      const created = await cluster.create(object);
      const { namespace = "", name } = object.metadata;
      note({ kind: object.kind, namespace, name }, "created");
      return created;
    },
    async patch(ref, resourceVersion, patch, subresource) {
      const changed = await cluster.patch(ref, resourceVersion, patch, subresource);
      note(ref, subresource === "status" ? "statusChanged" : "changed");
      return changed;
    },
    async delete(ref, precondition) {
      const left = await cluster.delete(ref, precondition);
      note(ref, "deleted");
      return left;
    },
  };
}
