import type { KubeObject } from "../../lib/cluster/objects.ts";
import { projectCrds } from "../../lib/embedded/crds.ts";
import { createStore, type Store } from "../../lib/embedded/store.ts";
import { canonicalJson } from "../../lib/event/canonical-json.ts";
import { EPOCH, isOurBoundEndpoint, MANAGED_BY, MANAGER } from "../../lib/plan/names.ts";
import { OPERATORS } from "./events.ts";

const CRDS = projectCrds();

/** Namespaces that endpoints may be bound into and that are there from the start. */
export const NAMESPACES = ["x", "y"] as const;

/** The label that strangers put on whatever they edit. */
export const STRANGERS_LABEL = "edited";

/** An empty cluster, deterministic but for the clock. */
export function newCluster(clock: () => Date): Store {
  let uids = 0;
  return createStore({
    clock,
    uid: () => `uid-${++uids}`,
    crds: CRDS,
    namespaces: ["default", ...OPERATORS, ...NAMESPACES],
    historyLimit: 0,
  });
}

/** Paths of the collections that the function writes to, over all namespaces. */
export const COLLECTIONS = {
  boundEndpoints: "/apis/bindings.k8s.ngrok.com/v1alpha1/boundendpoints",
  services: "/api/v1/services",
  leases: "/apis/coordination.k8s.io/v1/leases",
  records: "/apis/pushbind.dev/v1alpha1/endpointrecords",
  ledgers: "/apis/pushbind.dev/v1alpha1/boundhosts",
} as const;

export function listOf<T extends KubeObject>(store: Store, collection: keyof typeof COLLECTIONS): T[] {
  return (store.handle({ method: "GET", path: COLLECTIONS[collection] }).body as { items: T[] }).items;
}

/** Whether an object is one that the function may change: it says so itself. */
export function isOurs(object: KubeObject): boolean {
  return isOurBoundEndpoint(object) || object.metadata.labels?.[MANAGED_BY] === MANAGER;
}

type Ported = { port?: number; targetPort?: number | string };

/**
 * The BoundEndpoints and Services of a cluster, in a form in which two clusters that came there by different ways are
 * alike: without epochs, times, and what the server assigns, and with the URL in place of each forwarder port.
 */
export function normalForm(store: Store): string[] {
  const boundEndpoints = listOf<KubeObject<{ endpointURL: string } & Ported>>(store, "boundEndpoints");
  const urls = new Map(
    boundEndpoints.map(({ metadata, spec }) => [`${metadata.namespace} ${spec?.port}`, spec?.endpointURL]),
  );
  const named = (namespace: string | undefined, port: unknown) => urls.get(`${namespace} ${port}`) ?? port;
  const services = listOf<KubeObject<{ ports?: Ported[]; clusterIP?: string; clusterIPs?: string[] }>>(
    store,
    "services",
  );
  return [
    ...boundEndpoints.map(({ metadata, spec, status }) => ({
      ...essence(metadata),
      spec: { ...spec, port: named(metadata.namespace, spec?.port) },
      status: withoutTimes(status),
    })),
    ...services.map(({ metadata, spec: { clusterIP: _, clusterIPs: __, ...spec } = {} }) => ({
      ...essence(metadata),
      spec: {
        ...spec,
        ports: spec.ports?.map((port) => ({
          ...port,
          targetPort: named(metadata.namespace, port.targetPort),
        })),
      },
    })),
  ]
    .map((object) => canonicalJson(JSON.parse(JSON.stringify(object))))
    .sort();
}

function essence({ namespace, name, labels = {}, annotations = {} }: KubeObject["metadata"]) {
  const { [EPOCH]: _, ...kept } = annotations;
  // What strangers put beside our labels stays.
  const { [STRANGERS_LABEL]: __, ...ours } = labels;
  return { namespace, name, labels: ours, annotations: kept };
}

function withoutTimes(status: unknown): unknown {
  const { conditions = [], ...rest } = (status ?? {}) as { conditions?: Record<string, unknown>[] };
  return {
    ...rest,
    conditions: conditions.map(
      ({ lastTransitionTime: _, observedGeneration: __, ...condition }) => condition,
    ),
  };
}
