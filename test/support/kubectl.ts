import { join } from "node:path";
import { type RunResult, run } from "./run.ts";
import type { ClusterAddress } from "./start-cluster.ts";

export type KubectlOptions = {
  /** Path of another kubeconfig than the administrator's. */
  readonly kubeconfig?: string;
  readonly input?: string;
  readonly cwd?: string;
  /** kubectl is ended after this many milliseconds. */
  readonly deadline?: number;
};

const KUBECTL_DEADLINE_MS = 60_000;

/** Runs kubectl against the cluster, untouched by the user's own settings and caches, and returns what it printed. */
export function kubectl(
  address: ClusterAddress,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<RunResult> {
  return run(address.kubectl, args, {
    env: {
      ...process.env,
      KUBECONFIG: options.kubeconfig ?? address.adminKubeconfig,
      KUBECACHEDIR: join(address.folder, "kubectl-cache"),
      KUBECTL_KUBERC: "false",
    },
    deadline: options.deadline ?? KUBECTL_DEADLINE_MS,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
}

/**
 * Runs kubectl and returns its standard output.
 *
 * @throws Error with what it printed where it fails.
 */
export async function mustKubectl(
  address: ClusterAddress,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await kubectl(address, args, options);
  if (code === 0) return stdout;
  throw new Error(`kubectl ${args.join(" ")} ended with code ${code}:\n${stdout}${stderr}`);
}
