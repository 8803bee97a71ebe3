import { stringify } from "yaml";

/** A kubeconfig for an API server that asks for no credentials. */
export function kubeconfigFor(url: string): string {
  const name = "embedded";
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    // There is no TLS to verify on loopback; the JavaScript client refuses plain HTTP without this.
    clusters: [{ name, cluster: { server: url, "insecure-skip-tls-verify": true } }],
    users: [{ name, user: {} }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}
