import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ApiClient } from "./api-client.ts";
import { kubeconfig } from "./kubeconfig.ts";
import { mustKubectl } from "./kubectl.ts";
import type { ClusterAddress } from "./start-cluster.ts";

const REPOSITORY = join(import.meta.dirname, "..", "..");
const DEPLOY = join(REPOSITORY, "deploy");

/** The service account that `deploy/` creates for the function. */
export const FUNCTION_ACCOUNT = { namespace: "pushbind", name: "pushbind" } as const;

/** Its name as a user of the API. */
export const FUNCTION_USER = `system:serviceaccount:${FUNCTION_ACCOUNT.namespace}:${FUNCTION_ACCOUNT.name}`;

const TOKEN_SECONDS = 4 * 3600;
const CRDS_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const ESTABLISHED_DEADLINE_MS = 30_000;
const POLL_MS = 20;

/** Installs the project's CRDs, as `deploy/` does, and waits until they are served. */
export async function installCrds(address: ClusterAddress): Promise<void> {
  await mustKubectl(address, ["apply", "-k", join(REPOSITORY, "schemas", "crds")]);
  await crdsServed(address);
}

/** Installs Knative Serving's CRDs and then the base in `deploy/`, as the administrator does. */
export async function installDeploy(address: ClusterAddress): Promise<void> {
  if (address.knativeCrds === null) return installWithoutKnative(address);
  await mustKubectl(address, ["apply", "-f", address.knativeCrds]);
  await crdsServed(address);
  await mustKubectl(address, ["apply", "-k", DEPLOY]);
  await crdsServed(address);
}

/** All of the base but the Knative Service, for which the API server has no schema. */
async function installWithoutKnative(address: ClusterAddress): Promise<void> {
  const knativeService = { group: "serving.knative.dev", version: "v1", kind: "Service" };
  const patch = JSON.stringify({ $patch: "delete", kind: "Service", metadata: { name: "pushbind" } });
  await applyOverlay(address, DEPLOY, { patches: [{ target: knativeService, patch }] });
  await crdsServed(address);
}

/**
 * Waits until the objects of every CRD of the cluster can be listed. kubectl wait would take a second for the condition
 * alone; and where that holds, a list may still be answered 429 ("storage is (re)initializing") for a moment.
 */
async function crdsServed(address: ClusterAddress): Promise<void> {
  const admin = new ApiClient({ ...address, token: address.adminToken });
  const end = Date.now() + ESTABLISHED_DEADLINE_MS;
  for (;;) {
    const { items } = (await admin.must("GET", CRDS_PATH)) as { items: Crd[] };
    const served = await Promise.all(items.map((crd) => isServed(admin, crd)));
    const waiting = items.filter((_, index) => !served[index]).map((crd) => crd.metadata.name);
    if (waiting.length === 0) break;
    if (Date.now() > end)
      throw new Error(`not served after ${ESTABLISHED_DEADLINE_MS} ms: ${waiting.join(", ")}`);
    await pause(POLL_MS);
  }
  await admin.close();
}

type Crd = {
  metadata: { name: string };
  spec: { group: string; names: { plural: string }; versions: { name: string; served: boolean }[] };
};

async function isServed(admin: ApiClient, { spec }: Crd): Promise<boolean> {
  const paths = spec.versions
    .filter(({ served }) => served)
    .map(({ name }) => `/apis/${spec.group}/${name}/${spec.names.plural}`);
  const answers = await Promise.all(paths.map((path) => admin.request("GET", path)));
  return answers.every(({ status }) => status === 200);
}

/**
 * Makes a further operator namespace from `deploy/operator-namespace`, with the function's role in it: what an account
 * of its own needs, and a test file that shares the cluster with others.
 */
export async function addOperatorNamespace(address: ClusterAddress, namespace: string): Promise<void> {
  await applyOverlay(address, join(DEPLOY, "operator-namespace"), { namespace });
}

/** Applies a kustomize base with changes. */
async function applyOverlay(address: ClusterAddress, base: string, changes: object): Promise<void> {
  const folder = join(address.folder, `overlay-${randomUUID()}`);
  await mkdir(folder);
  const kustomization = { resources: [relative(folder, base)], ...changes };
  await writeFile(join(folder, "kustomization.yaml"), JSON.stringify(kustomization));
  await mustKubectl(address, ["apply", "-k", folder]);
}

/**
 * A kubeconfig of the function's service account, with a token of its own from the TokenRequest API, and that token's
 * id, by which the audit log tells its requests from those of others with the same account.
 *
 * @returns the path of the file and the id.
 */
export async function functionCredentials(
  address: ClusterAddress,
): Promise<{ kubeconfig: string; tokenId: string }> {
  const admin = new ApiClient({ ...address, token: address.adminToken });
  const path = `/api/v1/namespaces/${FUNCTION_ACCOUNT.namespace}/serviceaccounts/${FUNCTION_ACCOUNT.name}/token`;
  const request = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: TOKEN_SECONDS },
  };
  const { status } = (await admin.must("POST", path, request)) as { status: { token: string } };
  await admin.close();
  const tokenId = idOf(status.token);
  const file = join(address.folder, `function-${tokenId}.kubeconfig`);
  await writeFile(file, kubeconfig({ ...address, token: status.token }), { mode: 0o600 });
  return { kubeconfig: file, tokenId };
}

/** The claim `jti` of a JSON Web Token. */
export function idOf(token: string): string {
  const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
  return (JSON.parse(payload) as { jti: string }).jti;
}
