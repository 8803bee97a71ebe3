import type { ApiClient } from "./api-client.ts";

// What the namespace and the quota controller of a cluster's controller manager do, which the tests go without.

/**
 * Empties the list of finalizers of a namespace that is being deleted: it goes, and objects left in it can no longer
 * be reached.
 *
 * @throws Error where there is no such namespace.
 */
export async function finalizeNamespace(admin: ApiClient, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${name}`;
  const namespace = await admin.must("GET", path);
  await admin.must("PUT", `${path}/finalize`, { ...namespace, spec: { ...namespace.spec, finalizers: [] } });
}

/** The namespaced resources that the project makes objects of. A CRD that is not installed is passed over. */
const COLLECTIONS = [
  "/api/v1/namespaces/*/services",
  "/api/v1/namespaces/*/resourcequotas",
  "/apis/coordination.k8s.io/v1/namespaces/*/leases",
  "/apis/bindings.k8s.ngrok.com/v1alpha1/namespaces/*/boundendpoints",
  "/apis/pushbind.dev/v1alpha1/namespaces/*/endpointrecords",
  "/apis/pushbind.dev/v1alpha1/namespaces/*/boundhosts",
];

/**
 * Deletes a namespace and the objects in it that the project may have made. Fine where there is no such namespace.
 *
 * @throws Error where the API server refuses.
 */
export async function removeNamespace(admin: ApiClient, name: string): Promise<void> {
  const { status } = await admin.request("DELETE", `/api/v1/namespaces/${name}`);
  if (status === 404) return;
  // After the namespace, so that nothing new comes in between.
  for (const collection of COLLECTIONS) {
    const answer = await admin.request("DELETE", collection.replace("*", name));
    if (answer.status !== 200 && answer.status !== 404)
      throw new Error(`DELETE ${collection}: ${answer.status}`);
  }
  await finalizeNamespace(admin, name);
}

/**
 * Creates the ResourceQuota "quota" and writes the status that the quota controller would: until it is there,
 * everything that the quota counts is refused.
 */
export async function setQuota(
  admin: ApiClient,
  namespace: string,
  hard: Record<string, string>,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
  await admin.must("POST", path, {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "quota" },
    spec: { hard },
  });
  const used = Object.fromEntries(Object.keys(hard).map((resource) => [resource, "0"]));
  await admin.must("PATCH", `${path}/quota/status`, { status: { hard, used } });
}
