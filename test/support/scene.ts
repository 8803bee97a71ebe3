import { afterAll } from "vitest";
import type { KubeObject } from "../../lib/cluster/objects.ts";
import { type AuditEvent, isWrite } from "./audit-log.ts";
import { type FunctionOptions, type FunctionUnderTest, startFunction } from "./function.ts";
import type { RealCluster } from "./real-cluster.ts";

/**
 * A part of the real cluster that belongs to one test file: an operator namespace, a target namespace, and a function
 * with the rights that the deployment gives it.
 */
export type Scene = {
  cluster: RealCluster;
  /** Name of the operator namespace. */
  operator: string;
  /** Name of a target namespace that is there. */
  target: string;
  /** Path of the function's kubeconfig. */
  kubeconfig: string;
  fn: FunctionUnderTest;
  /** A further function of the same operator namespace, with other settings, or with something in between. */
  start(env?: Record<string, string>, through?: FunctionOptions["through"]): FunctionUnderTest;
  /** Makes a namespace; it goes when the file is done. */
  namespace(name: string): Promise<void>;
  /** Every BoundEndpoint and Service in the operator and the target namespaces, as `Service ns/name`, sorted. */
  objects(): Promise<string[]>;
  /** An object as it is, undefined where there is none. */
  read<T extends KubeObject>(path: string): Promise<T | undefined>;
  /** What the function asked the API server for while `act` ran. */
  requests(act: () => Promise<unknown>): Promise<AuditEvent[]>;
  /** The writes among them, those that were refused too. */
  writes(act: () => Promise<unknown>): Promise<string[]>;
};

/** @param name of the test file: no other file may have it */
export async function openScene(
  cluster: RealCluster,
  name: string,
  env: Record<string, string> = {},
): Promise<Scene> {
  const operator = `op-${name}`;
  const target = name;
  const namespaces = new Set<string>();
  const functions: FunctionUnderTest[] = [];
  await cluster.operatorNamespace(operator);
  const kubeconfig = await cluster.functionKubeconfig();
  const { admin } = cluster;

  const namespace = async (wanted: string) => {
    await admin.must("POST", "/api/v1/namespaces", { metadata: { name: wanted } });
    namespaces.add(wanted);
  };
  const start: Scene["start"] = (further = {}, through) => {
    const merged = { OPERATOR_NAMESPACE: operator, ...env, ...further };
    const started = startFunction({ kubeconfig, env: merged, ...(through === undefined ? {} : { through }) });
    functions.push(started);
    return started;
  };
  const requests: Scene["requests"] = async (act) => {
    const since = await cluster.auditMark();
    await act();
    return cluster.auditEvents({ since, by: kubeconfig });
  };
  afterAll(async () => {
    await Promise.all(functions.map((fn) => fn.close()));
    for (const made of [...namespaces, operator]) await cluster.removeNamespace(made);
  });
  await namespace(target);
  return {
    cluster,
    operator,
    target,
    kubeconfig,
    fn: start(),
    start,
    namespace,
    requests,
    async objects() {
      const lists = await Promise.all([
        admin.must("GET", `${BINDINGS}/namespaces/${operator}/boundendpoints`),
        ...[operator, ...namespaces].map((where) =>
          admin.must("GET", `/api/v1/namespaces/${where}/services`),
        ),
      ]);
      return lists
        .flatMap(({ kind, items }: { kind: string; items: KubeObject[] }) =>
          items.map(({ metadata }) => `${kind.replace("List", "")} ${metadata.namespace}/${metadata.name}`),
        )
        .sort();
    },
    async read(path) {
      const { status, body } = await admin.request("GET", path);
      if (status === 404) return undefined;
      if (status !== 200) throw new Error(`GET ${path}: ${status}`);
      return body;
    },
    async writes(act) {
      const all = await requests(act);
      return all
        .filter(isWrite)
        .map(({ verb, resource, name: object, code }) => `${verb} ${resource} ${object} ${code}`);
    },
  };
}

export const BINDINGS = "/apis/bindings.k8s.ngrok.com/v1alpha1";
export const PUSHBIND = "/apis/pushbind.dev/v1alpha1";
