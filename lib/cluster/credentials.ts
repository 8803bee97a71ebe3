import type { AgentOptions, RequestOptions } from "node:https";
import { type HttpMethod, type KubeConfig, RequestContext } from "@kubernetes/client-node";
import { Agent, type Dispatcher } from "undici";
import { CREDENTIALS_LIFE_MS } from "../settings/limits.ts";

/** What calls are made with: headers that say who calls, and connections to servers that the configuration trusts. */
export type Credentials = { headers: Record<string, string>; dispatcher: Dispatcher };

/**
 * The credentials of a configuration's current context, read anew: token, client certificate, authority.
 *
 * Connections are kept: one of HTTP/2 where the server has it, else as many of HTTP/1.1 as calls are made at once
 * (test/bench/transport.ts compares them).
 *
 * @throws what a plugin, or a file that the configuration names, fails with
 */
export async function readCredentials(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const headers = { ...(options.headers as Record<string, string> | undefined) };
  if (options.auth) headers.Authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  return { headers, dispatcher: await dispatcherOf(config, options) };
}

async function dispatcherOf(config: KubeConfig, options: RequestOptions): Promise<Dispatcher> {
  const cluster = config.getCurrentCluster();
  const connection = config.createDispatcherOptions(cluster, options as AgentOptions);
  if (connection.type === "proxy" || connection.type === "socks") {
    const context = new RequestContext(cluster?.server ?? "", "GET" as HttpMethod);
    await config.applySecurityAuthentication(context);
    return context.getDispatcher() as Dispatcher;
  }
  // Without an option of TLS the system's authorities are trusted.
  const connect = connection.type === "agent" ? connection.connect : {};
  // Longer than undici's four seconds: a probe of readiness, or an event, finds the connection open.
  return new Agent({ connect, keepAliveTimeout: CREDENTIALS_LIFE_MS } as Agent.Options);
}
