import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parse } from "yaml";
import type { ApiRequest, ApiResponse } from "../cluster/transport.ts";
import { EMBEDDED_BODY_LIMIT_BYTES } from "../settings/limits.ts";
import { kubeconfigFor } from "./kubeconfig.ts";
import { fromProtobuf, PROTOBUF } from "./protobuf.ts";
import { type Query, type Route, route, splitPath } from "./route.ts";
import type { CustomResourceDefinition } from "./schema.ts";
import { ApiError, badRequest, json } from "./status.ts";
import { createStore, INITIAL_NAMESPACES, type Store } from "./store.ts";
import { watch } from "./watch.ts";

export type EmbeddedOptions = {
  crds: readonly CustomResourceDefinition[];
  /** 0, the default, takes a free one. */
  port?: number;
  clock?: () => Date;
  uid?: () => string;
  /** Namespaces that are there from the start besides those of every cluster. */
  namespaces?: readonly string[];
};

export type Embedded = {
  /** Such as `http://127.0.0.1:6480`. */
  readonly url: string;
  readonly store: Store;
  /** A kubeconfig for kubectl, as YAML. */
  kubeconfig(): string;
  /** Ends watches and connections. */
  close(): Promise<void>;
};

/** Serves a new store over HTTP, on loopback only. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const {
    crds,
    port = 0,
    clock = () => new Date(),
    uid = () => crypto.randomUUID(),
    namespaces = [],
  } = options;
  const store = createStore({ clock, uid, crds, namespaces: [...INITIAL_NAMESPACES, ...namespaces] });
  const server = createServer((request, response) => {
    serve(store, clock, request, response).catch((error: unknown) => fail(response, error));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, store, kubeconfig: () => kubeconfigFor(url), close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

function fail(response: ServerResponse, error: unknown): void {
  if (error instanceof ApiError && !response.headersSent) reply(response, error.response());
  else response.destroy(error instanceof Error ? error : undefined);
}

async function serve(
  store: Store,
  clock: () => Date,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = request.url ?? "/";
  const { path, query } = splitPath(target);
  const watching = request.method === "GET" && isTrue(query.get("watch"));
  const at = watching ? route(path, store.resources) : undefined;
  if (at !== undefined) stream(store, clock, at, query, request, response);
  else reply(response, store.handle(await read(request, target)));
}

function isTrue(value: string | undefined): boolean {
  return value === "true" || value === "1";
}

const METHODS = new Set<string | undefined>(["GET", "POST", "PUT", "PATCH", "DELETE"]);

async function read(request: IncomingMessage, target: string): Promise<ApiRequest> {
  const { method } = request;
  if (!METHODS.has(method)) {
    throw new ApiError(
      405,
      "MethodNotAllowed",
      "the server does not allow this method on the requested resource",
      {},
    );
  }
  const bytes = await readBytes(request);
  const contentType = request.headers["content-type"];
  return {
    method: method as ApiRequest["method"],
    path: target,
    ...(request.headers.accept === undefined ? {} : { accept: request.headers.accept }),
    ...(bytes.length === 0 ? withType(contentType) : parseBody(bytes, contentType)),
  };
}

type Body = Pick<ApiRequest, "body" | "contentType">;

function withType(contentType: string | undefined): Body {
  return contentType === undefined ? {} : { contentType };
}

/** Reads to the end in any case: a client that is still sending would not see the answer. */
async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= EMBEDDED_BODY_LIMIT_BYTES) chunks.push(chunk);
  }
  if (size <= EMBEDDED_BODY_LIMIT_BYTES) return Buffer.concat(chunks);
  const message = `Request entity too large: limit is ${EMBEDDED_BODY_LIMIT_BYTES}`;
  throw new ApiError(413, "RequestEntityTooLarge", message, {});
}

/** Reads JSON, YAML and Kubernetes' protocol buffers; the store takes what comes out as if it had been JSON. */
function parseBody(bytes: Buffer, contentType = "application/json"): Body {
  try {
    if (contentType.startsWith(PROTOBUF)) {
      const body = fromProtobuf(bytes);
      return body === undefined ? { contentType } : { body, contentType: "application/json" };
    }
    const text = bytes.toString("utf8");
    if (contentType.startsWith("application/yaml"))
      return { body: parse(text), contentType: "application/json" };
    return { body: JSON.parse(text), contentType };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (contentType.includes("patch")) throw badRequest(`error decoding patch: ${why}`);
    throw badRequest(`couldn't get version/kind; json parse error: ${why}`);
  }
}

function reply(response: ServerResponse, { status, headers, body }: ApiResponse): void {
  response.writeHead(status, headers);
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

function stream(
  store: Store,
  clock: () => Date,
  at: Route,
  query: Query,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const events: string[] = [];
  let started = false;
  const send = (event: unknown) => {
    const line = `${JSON.stringify(event)}\n`;
    if (started) response.write(line);
    else events.push(line);
  };
  const options = { storage: store.storage, now: clock, accept: request.headers.accept };
  const end = watch(at, query, options, send);
  response.writeHead(200, json(200, undefined).headers);
  response.flushHeaders();
  started = true;
  for (const line of events) response.write(line);
  const seconds = Number(query.get("timeoutSeconds") ?? 0);
  const timer = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined;
  response.once("close", () => {
    clearTimeout(timer);
    end();
  });
}
