import type { KubeConfig } from "@kubernetes/client-node";
import type { Dispatcher } from "undici";
import { CREDENTIALS_LIFE_MS } from "../settings/limits.ts";
import { FIELD_MANAGER } from "./cluster.ts";
import { type Credentials, readCredentials } from "./credentials.ts";
import { exchange } from "./exchange.ts";
import { loadKubeConfig } from "./kubeconfig.ts";
import type { ApiRequest, ApiResponse, Transport } from "./transport.ts";

/** A transport that holds connections; `close` ends them once what is in flight is answered. */
export type KubernetesTransport = { send: Transport; server: string; close(): Promise<void> };

type Current = Credentials & { readAt: number };

/**
 * The API server that kubectl would talk to: `KUBECONFIG`, `~/.kube/config`, or the service account of the pod.
 *
 * The credentials and the connections that were made with them are shared by all calls and replaced as a whole every
 * `CREDENTIALS_LIFE_MS`, and after each 401, so that a rotated CA, token or client certificate is taken up; also after
 * a call that got no answer in time, since over HTTP/2 all calls share a connection that may be dead.
 *
 * Throws where no cluster is configured.
 */
export function kubernetesTransport(
  load: () => KubeConfig = loadKubeConfig,
  now: () => number = performance.now.bind(performance),
): KubernetesTransport {
  let config = load();
  const server = serverOf(config);
  const { origin, pathname } = new URL(server);
  // Some API servers are found below a path.
  const root = pathname.replace(/\/+$/, "");
  let current: Promise<Current> | undefined;
  let retiring: Promise<Current> | undefined;

  async function read(previous: Promise<Current> | undefined): Promise<Current> {
    // An exec plugin caches its token in its KubeConfig; everything else is read anew.
    if (previous !== undefined && config.getCurrentUser()?.exec === undefined) config = load();
    const found = await readCredentials(config);
    // One life later, so that a call that has just taken the old connections can still use them.
    void close(retiring);
    retiring = previous;
    return { ...found, readAt: now() };
  }

  async function credentials(): Promise<Current> {
    const known = current;
    if (known !== undefined) {
      const found = await known.catch(() => undefined);
      if (found !== undefined && now() - found.readAt < CREDENTIALS_LIFE_MS) return found;
    }
    // Of the calls that find them too old at once, the first reads them.
    if (current === known) current = read(known);
    return current as Promise<Current>;
  }

  async function send(request: ApiRequest, signal: AbortSignal): Promise<ApiResponse> {
    const used = await credentials();
    const expire = () => {
      used.readAt = Number.NEGATIVE_INFINITY;
    };
    try {
      const sent = { origin, path: root + request.path, method: request.method, ...contentOf(request, used) };
      const response = await exchange(used.dispatcher, sent, signal);
      if (response.status === 401) expire();
      return response;
    } catch (error) {
      if (signal.aborted) expire();
      throw error;
    }
  }

  return {
    send,
    server,
    async close() {
      await Promise.all([close(retiring), close(current)]);
    },
  };
}

function contentOf(
  request: ApiRequest,
  used: Credentials,
): Pick<Dispatcher.DispatchOptions, "headers" | "body"> {
  const { accept, contentType, body } = request;
  // What the audit log and the API server's metrics know a client by.
  const headers: Record<string, string> = { ...used.headers, "user-agent": FIELD_MANAGER };
  if (accept !== undefined) headers.accept = accept;
  if (contentType !== undefined) headers["content-type"] = contentType;
  return { headers, body: body === undefined ? null : JSON.stringify(body) };
}

/** Ends connections; what is in flight on them still gets its answer. */
async function close(used: Promise<Credentials> | undefined): Promise<void> {
  const found = await used?.catch(() => undefined);
  await found?.dispatcher.close();
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
