/** Paths of collections in a namespace. */
export const SERVICES = (namespace: string) => `/api/v1/namespaces/${namespace}/services`;
export const EVENTS = (namespace: string) => `/api/v1/namespaces/${namespace}/events`;
export const LEASES = (namespace: string) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
export const BOUND_ENDPOINTS = (namespace: string) =>
  `/apis/bindings.k8s.ngrok.com/v1alpha1/namespaces/${namespace}/boundendpoints`;
export const BOUND_HOSTS = (namespace: string) =>
  `/apis/pushbind.dev/v1alpha1/namespaces/${namespace}/boundhosts`;
export const RECORDS = (namespace: string) =>
  `/apis/pushbind.dev/v1alpha1/namespaces/${namespace}/endpointrecords`;

type Fields = Record<string, unknown>;

export function service(name: string, spec: Fields, metadata: Fields = {}): Fields {
  return { apiVersion: "v1", kind: "Service", metadata: { name, ...metadata }, spec };
}

export function lease(name: string, spec: Fields = {}, metadata: Fields = {}): Fields {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, ...metadata }, spec };
}

export function boundEndpoint(name: string, spec: Fields = {}, metadata: Fields = {}): Fields {
  return {
    apiVersion: "bindings.k8s.ngrok.com/v1alpha1",
    kind: "BoundEndpoint",
    metadata: { name, ...metadata },
    spec: {
      endpointURL: "http://app.example:80",
      scheme: "http",
      port: 10_000,
      target: { service: "app", namespace: "example", protocol: "TCP", port: 80 },
      ...spec,
    },
  };
}

export function condition(type: string, status: string, reason = "Tested"): Fields {
  return {
    type,
    status,
    reason,
    message: "as tested",
    lastTransitionTime: "2025-10-29T01:20:43Z",
    observedGeneration: 1,
  };
}
