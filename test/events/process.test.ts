import { once } from "node:events";
import { connect } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import type { Service } from "../../lib/cluster/objects.ts";
import { created, type NgrokEvent } from "../support/events.ts";
import type { Scene } from "../support/scene.ts";
import { FORMS, type Form, kubeconfigThrough, type Spawned, spawnFunction } from "./spawned.ts";
import { describeScene } from "./suite.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

const tests = (form: Form) => (scene: Scene) => {
  /** A process of this file's operator namespace, with a proxy between it and the API server. */
  async function start(
    env: Record<string, string> = {},
  ): Promise<{ fn: Spawned; url: string; proxy: TcpProxy }> {
    const proxy = await startTcpProxy(Number(new URL(scene.cluster.url).port));
    onTestFinished(() => proxy.shut());
    const fn = await spawnFunction(
      {
        KUBECONFIG: await kubeconfigThrough(scene.kubeconfig, proxy.port),
        OPERATOR_NAMESPACE: scene.operator,
        ...env,
      },
      { form },
    );
    return { fn, url: await fn.url(), proxy };
  }

  const post = (url: string, event: NgrokEvent) =>
    fetch(`${url}/events`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(event),
    });

  it("starts, answers, and logs JSON lines", async () => {
    const { fn, url } = await start();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: "ok" });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: "ok" });
    const response = await post(url, created("ep_START", `http://start.${scene.target}`));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ outcome: "bound", ready: true });
    expect(await scene.read<Service>(`/api/v1/namespaces/${scene.target}/services/start`)).toMatchObject({
      spec: { type: "ExternalName" },
    });
    const line = await fn.logged(`the endpoint is bound to http://start.${scene.target}:80`);
    expect(line).toMatchObject({
      endpointId: "ep_START",
      outcome: "bound",
      time: expect.stringMatching(/Z$/),
    });
  });

  it.each(["SIGTERM", "SIGINT"] as const)("ends at once on %s with nothing to do", async (signal) => {
    const { fn } = await start();
    fn.signal(signal);
    expect(await fn.ended).toEqual({ code: 0, signal: null, stderr: "" });
    expect(fn.log.map(({ msg }) => msg).slice(-2)).toEqual(["ending", "ended"]);
  });

  it("finishes on SIGTERM what is in flight, and takes nothing on", async () => {
    const { fn, url, proxy } = await start();
    const held = proxy.hold();
    const inFlight = post(url, created("ep_FLIGHT", `http://flight.${scene.target}`));
    await held;
    fn.signal("SIGTERM");
    await fn.logged("ending");
    while (await accepts(url));
    expect(fn.log.map(({ msg }) => msg)).not.toContain("ended");
    proxy.release();
    const response = await inFlight;
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ outcome: "bound", ready: true });
    expect(await fn.ended).toEqual({ code: 0, signal: null, stderr: "" });
    expect(await scene.objects()).toContain(`Service ${scene.target}/flight`);
  });

  it("ends on SIGTERM though a sender stops in the middle of an event", async () => {
    const { fn, url } = await start();
    const sender = connect(Number(new URL(url).port), "127.0.0.1");
    onTestFinished(() => void sender.destroy());
    const head =
      "POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n";
    sender.write(`${head}Expect: 100-continue\r\n\r\n`);
    // It says that it has read the head, and waits for the body from then on.
    const [answer] = await once(sender, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 100 /);
    sender.write("{");
    fn.signal("SIGTERM");
    expect(await fn.ended).toEqual({ code: 0, signal: null, stderr: "" });
  });

  it.each([2, 20])("answers a body of %i MiB with 413 before it has read it all", async (mebibytes) => {
    const { url } = await start();
    const body = new Blob(["x".repeat(mebibytes * 1024 * 1024)], { type: "application/json" });
    const response = await fetch(url, { method: "POST", body });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ reason: "BodyTooLarge" });
  });

  it("opens few connections to the API server for many calls", async () => {
    const { url, proxy } = await start();
    const requests = await scene.requests(async () => {
      for (let n = 0; n < 10; n++) {
        expect((await post(url, created(`ep_MANY_${n}`, `http://many-${n}.${scene.target}`))).status).toBe(
          200,
        );
      }
    });
    expect(requests.length).toBeGreaterThanOrEqual(100);
    // Three of the ten calls of an event are made side by side.
    expect(proxy.connections()).toBeLessThanOrEqual(4);
  });

  it("says while the API server cannot be reached that it is not ready, and then goes on", async () => {
    const { url, proxy } = await start();
    const event = created("ep_AWAY", `http://away.${scene.target}`);
    await proxy.shut();
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ reason: "ClusterUnavailable" });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const response = await post(url, event);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    const { reason, detail } = (await response.json()) as { reason: string; detail: string };
    expect(reason).toBe("ClusterUnavailable");
    expect(detail).toMatch(/^the API server could not be reached: connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
    await proxy.open();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await post(url, event)).json()).toMatchObject({ outcome: "bound", ready: true });
  });

  it("says that its port is taken, and ends with code 1", async () => {
    const { url } = await start();
    const { port } = new URL(url);
    const second = await spawnFunction({ KUBECONFIG: scene.kubeconfig, PORT: port }, { form });
    const { code, stderr } = await second.ended;
    expect(code).toBe(1);
    const cause = `listen EADDRINUSE: address already in use 127.0.0.1:${port}`;
    expect(stderr).toBe(`port ${port} is taken by another process: ${cause}\n`);
  });

  it("ends so with the embedded cluster too, which has been started by then", async () => {
    const { url } = await start();
    const second = await spawnFunction({ CLUSTER: "embedded", PORT: new URL(url).port }, { form });
    const { code, stderr } = await second.ended;
    expect(code).toBe(1);
    expect(stderr).toContain(" is taken by another process: ");
  });
};

for (const form of FORMS) describeScene(`the process, from the ${form}`, `process-${form}`, tests(form));

/** Whether a connection is taken; false where it is refused. */
async function accepts(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    // Reset where the listening socket was closed before it took a connection that had been queued.
    if (["ECONNREFUSED", "ECONNRESET"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  } finally {
    socket.destroy();
  }
}
