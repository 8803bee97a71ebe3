import { readFile } from "node:fs/promises";
import { request } from "undici";
import { inject } from "vitest";
import { ApiClient } from "./api-client.ts";
import { type AuditEvent, type AuditFilter, type AuditMark, auditMark, readAudit } from "./audit-log.ts";
import type { BrokerAnswer } from "./cluster-setup.ts";
import { addOperatorNamespace, functionCredentials, idOf } from "./deployment.ts";
import { tokenIn } from "./kubeconfig.ts";
import { type KubectlOptions, kubectl } from "./kubectl.ts";
import { finalizeNamespace, removeNamespace, setQuota } from "./namespaces.ts";
import { type Permission, permissionsGranted } from "./permissions.ts";
import type { RunResult } from "./run.ts";
import type { ClusterAddress } from "./start-cluster.ts";

/**
 * The real API server of this test run, shared by all its test files: namespaces that a file makes need names that no
 * other file uses. There is no controller manager: nothing but the API server acts on objects.
 */
export type RealCluster = ClusterAddress & {
  /** The certificate authority in base64, as in a kubeconfig. */
  readonly caData: string;
  /** A client that is the administrator. */
  readonly admin: ApiClient;
  /** Runs kubectl, as the administrator if `kubeconfig` is left out. */
  readonly kubectlRun: (args: readonly string[], options?: KubectlOptions) => Promise<RunResult>;
  /** Installs the project's CRDs; done once a run, whoever asks. */
  readonly installCrds: () => Promise<void>;
  /** Installs Knative Serving's CRDs and the base in `deploy/`; done once a run, whoever asks. */
  readonly applyDeploy: () => Promise<void>;
  /** Makes a further operator namespace, with the function's role in it. */
  readonly operatorNamespace: (name: string) => Promise<void>;
  /** The path of a new kubeconfig of the function's service account, with a token that nobody else has. */
  readonly functionKubeconfig: () => Promise<string>;
  /** What the owner of a kubeconfig may do in a namespace, beyond what everybody may. */
  readonly permissions: (kubeconfig: string, namespace: string) => Promise<Permission[]>;
  /** The place in the audit log behind which all requests lie that are sent from now on. */
  readonly auditMark: () => Promise<AuditMark>;
  /** The requests that the API server received, refused ones too; `by` is the kubeconfig that they were sent with. */
  readonly auditEvents: (filter: AuditFilter & { readonly by?: string }) => Promise<AuditEvent[]>;
  /** Lets a namespace that is being deleted go, as the namespace controller does once it is empty. */
  readonly finalizeNamespace: (name: string) => Promise<void>;
  /** Deletes a namespace with the objects of the kinds that the project knows. */
  readonly removeNamespace: (name: string) => Promise<void>;
  /** Creates a ResourceQuota that is in force at once. */
  readonly setQuota: (namespace: string, hard: Record<string, string>) => Promise<void>;
};

/**
 * The real API server, started by the first test file that asks; undefined where there are no programs to start it
 * from. To be called at the top of a file:
 *
 *     const cluster = await realCluster();
 *     describe.skipIf(cluster === undefined)("on the real API server", ...)
 *
 * @throws Error where it does not start, and with CI=true where it cannot.
 */
export async function realCluster(): Promise<RealCluster | undefined> {
  const address = await ask("/cluster");
  return address === null ? undefined : connect(address);
}

/** Settles when what ships, `dist/`, is as the sources are; made by the first who asks. */
export async function bundled(): Promise<void> {
  await ask("/bundle");
}

async function ask(step: "/bundle" | "/cluster" | "/crds" | "/deploy"): Promise<ClusterAddress | null> {
  // The answer may take as long as a build.
  const patience = { headersTimeout: 0, bodyTimeout: 0 };
  const response = await request(inject("clusterBroker") + step, patience);
  const answer = (await response.body.json()) as BrokerAnswer;
  if ("error" in answer) throw new Error(answer.error);
  return answer.address;
}

function connect(address: ClusterAddress): RealCluster {
  const admin = new ApiClient({ ...address, token: address.adminToken });
  const applyDeploy = async () => void (await ask("/deploy"));
  return {
    ...address,
    caData: Buffer.from(address.ca).toString("base64"),
    admin,
    kubectlRun: (args, options) => kubectl(address, args, options),
    installCrds: async () => void (await ask("/crds")),
    applyDeploy,
    operatorNamespace: async (name) => {
      await applyDeploy();
      await addOperatorNamespace(address, name);
    },
    functionKubeconfig: async () => {
      await applyDeploy();
      return (await functionCredentials(address)).kubeconfig;
    },
    permissions: (kubeconfig, namespace) => permissionsGranted(address, kubeconfig, namespace),
    auditMark: () => auditMark(address.auditLog),
    auditEvents: async ({ by, ...filter }) =>
      readAudit(address.auditLog, by === undefined ? filter : { ...filter, tokenId: await tokenIdOf(by) }),
    finalizeNamespace: (name) => finalizeNamespace(admin, name),
    removeNamespace: (name) => removeNamespace(admin, name),
    setQuota: (namespace, hard) => setQuota(admin, namespace, hard),
  };
}

const tokenIdOf = async (kubeconfig: string): Promise<string> =>
  idOf(tokenIn(await readFile(kubeconfig, "utf8")));
