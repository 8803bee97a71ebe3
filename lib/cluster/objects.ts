import type {
  BoundEndpointSpec,
  BoundEndpointStatus,
  BoundHostSpec,
  EndpointRecordSpec,
  EndpointRecordStatus,
} from "../../schemas/types.ts";

/** The part of `ObjectMeta` that Pushbind reads or sets. */
export type ObjectMeta = {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  finalizers?: string[];
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
};

export type KubeObject<Spec = unknown, Status = unknown> = {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: Spec;
  status?: Status;
};

export type ServicePort = {
  name?: string;
  port: number;
  protocol?: string;
  targetPort?: number | string;
};

/** The part of a core/v1 Service's spec that Pushbind sets. */
export type ServiceSpec = {
  type?: string;
  externalName?: string;
  selector?: Record<string, string>;
  ports?: ServicePort[];
  sessionAffinity?: string;
  internalTrafficPolicy?: string;
};

/** The part of a coordination.k8s.io/v1 Lease's spec that Pushbind sets. */
export type LeaseSpec = { holderIdentity?: string; leaseTransitions?: number };

export type Service = KubeObject<ServiceSpec>;
export type Lease = KubeObject<LeaseSpec>;
export type Namespace = KubeObject<unknown, { phase?: string }>;
export type BoundEndpoint = KubeObject<BoundEndpointSpec, BoundEndpointStatus>;
export type EndpointRecord = KubeObject<EndpointRecordSpec, EndpointRecordStatus> & {
  spec: EndpointRecordSpec;
};
export type BoundHost = KubeObject<BoundHostSpec> & { spec: BoundHostSpec };

/** Every kind that Pushbind touches. */
export type Kinds = {
  Namespace: Namespace;
  Service: Service;
  Lease: Lease;
  BoundEndpoint: BoundEndpoint;
  EndpointRecord: EndpointRecord;
  BoundHost: BoundHost;
};
export type Kind = keyof Kinds;

export type Ref<K extends Kind = Kind> = { kind: K; namespace?: string; name: string };

const resources: Record<Kind, { apiVersion: string; plural: string }> = {
  Namespace: { apiVersion: "v1", plural: "namespaces" },
  Service: { apiVersion: "v1", plural: "services" },
  Lease: { apiVersion: "coordination.k8s.io/v1", plural: "leases" },
  BoundEndpoint: { apiVersion: "bindings.k8s.ngrok.com/v1alpha1", plural: "boundendpoints" },
  EndpointRecord: { apiVersion: "pushbind.dev/v1alpha1", plural: "endpointrecords" },
  BoundHost: { apiVersion: "pushbind.dev/v1alpha1", plural: "boundhosts" },
};

/** `v1`, `coordination.k8s.io/v1`, ... */
export function apiVersionOf(kind: Kind): string {
  return resources[kind].apiVersion;
}

/** The API path of a kind in a namespace, or of one object where `name` is given. */
export function pathOf(ref: { kind: Kind; namespace?: string; name?: string }): string {
  const { apiVersion, plural } = resources[ref.kind];
  const root = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  const scope = ref.namespace === undefined ? "" : `/namespaces/${encodeURIComponent(ref.namespace)}`;
  const name = ref.name === undefined ? "" : `/${encodeURIComponent(ref.name)}`;
  return `${root}${scope}/${plural}${name}`;
}

/** A ref as people write it: `Service example/app`. */
export function describeRef(ref: { kind: Kind; namespace?: string; name: string }): string {
  return ref.namespace === undefined ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}
