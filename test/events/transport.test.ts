import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import pino from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { startFunction } from "../../functions/start.ts";
import { Deadline } from "../../lib/cluster/deadline.ts";
import { kubernetesTransport } from "../../lib/cluster/kubernetes.ts";
import type { ApiRequest } from "../../lib/cluster/transport.ts";
import { CALL_DEADLINE_MS, CREDENTIALS_LIFE_MS, REQUEST_DEADLINE_MS } from "../../lib/settings/limits.ts";
import { readSettings } from "../../lib/settings/settings.ts";
import { created } from "../support/events.ts";
import { tokenIn } from "../support/kubeconfig.ts";
import { folder, kubeconfigThrough } from "./spawned.ts";
import { describeScene } from "./suite.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

const NEVER = new AbortController().signal;

describeScene("the connection to the API server", "transport", (scene) => {
  const { cluster, target } = scene;
  const getTarget: ApiRequest = { method: "GET", path: `/api/v1/namespaces/${target}` };

  /** A pod's configuration: the token is in a file that the kubelet replaces before it expires. */
  async function inPod(token: string) {
    const tokenFile = join(await folder(), "token");
    await writeFile(tokenFile, token);
    const load = () => {
      const config = new KubeConfig();
      config.loadFromOptions({
        clusters: [{ name: "pod", server: cluster.url, caData: cluster.caData, skipTLSVerify: false }],
        users: [{ name: "pod", authProvider: { name: "tokenFile", config: { tokenFile } } }],
        contexts: [{ name: "pod", cluster: "pod", user: "pod" }],
        currentContext: "pod",
      });
      return config;
    };
    let time = 0;
    const transport = kubernetesTransport(load, () => time);
    onTestFinished(() => transport.close());
    return {
      rotate: (next: string) => writeFile(tokenFile, next),
      remove: () => rm(tokenFile),
      advance(milliseconds: number) {
        time += milliseconds;
      },
      status: async () => (await transport.send(getTarget, NEVER)).status,
    };
  }

  const freshToken = async () => tokenIn(await readFile(await cluster.functionKubeconfig(), "utf8"));

  it("goes on when the token in its file is replaced", async () => {
    const [first, second] = [await freshToken(), await freshToken()];
    const pod = await inPod(first);
    const tokens = async () => {
      const since = await cluster.auditMark();
      expect(await pod.status()).toBe(200);
      const events = await cluster.auditEvents({ since });
      return events.filter(({ uri }) => uri === getTarget.path).map(({ tokenId }) => tokenId);
    };
    const [firstId, secondId] = [first, second].map(idIn);
    expect(await tokens()).toEqual([firstId]);
    await pod.rotate(second);
    pod.advance(CREDENTIALS_LIFE_MS - 1);
    expect(await tokens()).toEqual([firstId]);
    pod.advance(1);
    expect(await tokens()).toEqual([secondId]);
  });

  it("takes the token from a file that the kubeconfig names, as kubectl does, and goes on when it is replaced", async () => {
    const where = await folder();
    const config = JSON.parse(await readFile(scene.kubeconfig, "utf8"));
    config.users[0].user = { tokenFile: "token", token: "of no use beside a file" };
    await writeFile(join(where, "config"), JSON.stringify(config));
    await writeFile(join(where, "token"), "expired\n");
    vi.stubEnv("KUBECONFIG", join(where, "config"));
    onTestFinished(() => void vi.unstubAllEnvs());
    const transport = kubernetesTransport();
    onTestFinished(() => transport.close());
    expect(await transport.send(getTarget, NEVER)).toMatchObject({ status: 401 });
    await writeFile(join(where, "token"), `${await freshToken()}\n`);
    expect(await transport.send(getTarget, NEVER)).toMatchObject({ status: 200 });
  });

  it("reads the token again as soon as it is refused", async () => {
    const pod = await inPod("expired");
    expect(await pod.status()).toBe(401);
    await pod.rotate(await freshToken());
    expect(await pod.status()).toBe(200);
  });

  it("recovers from a token file that was not there for a moment", async () => {
    const pod = await inPod(await freshToken());
    expect(await pod.status()).toBe(200);
    await pod.remove();
    pod.advance(CREDENTIALS_LIFE_MS);
    await expect(pod.status()).rejects.toMatchObject({ code: "ENOENT" });
    await pod.rotate(await freshToken());
    expect(await pod.status()).toBe(200);
  });

  it("makes as many connections as calls are made at once, and uses them again", async () => {
    const proxy = await startTcpProxy(Number(new URL(cluster.url).port));
    const kubeconfig = await kubeconfigThrough(scene.kubeconfig, proxy.port);
    const transport = kubernetesTransport(() => fromFile(kubeconfig));
    const many = () => Promise.all(Array.from({ length: 20 }, () => transport.send(getTarget, NEVER)));
    for (let n = 0; n < 100; n++) await transport.send(getTarget, NEVER);
    expect(proxy.connections()).toBe(1);
    for (let n = 0; n < 5; n++) await many();
    expect(proxy.connections()).toBeLessThanOrEqual(20);
    await transport.close();
    await proxy.shut();
  });

  it("takes a new connection after a call that got no answer in time", async () => {
    const proxy = await startTcpProxy(Number(new URL(cluster.url).port));
    onTestFinished(() => proxy.shut());
    const kubeconfig = await kubeconfigThrough(scene.kubeconfig, proxy.port);
    const transport = kubernetesTransport(() => fromFile(kubeconfig));
    expect(await transport.send(getTarget, NEVER)).toMatchObject({ status: 200 });
    const held = proxy.hold();
    const deadline = new AbortController();
    const call = transport.send(getTarget, deadline.signal);
    await held;
    const late = new DOMException("late", "TimeoutError");
    deadline.abort(late);
    await expect(call).rejects.toBe(late);
    expect(proxy.connections()).toBe(1);
    proxy.release();
    expect(await transport.send(getTarget, NEVER)).toMatchObject({ status: 200 });
    expect(proxy.connections()).toBe(2);
    await transport.close();
  });

  it("trusts nobody but the authority of its kubeconfig", async () => {
    const stranger = new KubeConfig();
    stranger.loadFromOptions({
      clusters: [{ name: "x", server: cluster.url, skipTLSVerify: false }],
      users: [{ name: "x", token: await freshToken() }],
      contexts: [{ name: "x", cluster: "x", user: "x" }],
      currentContext: "x",
    });
    const transport = kubernetesTransport(() => stranger);
    await expect(transport.send(getTarget, NEVER)).rejects.toMatchObject({
      code: "SELF_SIGNED_CERT_IN_CHAIN",
    });
    await transport.close();
  });
});

