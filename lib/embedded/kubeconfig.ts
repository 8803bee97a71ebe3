import { stringify } from "yaml";

/** A kubeconfig for an API server that asks for no credentials. */
export function kubeconfigFor(url: string): string {
  const name = "embedded";
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: url } }],
    users: [{ name, user: {} }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}
