import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { kubernetesTransport } from "../cluster/kubernetes.ts";
import type { Transport } from "../cluster/transport.ts";
import { projectCrds } from "./crds.ts";
import { startEmbedded } from "./server.ts";

/** Where `kubectl` finds the embedded API, relative to the working directory. */
export const KUBECONFIG_PATH = join(".pushbind", "kubeconfig");

export type EmbeddedCluster = {
  send: Transport;
  /** `http://127.0.0.1:6480` */
  server: string;
  /** For kubectl, as YAML. */
  kubeconfig: string;
  close(): Promise<void>;
};

/**
 * Starts the embedded API with the project's CRDs, and connects to it over HTTP as to any other cluster. What is in it goes with the process.
 *
 * @param namespaces that are there from the start, beside those of every cluster
 * @param port on loopback; 0 takes a free one
 */
export async function startEmbeddedCluster(
  namespaces: readonly string[],
  port: number,
): Promise<EmbeddedCluster> {
  const embedded = await startEmbedded({
    port,
    crds: projectCrds(),
    namespaces,
  });
  const kubeconfig = embedded.kubeconfig();
  const connection = kubernetesTransport(() => {
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    return config;
  });
  return {
    send: connection.send,
    server: embedded.url,
    kubeconfig,
    async close() {
      await connection.close();
      await embedded.close();
    },
  };
}

/** Puts the kubeconfig where the project says that it is. */
export async function writeKubeconfig({ kubeconfig }: { readonly kubeconfig: string }): Promise<void> {
  await mkdir(dirname(KUBECONFIG_PATH), { recursive: true });
  await writeFile(KUBECONFIG_PATH, kubeconfig);
}
