/** What a client needs to reach an API server as somebody: the CA is PEM, the token a bearer token. */
export type Credentials = { readonly url: string; readonly ca: string; readonly token: string };

/** A kubeconfig for one user of one cluster. It is JSON, which is YAML too. */
export function kubeconfig({ url, ca, token }: Credentials): string {
  const authority = Buffer.from(ca).toString("base64");
  return JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster: { server: url, "certificate-authority-data": authority } }],
      users: [{ name: "test", user: { token } }],
      contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
      "current-context": "test",
    },
    null,
    2,
  );
}

/** The bearer token in a kubeconfig that `kubeconfig` wrote. */
export function tokenIn(text: string): string {
  const { users } = JSON.parse(text) as { users: [{ user: { token: string } }] };
  return users[0].user.token;
}
