import type { Transport } from "../cluster/transport.ts";
import { projectCrds } from "./crds.ts";
import { type Embedded, startEmbedded } from "./server.ts";

export type EmbeddedCluster = Embedded & {
  /** Goes to the store directly, past HTTP. */
  send: Transport;
  /** Where kubectl finds the same store. */
  server: string;
};

/**
 * A cluster with the project's CRDs and some namespaces, in this process, and on a loopback port for kubectl.
 * It holds nothing but what it is given, and forgets it at the end.
 */
export async function startEmbeddedCluster(
  namespaces: readonly string[],
  port = 0,
): Promise<EmbeddedCluster> {
  const embedded = await startEmbedded({ crds: projectCrds(), namespaces, port });
  return {
    ...embedded,
    server: embedded.url,
    async send(request, signal) {
      signal.throwIfAborted();
      return embedded.store.handle(request);
    },
  };
}
