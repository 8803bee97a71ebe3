import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { kubernetesTransport } from "../../../lib/cluster/kubernetes.ts";
import type { ApiRequest } from "../../../lib/cluster/transport.ts";

const NEVER = new AbortController().signal;
const GET: ApiRequest = { method: "GET", path: "/api/v1/namespaces/a?x=y", accept: "application/json" };

describe("a call to the API server", () => {
  it("has what the configuration and the request say", async () => {
    const { url, requests } = await listen();
    const send = sender(`${url}/k8s/clusters/c/`, { username: "u", password: "p:w" });
    const body = { name: "ä" };
    await send({ method: "POST", path: "/api/v1/namespaces", contentType: "application/json", body }, NEVER);
    expect(requests).toEqual([
      {
        method: "POST",
        url: "/k8s/clusters/c/api/v1/namespaces",
        headers: expect.objectContaining({
          authorization: `Basic ${Buffer.from("u:p:w").toString("base64")}`,
          "user-agent": "pushbind",
          "content-type": "application/json",
          "content-length": String(Buffer.byteLength(JSON.stringify(body))),
        }),
        body: JSON.stringify(body),
      },
    ]);
  });

  it("gives back status, headers, and what is JSON parsed, in however many pieces it comes", async () => {
    const text = JSON.stringify({ text: "ä".repeat(100_000) });
    const { url } = await listen((_request, response) => {
      response.writeHead(429, { "Retry-After": "3" });
      const bytes = Buffer.from(text);
      // Between the two bytes of one character.
      response.write(bytes.subarray(0, 10));
      setImmediate(() => response.end(bytes.subarray(10)));
    });
    const response = await sender(url)(GET, NEVER);
    expect(response).toMatchObject({ status: 429, headers: { "retry-after": "3" }, body: JSON.parse(text) });
  });

  it.each(["ok", ""])("gives back %j, which is no JSON, as it is", async (text) => {
    const { url } = await listen((_request, response) => void response.end(text));
    expect(await sender(url)(GET, NEVER)).toMatchObject({ status: 200, body: text });
  });

  it("goes through the proxy that the configuration names", async () => {
    const proxy = await listen();
    const send = sender("http://api.example", { token: "t" }, proxy.url);
    expect(await send(GET, NEVER)).toMatchObject({ status: 200 });
    const url = `http://api.example${GET.path}`;
    expect(proxy.requests).toMatchObject([{ url, headers: { authorization: "Bearer t" } }]);
  });

  it("ends with the reason of its signal, before it is sent and while it waits, and the next one goes on", async () => {
    const waiting = Promise.withResolvers<void>();
    let calls = 0;
    const { url } = await listen((_request, response) => {
      if (calls++ > 0) response.end("{}");
      else waiting.resolve();
    });
    const send = sender(url);
    const reason = new Error("late");
    await expect(send(GET, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(calls).toBe(0);
    const deadline = new AbortController();
    const call = send(GET, deadline.signal);
    await waiting.promise;
    deadline.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(await send(GET, NEVER)).toMatchObject({ status: 200, body: {} });
  });
});

type Received = { method: string; url: string; headers: object; body: string };

/** A server of HTTP/1.1, and what it has received. */
async function listen(answer: RequestListener = (_request, response) => void response.end("{}")) {
  const requests: Received[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url = "", headers } = request;
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    requests.push({ method, url, headers, body });
    answer(request, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** A transport to a server, as a user, through a proxy. */
function sender(server: string, user: object = {}, proxyUrl?: string) {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: "c", server, skipTLSVerify: true, proxyUrl }],
    users: [{ name: "u", ...user }],
    contexts: [{ name: "x", cluster: "c", user: "u" }],
    currentContext: "x",
  });
  const transport = kubernetesTransport(() => config);
  onTestFinished(() => transport.close());
  return transport.send;
}
