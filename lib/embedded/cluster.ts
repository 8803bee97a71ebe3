import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { parse } from "yaml";
import { kubernetesTransport } from "../cluster/kubernetes.ts";
import type { Transport } from "../cluster/transport.ts";
import { startEmbedded } from "./server.ts";

/** Where `kubectl` finds the embedded API, relative to the working directory. */
export const KUBECONFIG_PATH = join(".pushbind", "kubeconfig");

export type EmbeddedCluster = {
  send: Transport;
  /** `http://127.0.0.1:6480` */
  server: string;
  close(): Promise<void>;
};

/**
 * Starts the embedded API with the project's CRDs, writes a kubeconfig for it, and connects to it over HTTP as to
 * any other cluster. What is in it goes with the process.
 *
 * @param namespaces that are there from the start, beside `default`
 * @param port on loopback; 0 takes a free one
 */
export async function startEmbeddedCluster(
  namespaces: readonly string[],
  port: number,
): Promise<EmbeddedCluster> {
  const embedded = await startEmbedded({
    port,
    crds: await readCrds(),
    namespaces: ["default", ...namespaces],
  });
  const kubeconfig = embedded.kubeconfig();
  await mkdir(dirname(KUBECONFIG_PATH), { recursive: true });
  await writeFile(KUBECONFIG_PATH, kubeconfig);
  const connection = kubernetesTransport(() => {
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    return config;
  });
  return {
    send: connection.send,
    server: embedded.url,
    async close() {
      await connection.close();
      await embedded.close();
    },
  };
}

const CRDS = join(import.meta.dirname, "..", "..", "schemas", "crds");

async function readCrds(): Promise<unknown[]> {
  const files = (await readdir(CRDS))
    .filter((file) => file.endsWith(".yaml") && file !== "kustomization.yaml")
    .sort();
  return Promise.all(files.map(async (file) => parse(await readFile(join(CRDS, file), "utf8"))));
}
