import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import { afterAll } from "vitest";
import { projectCrds } from "../../lib/embedded/crds.ts";
import { startEmbedded } from "../../lib/embedded/server.ts";
import { realCluster } from "../support/real-cluster.ts";
import { type RunResult, run } from "../support/run.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export type Answer = {
  readonly status: number;
  /** The texts of the `Warning` headers. */
  readonly warnings: readonly string[];
  /** Parsed where it is JSON, else text. */
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into is the server's to say, and each asserts what it reads.
  readonly body: any;
};

export type RequestOptions = { readonly contentType?: string; readonly accept?: string };

/** An API server that the contract is held against. */
export type Target = {
  readonly name: "embedded" | "real";
  readonly url: string;
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Sends one request as an administrator. A string as body goes as it is. */
  send(method: Method, path: string, body?: unknown, options?: RequestOptions): Promise<Answer>;
  /** Opens a stream of lines; to be ended by the one who reads it. */
  lines(path: string, options?: RequestOptions): AsyncGenerator<string>;
  /** Runs kubectl as an administrator; undefined where there is no kubectl. */
  readonly kubectl: Kubectl | undefined;
};

export type Kubectl = (
  args: readonly string[],
  options?: { readonly input?: string; readonly onErrorLine?: (line: string) => void },
) => Promise<RunResult>;

const KUBECTL_DEADLINE_MS = 30_000;

/**
 * The embedded API and, where it can be had, the real API server, both with the project's CRDs. To be called at the
 * top of a test file; what it starts ends with the file.
 */
export async function contractTargets(): Promise<readonly Target[]> {
  const folder = await mkdtemp(join(tmpdir(), "pushbind-contract-"));
  const real = await realCluster();
  await real?.installCrds();
  const embedded = await startEmbedded({ crds: projectCrds() });
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, embedded.kubeconfig());
  const agents = [new Agent(), new Agent({ connect: { ca: real?.ca } })] as const;
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.destroy()));
    await embedded.close();
    await rm(folder, { recursive: true });
  });
  const withKubectl =
    (config: string, cache: string): Kubectl =>
    (args, options = {}) =>
      run(real?.kubectl ?? "kubectl", args, {
        env: {
          ...process.env,
          KUBECONFIG: config,
          KUBECACHEDIR: join(folder, cache),
          KUBECTL_KUBERC: "false",
        },
        deadline: KUBECTL_DEADLINE_MS,
        ...options,
      });
  const inProcess: Target = {
    name: "embedded",
    kubeconfig,
    ...clientOf(embedded.url, agents[0], {}),
    kubectl: real && withKubectl(kubeconfig, "embedded"),
  };
  if (real === undefined) return [inProcess];
  const remote: Target = {
    name: "real",
    kubeconfig: real.adminKubeconfig,
    ...clientOf(real.url, agents[1], { authorization: `Bearer ${real.adminToken}` }),
    kubectl: withKubectl(real.adminKubeconfig, "real"),
  };
  return [inProcess, remote];
}

function clientOf(
  url: string,
  dispatcher: Agent,
  credentials: Record<string, string>,
): Omit<Target, "name" | "kubeconfig" | "kubectl"> {
  const headersOf = ({ contentType, accept = "application/json" }: RequestOptions, hasBody: boolean) => ({
    ...credentials,
    accept,
    ...(hasBody ? { "content-type": contentType ?? "application/json" } : {}),
  });

  async function send(
    method: Method,
    path: string,
    body?: unknown,
    options: RequestOptions = {},
  ): Promise<Answer> {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const headers = headersOf(options, text !== undefined);
    const response = await request(url + path, {
      method,
      dispatcher,
      headers,
      ...(text === undefined ? {} : { body: text }),
    });
    const answer = await response.body.text();
    const json = String(response.headers["content-type"]).includes("json");
    return {
      status: response.statusCode,
      warnings: warningsIn(response.headers.warning),
      body: json ? JSON.parse(answer) : answer,
    };
  }

  async function* lines(path: string, options: RequestOptions = {}): AsyncGenerator<string> {
    const response = await request(url + path, {
      method: "GET",
      dispatcher,
      headers: headersOf(options, false),
    });
    let rest = "";
    for await (const chunk of response.body.setEncoding("utf8")) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      yield* parts;
    }
  }

  return { url, send, lines };
}

function warningsIn(header: string | string[] | undefined): string[] {
  const all = [header ?? []].flat().join(", ");
  return [...all.matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map(
    ([, quoted]) => JSON.parse(quoted ?? '""') as string,
  );
}
