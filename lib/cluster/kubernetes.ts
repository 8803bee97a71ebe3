import {
  type HttpMethod,
  IsomorphicFetchHttpLibrary,
  type KubeConfig,
  RequestContext,
} from "@kubernetes/client-node";
import type { Dispatcher } from "undici";
import { CREDENTIALS_LIFE_MS } from "../settings/limits.ts";
import { FIELD_MANAGER } from "./cluster.ts";
import { loadKubeConfig } from "./kubeconfig.ts";
import type { ApiRequest, ApiResponse, Transport } from "./transport.ts";

/** A transport that holds connections; `close` ends them once what is in flight is answered. */
export type KubernetesTransport = { send: Transport; server: string; close(): Promise<void> };

type Credentials = { headers: Record<string, string>; dispatcher: Dispatcher | undefined; readAt: number };

/**
 * The API server that kubectl would talk to: `KUBECONFIG`, `~/.kube/config`, or the service account of the pod.
 *
 * The client library opens a connection, does a TLS handshake and reads the CA anew for each call. Here its
 * dispatcher and headers are shared by all calls and replaced as a whole every `CREDENTIALS_LIFE_MS`, and after
 * each 401, so that a rotated CA, token or client certificate is taken up.
 *
 * Throws where no cluster is configured.
 */
export function kubernetesTransport(
  load: () => KubeConfig = loadKubeConfig,
  now: () => number = performance.now.bind(performance),
): KubernetesTransport {
  const http = new IsomorphicFetchHttpLibrary();
  let config = load();
  const server = serverOf(config);
  let current: Promise<Credentials> | undefined;
  let retiring: Promise<Credentials> | undefined;

  async function readCredentials(previous: Promise<Credentials> | undefined): Promise<Credentials> {
    // An exec plugin caches its token in its KubeConfig; everything else is read anew.
    if (previous !== undefined && config.getCurrentUser()?.exec === undefined) config = load();
    const context = new RequestContext(server, "GET" as HttpMethod);
    await config.applySecurityAuthentication(context);
    // One life later, so that a call that has just taken the old connections can still use them.
    void close(retiring);
    retiring = previous;
    return { headers: context.getHeaders(), dispatcher: context.getDispatcher(), readAt: now() };
  }

  async function credentials(): Promise<Credentials> {
    const known = current;
    if (known !== undefined) {
      const found = await known.catch(() => undefined);
      if (found !== undefined && now() - found.readAt < CREDENTIALS_LIFE_MS) return found;
    }
    // Of the calls that find them too old at once, the first reads them.
    if (current === known) current = readCredentials(known);
    return current as Promise<Credentials>;
  }

  async function send(request: ApiRequest, signal: AbortSignal): Promise<ApiResponse> {
    const used = await credentials();
    const context = new RequestContext(server + request.path, request.method as HttpMethod);
    for (const [name, value] of Object.entries(used.headers)) context.setHeaderParam(name, value);
    // What the audit log and the API server's metrics know a client by.
    context.setHeaderParam("user-agent", FIELD_MANAGER);
    if (request.accept !== undefined) context.setHeaderParam("accept", request.accept);
    if (request.contentType !== undefined) context.setHeaderParam("content-type", request.contentType);
    if (request.body !== undefined) context.setBody(JSON.stringify(request.body));
    if (used.dispatcher !== undefined) context.setDispatcher(used.dispatcher);
    context.setSignal(signal);
    const response = await http.send(context).toPromise();
    const text = await response.body.text();
    if (response.httpStatusCode === 401) used.readAt = Number.NEGATIVE_INFINITY;
    return { status: response.httpStatusCode, headers: response.headers, body: parse(text) };
  }

  return {
    send,
    server,
    async close() {
      await Promise.all([close(retiring), close(current)]);
    },
  };
}

/** Ends connections; what is in flight on them still gets its answer. */
async function close(used: Promise<Credentials> | undefined): Promise<void> {
  const found = await used?.catch(() => undefined);
  await found?.dispatcher?.close();
}

function serverOf(config: KubeConfig): string {
  const cluster = config.getCurrentCluster();
  // With nothing to go by, the client library falls back to this address, where there is hardly ever anything.
  if (!cluster || cluster.server === "http://localhost:8080") {
    throw new Error(
      "no cluster is configured: set KUBECONFIG to a kubeconfig with a current context, run in a pod with a " +
        "service account, or set CLUSTER=embedded to try it without a cluster",
    );
  }
  return cluster.server.replace(/\/+$/, "");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