describeScene("an API server that does not answer", "hanging", (scene) => {
  /** The function with a cluster that never answers, and the deadlines that it has set, by milliseconds. */
  async function start() {
    const deadlines = new Map<number, AbortController>();
    const after = vi.spyOn(Deadline, "after").mockImplementation((milliseconds, outer) => {
      const deadline = deadlines.get(milliseconds) ?? new AbortController();
      deadlines.set(milliseconds, deadline);
      const signal = outer === undefined ? deadline.signal : AbortSignal.any([outer, deadline.signal]);
      return { signal, clear: () => undefined } as Deadline;
    });
    onTestFinished(() => after.mockRestore());
    const read = readSettings({ PORT: "0", HOST: "127.0.0.1", OPERATOR_NAMESPACE: scene.operator });
    if (!read.ok) throw new Error("the settings are not right");
    const { promise: called, resolve: call } = Promise.withResolvers<void>();
    const hanging = {
      server: "https://127.0.0.1",
      close: async () => undefined,
      send: async (_request: ApiRequest, signal: AbortSignal) => {
        call();
        await once(signal, "abort");
        throw signal.reason;
      },
    };
    const started = await startFunction(read.settings, hanging, pino({ level: "silent" }));
    onTestFinished(() => started.stop());
    const expire = (milliseconds: number) =>
      deadlines.get(milliseconds)?.abort(new DOMException("late", "TimeoutError"));
    return { url: started.url, called, expire };
  }

  const post = (url: string) =>
    fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(created("ep_HANG", "http://hang.hanging")),
    });

  it.each([
    ["each call", CALL_DEADLINE_MS, "ClusterUnavailable"],
    ["the whole delivery", REQUEST_DEADLINE_MS, "DeadlineExceeded"],
  ])("is not waited for beyond the deadline of %s", async (_, milliseconds, reason) => {
    const { url, called, expire } = await start();
    const answer = post(url);
    await called;
    expire(milliseconds);
    const response = await answer;
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ outcome: "failed", reason, changes: [] });
  });

  it("is not ready", async () => {
    const { url, called, expire } = await start();
    const answer = fetch(`${url}/readyz`);
    await called;
    expire(REQUEST_DEADLINE_MS / 4);
    const response = await answer;
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ reason: "ClusterUnavailable" });
  });
});

function fromFile(kubeconfig: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return config;
}

/** The claim `jti`, by which the audit log knows a token. */
function idIn(token: string): string {
  const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
  return (JSON.parse(payload) as { jti: string }).jti;
}
