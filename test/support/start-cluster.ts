import { generateKeyPairSync, randomUUID } from "node:crypto";
import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ApiClient } from "./api-client.ts";
import { AUDIT_POLICY } from "./audit-log.ts";
import type { ClusterParts } from "./cluster-parts.ts";
import { freePorts } from "./free-ports.ts";
import { type GuardedPrograms, startGuarded } from "./guarded-programs.ts";
import { kubeconfig } from "./kubeconfig.ts";

/** Where a running API server is and how to be its administrator. Plain data, so that it can be handed to others. */
export type ClusterAddress = {
  /** https://127.0.0.1:<port> */
  readonly url: string;
  /** The certificate authority in PEM. */
  readonly ca: string;
  /** The bearer token of a user in the group system:masters. */
  readonly adminToken: string;
  /** Path of a kubeconfig for that user. */
  readonly adminKubeconfig: string;
  /** Path of kubectl. */
  readonly kubectl: string;
  /** Path of the folder with Knative Serving's CRDs; null where there is none. */
  readonly knativeCrds: string | null;
  /** Path of the audit log; the file is empty where the cluster was started without one. */
  readonly auditLog: string;
  /** A folder for what belongs to this cluster; it goes when the cluster stops. */
  readonly folder: string;
};

export type StartedCluster = { readonly address: ClusterAddress; readonly stop: () => Promise<void> };

export type StartOptions = {
  /** Whether every request is written to the audit log before it is answered; true if left out. */
  readonly audit?: boolean;
};

const ATTEMPTS = 5;
const READY_DEADLINE_MS = 60_000;
const POLL_MS = 50;

/**
 * Starts etcd and kube-apiserver on free loopback ports, with RBAC and the default admission plugins, and waits until
 * the server is ready. There is no controller manager: nothing but the API server acts on objects.
 *
 * @throws Error with the end of the servers' logs where they do not get ready.
 */
export async function startCluster(parts: ClusterParts, options: StartOptions = {}): Promise<StartedCluster> {
  for (let attempt = 1; ; attempt += 1) {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "pushbind-cluster-")));
    const ports = await freePorts(3);
    const programs = await startPrograms(parts, folder, ports as Ports, options.audit ?? true);
    try {
      return {
        address: await waitUntilReady(parts, folder, ports[2] as number, programs),
        stop: programs.stop,
      };
    } catch (error) {
      const logs = await readLogs(folder);
      await programs.stop();
      await rm(folder, { recursive: true, force: true });
      // Another process took a port between its choice and its use.
      if (attempt < ATTEMPTS && logs.includes("address already in use")) continue;
      throw new Error(`the API server did not get ready: ${String(error)}\n${logs}`);
    }
  }
}

/** For etcd's clients, for its peers (of which there are none), and for the API server. */
type Ports = [number, number, number];

async function startPrograms(
  parts: ClusterParts,
  folder: string,
  ports: Ports,
  audit: boolean,
): Promise<GuardedPrograms> {
  const [clientPort, peerPort, securePort] = ports;
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = join(folder, "service-accounts.key");
  const tokens = join(folder, "tokens.csv");
  const policy = join(folder, "audit-policy.yaml");
  await writeFile(key, privateKey.export({ type: "sec1", format: "pem" }), { mode: 0o600 });
  await writeFile(tokens, `${randomUUID()},admin,admin,"system:masters"\n`, { mode: 0o600 });
  await writeFile(policy, AUDIT_POLICY);
  await writeFile(join(folder, "audit.log"), "");
  const client = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const etcd = [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
  const apiServer = [
    `--etcd-servers=${client}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${securePort}`,
    `--cert-dir=${join(folder, "certificates")}`,
    "--authorization-mode=RBAC",
    `--token-auth-file=${tokens}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    "--service-cluster-ip-range=10.0.0.0/16",
    // There are no nodes that would need the addresses of API servers, and one on loopback is refused as such.
    "--endpoint-reconciler-type=none",
    ...(audit ? auditFlags(folder, policy) : []),
  ];
  return startGuarded(folder, [
    { command: parts.etcd, args: etcd, log: join(folder, "etcd.log") },
    { command: parts.kubeApiserver, args: apiServer, log: join(folder, "kube-apiserver.log") },
  ]);
}

/** "Blocking": a line is in the file before the request goes on. Rotation would cut the file under its readers. */
const auditFlags = (folder: string, policy: string): string[] => [
  `--audit-policy-file=${policy}`,
  `--audit-log-path=${join(folder, "audit.log")}`,
  "--audit-log-mode=blocking-strict",
  "--audit-log-maxsize=100000",
];

async function waitUntilReady(parts: ClusterParts, folder: string, port: number, programs: GuardedPrograms) {
  const end = Date.now() + READY_DEADLINE_MS;
  const url = `https://127.0.0.1:${port}`;
  const adminToken = (await readFile(join(folder, "tokens.csv"), "utf8")).split(",")[0] as string;
  for (;;) {
    if (!programs.running()) throw new Error("etcd or kube-apiserver ended at its start");
    if (Date.now() > end) throw new Error(`not ready after ${READY_DEADLINE_MS} ms`);
    const ca = await readFile(join(folder, "certificates", "apiserver.crt"), "utf8").catch(() => undefined);
    if (ca !== undefined && (await isReady({ url, ca, adminToken }))) {
      const adminKubeconfig = join(folder, "admin.kubeconfig");
      await writeFile(adminKubeconfig, kubeconfig({ url, ca, token: adminToken }), { mode: 0o600 });
      const auditLog = join(folder, "audit.log");
      const { kubectl, knativeCrds = null } = parts;
      return { url, ca, adminToken, adminKubeconfig, kubectl, knativeCrds, auditLog, folder };
    }
    await pause(POLL_MS);
  }
}

async function isReady({
  url,
  ca,
  adminToken,
}: {
  url: string;
  ca: string;
  adminToken: string;
}): Promise<boolean> {
  const client = new ApiClient({ url, ca, token: adminToken });
  const ready = await client.request("GET", "/readyz").then(
    (response) => response.status === 200,
    () => false,
  );
  await client.close();
  return ready;
}

async function readLogs(folder: string): Promise<string> {
  const files = [join(folder, "etcd.log"), join(folder, "kube-apiserver.log")];
  const logs = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  return logs.map((log, index) => `${files[index]}:\n${log.slice(-1800)}`).join("\n");
}
