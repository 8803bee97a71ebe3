import { readFile } from "node:fs/promises";
import { ApiClient } from "../support/api-client.ts";
import { findParts } from "../support/cluster-parts.ts";
import { functionCredentials, installDeploy } from "../support/deployment.ts";
import type { NgrokEvent } from "../support/events.ts";
import { tokenIn } from "../support/kubeconfig.ts";
import { type ClusterAddress, startCluster } from "../support/start-cluster.ts";
import type { Target } from "./client.ts";
import { cpuSeconds, processesOf } from "./cpu.ts";
import { createdEvent } from "./events.ts";
import { type ServerProcess, startFunction } from "./function-process.ts";
import { Player } from "./player.ts";
import { Recorder } from "./recorder.ts";

/** Namespaces that nobody else uses; the operator namespace has the function's role in it. */
export type LabNames = { readonly operatorNamespace: string; readonly targetNamespace: string };

export type NewEndpoint = { readonly id: string; readonly url: string };

/** A real API server, the function as it is deployed, and who sends: what measurements are made with. */
export type Lab = LabNames & {
  /** Path; with the rights that the deployment gives to the function. */
  readonly kubeconfig: string;
  readonly fn: ServerProcess;
  readonly player: Player;
  readonly recorder: Recorder;
  /** The API server as the function sees it: bare calls have its rights too, and wait in the same queues. */
  readonly asFunction: Target;
  readonly asAdmin: Target;
  readonly admin: ApiClient;
  /** Processor time since its start in seconds; undefined where the system does not say it. */
  cpuOf(what: "function" | "API server"): Promise<number | undefined>;
  /** Endpoints that have not been there yet, each on a host of its own. */
  newEndpoints(count: number): NewEndpoint[];
  close(): Promise<void>;
};

/** Sets up a lab on an API server that runs, and in which the function is deployed. The target namespace is there. */
export async function openLab(
  address: ClusterAddress,
  kubeconfig: string,
  { operatorNamespace, targetNamespace }: LabNames,
): Promise<Lab> {
  const { url: origin, ca, adminToken, folder } = address;
  const token = tokenIn(await readFile(kubeconfig, "utf8"));
  const servers = [...(await processesOf("kube-apiserver", folder)), ...(await processesOf("etcd", folder))];
  const fn = await startFunction(kubeconfig, { OPERATOR_NAMESPACE: operatorNamespace });
  const player = new Player();
  const admin = new ApiClient({ url: origin, ca, token: adminToken });
  let endpoints = 0;
  return {
    operatorNamespace,
    targetNamespace,
    kubeconfig,
    fn,
    player,
    recorder: new Recorder({ operatorNamespace, namespaces: [targetNamespace] }),
    asFunction: { origin, ca, token },
    asAdmin: { origin, ca, token: adminToken },
    admin,
    cpuOf: (what) => cpuSeconds(what === "function" ? [fn.pid] : servers),
    newEndpoints: (count) =>
      Array.from({ length: count }, () => {
        const name = `e${++endpoints}`;
        return { id: `ep_${name}`, url: `http://${name}.${targetNamespace}` };
      }),
    async close() {
      await Promise.all([player.close(), fn.stop(), admin.close()]);
    },
  };
}

/** Events that create endpoints, each on a host of its own. */
export function newEvents(lab: Lab, count: number): NgrokEvent[] {
  return lab.newEndpoints(count).map(({ id, url }) => createdEvent(id, url));
}

/**
 * Starts an API server, without an audit log, and sets up a lab on it; all of it ends with the lab.
 *
 * @throws Error where there are no programs to start it from
 */
export async function startLab(say: (line: string) => void): Promise<Lab> {
  const { parts, missing } = await findParts(say);
  if (parts === undefined) throw new Error(missing);
  const { address, stop } = await startCluster(parts, { audit: false });
  try {
    await installDeploy(address);
    const targetNamespace = "bench";
    await createNamespace(address, targetNamespace);
    const { kubeconfig } = await functionCredentials(address);
    const lab = await openLab(address, kubeconfig, { operatorNamespace: "ngrok-operator", targetNamespace });
    const close = async () => {
      await lab.close();
      await stop();
    };
    return { ...lab, close };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function createNamespace({ url, ca, adminToken }: ClusterAddress, name: string): Promise<void> {
  const admin = new ApiClient({ url, ca, token: adminToken });
  await admin.must("POST", "/api/v1/namespaces", { metadata: { name } });
  await admin.close();
}
