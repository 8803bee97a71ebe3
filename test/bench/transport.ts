/**
 * Ways to call the API server, against each other on a real one: what a call costs this process, and how many get
 * through. Half of the calls read, half are dry runs of a create. The ways take turns, so that noise meets all of them.
 *
 *     node test/bench/transport.ts [--rounds N] [--calls N]
 */
import https from "node:https";
import { parseArgs } from "node:util";
import { type HttpMethod, IsomorphicFetchHttpLibrary, RequestContext } from "@kubernetes/client-node";
import { Agent } from "undici";
import { exchange } from "../../lib/cluster/exchange.ts";
import { findParts } from "../support/cluster-parts.ts";
import { type ClusterAddress, startCluster } from "../support/start-cluster.ts";

type Call = { method: "GET" | "POST"; path: string; body?: string };
type Way = { name: string; send: (call: Call) => Promise<number>; close: () => Promise<void> };
type Measured = { cpu: number[]; rate: number[] };

const LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const CALLS: readonly Call[] = [
  { method: "GET", path: "/api/v1/namespaces/default" },
  {
    method: "POST",
    path: `${LEASES}?dryRun=All&fieldManager=pushbind&fieldValidation=Strict`,
    body: JSON.stringify({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "bench", labels: { "app.kubernetes.io/managed-by": "pushbind" } },
      spec: { holderIdentity: "x".repeat(300) },
    }),
  },
];
const CONCURRENCIES = [1, 8, 32, 128];

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: "string", default: "9" }, calls: { type: "string", default: "1000" } },
  });
  const { parts, missing } = await findParts((line) => void process.stderr.write(`${line}\n`));
  if (parts === undefined) throw new Error(missing);
  const cluster = await startCluster(parts, { audit: false });
  try {
    const ways = waysTo(cluster.address);
    for (const concurrency of CONCURRENCIES) {
      const measured = await measure(ways, concurrency, Number(values.rounds), Number(values.calls));
      print(concurrency, measured);
    }
    for (const way of ways) await way.close();
  } finally {
    await cluster.stop();
  }
}

function waysTo({ url, ca, adminToken }: ClusterAddress): Way[] {
  const signal = new AbortController().signal;
  const headersOf = ({ body }: Call): Record<string, string> => ({
    authorization: `Bearer ${adminToken}`,
    accept: "application/json",
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  });
  const byFetch = (agent: Agent) => async (call: Call) => {
    const context = new RequestContext(url + call.path, call.method as HttpMethod);
    for (const [name, value] of Object.entries(headersOf(call))) context.setHeaderParam(name, value);
    if (call.body !== undefined) context.setBody(call.body);
    context.setDispatcher(agent);
    const response = await new IsomorphicFetchHttpLibrary().send(context).toPromise();
    JSON.parse(await response.body.text());
    return response.httpStatusCode;
  };
  const byRequest = (agent: Agent) => async (call: Call) => {
    const { method, path, body = null } = call;
    const response = await agent.request({ origin: url, method, path, headers: headersOf(call), body });
    JSON.parse(await response.body.text());
    return response.statusCode;
  };
  const byExchange = (agent: Agent) => async (call: Call) => {
    const { method, path, body = null } = call;
    return (await exchange(agent, { origin: url, method, path, headers: headersOf(call), body }, signal))
      .status;
  };
  const over = (name: string, allowH2: boolean, sendBy: (agent: Agent) => Way["send"]): Way => {
    const agent = new Agent({ connect: { ca }, allowH2 });
    return { name, send: sendBy(agent), close: () => agent.close() };
  };
  return [
    over("client-node's fetch, HTTP/2", true, byFetch),
    over("undici's request, HTTP/1.1", false, byRequest),
    over("undici's request, HTTP/2", true, byRequest),
    over("exchange, HTTP/1.1", false, byExchange),
    over("exchange, HTTP/2", true, byExchange),
    nodeHttps(url, ca, headersOf),
  ];
}

function nodeHttps(url: string, ca: string, headersOf: (call: Call) => Record<string, string>): Way {
  const agent = new https.Agent({ ca, keepAlive: true });
  const send = (call: Call) =>
    new Promise<number>((resolve, reject) => {
      const options = { agent, method: call.method, headers: headersOf(call) };
      const request = https.request(url + call.path, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          JSON.parse(Buffer.concat(chunks).toString("utf8"));
          resolve(response.statusCode ?? 0);
        });
      });
      request.on("error", reject).end(call.body);
    });
  return { name: "node:https, HTTP/1.1", send, close: async () => agent.destroy() };
}

async function measure(
  ways: readonly Way[],
  concurrency: number,
  rounds: number,
  calls: number,
): Promise<Map<string, Measured>> {
  const measured = new Map(ways.map(({ name }): [string, Measured] => [name, { cpu: [], rate: [] }]));
  for (const way of ways) await run(way, concurrency, calls / 4);
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) {
      const cpu = process.cpuUsage();
      const start = performance.now();
      await run(way, concurrency, calls);
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      measured.get(way.name)?.cpu.push((user + system) / calls);
      measured.get(way.name)?.rate.push(calls / seconds);
    }
  }
  return measured;
}

async function run(way: Way, concurrency: number, calls: number): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < calls) {
      const status = await way.send(CALLS[next++ % CALLS.length] as Call);
      if (status > 299) throw new Error(`${way.name}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

function print(concurrency: number, measured: Map<string, Measured>): void {
  process.stdout.write(
    `\n${`${concurrency} at once`.padEnd(30)}${"CPU, us a call".padEnd(24)}calls a second\n`,
  );
  for (const [name, { cpu, rate }] of measured) {
    process.stdout.write(`${name.padEnd(30)}${spread(cpu).padEnd(24)}${spread(rate)}\n`);
  }
}

/** The median, and the quarters around it. */
function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number) => String(Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0));
  return `${at(0.5)} (${at(0.25)}-${at(0.75)})`;
}
