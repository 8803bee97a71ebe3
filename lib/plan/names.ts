import type { KubeObject } from "../cluster/objects.ts";

export const MANAGED_BY = "app.kubernetes.io/managed-by";
export const MANAGER = "pushbind";
export const BINDING_NAME = "bindings.k8s.ngrok.com/endpoint-binding-name";
export const BINDING_NAMESPACE = "bindings.k8s.ngrok.com/endpoint-binding-namespace";
export const ENDPOINT_URL = "bindings.k8s.ngrok.com/endpoint-url";
/** Annotation: the ledger's epoch that the object was made or confirmed in. */
export const EPOCH = "pushbind.dev/epoch";
/** Annotation: the keys of the labels and annotations that the settings asked for, so that they can be taken back. */
export const APPLIED_METADATA = "pushbind.dev/applied-metadata";

/** Whether a BoundEndpoint is ours to change or delete. */
export function isOurBoundEndpoint(object: KubeObject): boolean {
  return object.metadata.labels?.[MANAGED_BY] === MANAGER;
}

/** Whether a Service is ours to change or delete: made for a BoundEndpoint of this operator namespace. */
export function isOurService(object: KubeObject, operatorNamespace: string): boolean {
  const labels = object.metadata.labels ?? {};
  return (
    labels[MANAGED_BY] === MANAGER &&
    labels[BINDING_NAMESPACE] === operatorNamespace &&
    labels[BINDING_NAME] !== undefined
  );
}

/** Whose an object that is not ours is, as far as its labels tell. */
export function ownerOf(object: KubeObject): string {
  const labels = object.metadata.labels ?? {};
  const manager = labels[MANAGED_BY];
  if (manager === undefined) return "it was made by somebody else";
  if (manager !== MANAGER) return `it is managed by ${manager}`;
  return `it belongs to BoundEndpoint ${labels[BINDING_NAMESPACE] ?? "?"}/${labels[BINDING_NAME] ?? "?"}`;
}
