import type { Schema } from "./schema.ts";

// The built-in kinds, trimmed to what is served here. `nullable` marks what Go holds as a pointer (an explicit zero
// value stays), `default` what is written even when empty, `title` the Go type. Sources: k8s.io/api core/v1 and coordination/v1.

const text: Schema = { type: "string" };
const textPointer: Schema = { type: "string", nullable: true };
const int32: Schema = { type: "integer", format: "int32" };
const int32Pointer: Schema = { type: "integer", format: "int32", nullable: true };
const int64: Schema = { type: "integer", format: "int64" };
const time: Schema = { type: "string", format: "date-time" };
const microTime: Schema = { type: "string", format: "micro-time" };
const named = (title: string): Schema => ({ type: "string", title });
const texts: Schema = { type: "array", items: text };
const textMap: Schema = { type: "object", additionalProperties: text };

const ownerReference: Schema = {
  type: "object",
  title: "OwnerReference",
  properties: {
    apiVersion: text,
    kind: text,
    name: text,
    uid: text,
    controller: { type: "boolean", nullable: true },
    blockOwnerDeletion: { type: "boolean", nullable: true },
  },
};

/** metav1.ObjectMeta, of every kind. */
export const OBJECT_META: Schema = {
  type: "object",
  title: "ObjectMeta",
  properties: {
    name: text,
    generateName: text,
    namespace: text,
    uid: text,
    resourceVersion: text,
    generation: int64,
    creationTimestamp: time,
    deletionTimestamp: time,
    deletionGracePeriodSeconds: { type: "integer", format: "int64", nullable: true },
    labels: textMap,
    annotations: textMap,
    ownerReferences: {
      type: "array",
      items: ownerReference,
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "uid",
    },
    finalizers: { ...texts, "x-kubernetes-patch-strategy": "merge" },
    managedFields: { type: "array", items: { type: "object", additionalProperties: true } },
    selfLink: text,
  },
};

function kind(title: string, properties: { [name: string]: Schema }): Schema {
  return {
    type: "object",
    title,
    properties: { apiVersion: text, kind: text, metadata: { ...OBJECT_META, default: {} }, ...properties },
  };
}

const servicePort: Schema = {
  type: "object",
  title: "ServicePort",
  properties: {
    name: text,
    protocol: named("Protocol"),
    appProtocol: textPointer,
    port: int32,
    targetPort: { "x-kubernetes-int-or-string": true },
  },
};

export const SERVICE: Schema = kind("Service", {
  spec: {
    type: "object",
    title: "ServiceSpec",
    default: {},
    properties: {
      type: named("ServiceType"),
      ports: {
        type: "array",
        items: servicePort,
        "x-kubernetes-patch-strategy": "merge",
        "x-kubernetes-patch-merge-key": "port",
      },
      selector: textMap,
      clusterIP: text,
      clusterIPs: texts,
      ipFamilies: { type: "array", items: named("IPFamily") },
      ipFamilyPolicy: { ...named("IPFamilyPolicy"), nullable: true },
      externalName: text,
      sessionAffinity: named("ServiceAffinity"),
      sessionAffinityConfig: {
        type: "object",
        title: "SessionAffinityConfig",
        properties: {
          clientIP: { type: "object", title: "ClientIPConfig", properties: { timeoutSeconds: int32Pointer } },
        },
      },
      internalTrafficPolicy: { ...named("ServiceInternalTrafficPolicy"), nullable: true },
      publishNotReadyAddresses: { type: "boolean" },
    },
  },
  status: {
    type: "object",
    title: "ServiceStatus",
    default: {},
    properties: {
      loadBalancer: {
        type: "object",
        title: "LoadBalancerStatus",
        default: {},
        properties: { ingress: { type: "array", items: { type: "object", additionalProperties: true } } },
      },
    },
  },
});

export const NAMESPACE: Schema = kind("Namespace", {
  spec: {
    type: "object",
    title: "NamespaceSpec",
    default: {},
    properties: { finalizers: { type: "array", items: named("FinalizerName") } },
  },
  status: {
    type: "object",
    title: "NamespaceStatus",
    default: {},
    properties: { phase: named("NamespacePhase") },
  },
});

export const LEASE: Schema = kind("Lease", {
  spec: {
    type: "object",
    title: "LeaseSpec",
    default: {},
    properties: {
      holderIdentity: textPointer,
      leaseDurationSeconds: int32Pointer,
      acquireTime: microTime,
      renewTime: microTime,
      leaseTransitions: int32Pointer,
    },
  },
});

const objectReference: Schema = {
  type: "object",
  title: "ObjectReference",
  default: {},
  properties: {
    kind: text,
    namespace: text,
    name: text,
    uid: text,
    apiVersion: text,
    resourceVersion: text,
    fieldPath: text,
  },
};

export const EVENT: Schema = kind("Event", {
  involvedObject: objectReference,
  reason: text,
  message: text,
  source: { type: "object", title: "EventSource", default: {}, properties: { component: text, host: text } },
  firstTimestamp: { ...time, default: null },
  lastTimestamp: { ...time, default: null },
  count: int32,
  type: text,
  eventTime: { ...microTime, default: null },
  action: text,
  reportingComponent: { ...text, default: "" },
  reportingInstance: { ...text, default: "" },
});
