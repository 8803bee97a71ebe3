import { setTimeout as sleep } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";
import pino from "pino";
import { type App, buildApp } from "../../functions/app.ts";
import type { ReplyBody } from "../../functions/reply.ts";
import { kubernetesTransport } from "../../lib/cluster/kubernetes.ts";
import type { Transport } from "../../lib/cluster/transport.ts";
import { instantOf } from "../../lib/event/instant.ts";
import { Rounds } from "../../lib/reconcile/rounds.ts";
import { readSettings } from "../../lib/settings/settings.ts";

/** What came back for a delivery. */
export type Answer = { status: number; headers: Record<string, unknown>; body: ReplyBody; text: string };

/** A function that answers over HTTP, wherever it runs. */
export type HttpFunction = {
  /** Posts an event; a string as it is, else as JSON. */
  post(event: unknown, options?: { query?: string; headers?: Record<string, string> }): Promise<Answer>;
  /** Any request whose answer is JSON; nothing is added to it. */
  request(request: HttpRequest): Promise<Answer>;
};

export type HttpRequest = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  path: string;
  headers?: Record<string, string>;
  body?: Buffer | string;
};

/** The function as it is deployed, less the port and the process. */
export type FunctionUnderTest = HttpFunction & {
  app: App;
  /** The lines that it has logged. */
  logged: Record<string, unknown>[];
  /** Lets time pass: what the function takes for now is this much later from here on. */
  advance(milliseconds: number): void;
  close(): Promise<void>;
};

export type FunctionOptions = {
  /** Path: the function has the rights of its owner. */
  kubeconfig: string;
  env?: Record<string, string>;
  /** Puts something between the function and the cluster. */
  through?: (transport: Transport) => Transport;
};

/** Starts a function against the cluster of a kubeconfig. Throws where its settings are not right. */
export function startFunction({ kubeconfig, env = {}, through }: FunctionOptions): FunctionUnderTest {
  const read = readSettings({ ...env });
  if (!read.ok) throw new Error(read.problems.map(({ at, message }) => `${at}: ${message}`).join("\n"));
  const connection = kubernetesTransport(() => {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    return config;
  });
  const logged: Record<string, unknown>[] = [];
  const logger = pino({ level: "info" }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  let offset = 0;
  const app = buildApp({
    world: {
      transport: through === undefined ? connection.send : through(connection.send),
      settings: read.settings,
      now: () => instantOf(new Date(Date.now() + offset)),
      random: Math.random,
      sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
      rounds: new Rounds(),
    },
    logger,
    checkReady: async () => undefined,
  });
  const request: HttpFunction["request"] = async ({ method, path, headers = {}, body }) => {
    const payload = body === undefined ? {} : { payload: body };
    const response = await app.inject({ method, url: path, headers, ...payload });
    return {
      status: response.statusCode,
      headers: response.headers,
      body: response.body === "" ? ({} as ReplyBody) : (response.json() as ReplyBody),
      text: response.body,
    };
  };
  return {
    app,
    logged,
    request,
    post: (event, { query = "", headers = {} } = {}) =>
      request({
        method: "POST",
        path: `/events${query}`,
        headers: { "content-type": "application/json", ...headers },
        body: typeof event === "string" ? event : JSON.stringify(event),
      }),
    advance(milliseconds) {
      offset += milliseconds;
    },
    async close() {
      await app.close();
      await connection.close();
    },
  };
}
