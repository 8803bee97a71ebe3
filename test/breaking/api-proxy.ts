import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Agent, request } from "undici";

/** A request of a function to the API server. */
export type ApiCall = {
  method: string;
  /** Path and query. */
  path: string;
  /** Empty where there is none. */
  body: string;
};

export type ApiAnswer = { status: number; headers: Record<string, string>; body: string };

/**
 * Decides what becomes of a call: it may pass it on, whenever it likes, and answer with what comes back, with
 * something else, or with nothing: then the connection is cut.
 */
export type Meddler = (call: ApiCall, passOn: () => Promise<ApiAnswer>) => Promise<ApiAnswer | undefined>;

/** The way of one process to the API server. */
export type Gate = {
  /** The server, for a kubeconfig. */
  readonly url: string;
  /** What the calls meet from now on; at first they are passed on. */
  meddler: Meddler;
};

export type ApiProxy = {
  /** A further way to the API server, apart from all others. */
  gate(): Gate;
  close(): Promise<void>;
};

/** Passes a call on as it came. */
export const passing: Meddler = (_call, passOn) => passOn();

/**
 * A proxy on the loopback interface in front of an API server. It takes plain HTTP, adds TLS, and leaves tokens as they
 * are, so that the server sees who calls.
 *
 * @param server its URL and its certificate authority in PEM
 */
export async function startApiProxy(server: { url: string; ca: string }): Promise<ApiProxy> {
  const gates: Gate[] = [];
  const agent = new Agent({ connect: { ca: server.ca } });
  const proxy = createServer((incoming, response) => {
    void handle(incoming, response).catch(() => response.destroy());
  });
  // Else a connection might be closed just when a function sends its next call on it.
  proxy.keepAliveTimeout = 0;
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const { port } = proxy.address() as AddressInfo;

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, index = "", path = ""] = /^\/(\d+)(\/.*)$/.exec(incoming.url ?? "") ?? [];
    const call: ApiCall = { method: incoming.method ?? "", path, body: await text(incoming) };
    const meddler = gates[Number(index)]?.meddler;
    const answer = await meddler?.(call, () => passOn(call, incoming));
    if (answer === undefined) response.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  async function passOn({ method, path, body }: ApiCall, incoming: IncomingMessage): Promise<ApiAnswer> {
    const answer = await request(server.url + path, {
      method,
      dispatcher: agent,
      headers: pick(incoming.headers, ["authorization", "accept", "content-type", "user-agent"]),
      ...(body === "" ? {} : { body }),
    });
    return {
      status: answer.statusCode,
      headers: pick(answer.headers, ["content-type", "retry-after"]),
      body: await answer.body.text(),
    };
  }

  return {
    gate() {
      const gate = { url: `http://127.0.0.1:${port}/${gates.length}`, meddler: passing };
      gates.push(gate);
      return gate;
    },
    async close() {
      proxy.close();
      proxy.closeAllConnections();
      await agent.destroy();
    },
  };
}

function pick(
  headers: Record<string, string | string[] | undefined>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}
