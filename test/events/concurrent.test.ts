import { expect, test } from "vitest";
import { created, deleted, type NgrokEvent, updated } from "../support/events.ts";
import type { FunctionUnderTest } from "../support/function.ts";
import { difference, HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

const ATTEMPTS = 10;

describeScene("many deliveries at once to several instances", "concurrent", (scene) => {
  const instances = [scene.fn, scene.start(), scene.start(), scene.start()];
  const view = new HostView(scene);

  /** As a sender does: again while it is answered 503. */
  async function deliver(fn: FunctionUnderTest, event: NgrokEvent): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { status } = await fn.post(event);
      if (status === 200) return;
      expect(status).toBe(503);
    }
    throw new Error(`${event.event_id} was answered 503 ${ATTEMPTS} times`);
  }

  const deliverAll = (events: NgrokEvent[]) =>
    Promise.all(
      events.map((event, index) => deliver(instances[index % instances.length] as FunctionUnderTest, event)),
    );

  test("one host, ten URLs: all are served, then none", async () => {
    const host = "app.concurrent";
    const ports = Array.from({ length: 10 }, (_, index) => 8000 + index);
    const urls = ports.map((port) => `tcp://${host}:${port}`);
    const since = await difference(scene);
    await deliverAll(urls.map((url, index) => created(`ep_${index}`, url)));
    expect((await since()).come).toEqual(view.whole(host, ...urls));
    expect(await view.targetPorts(host)).toEqual(
      Object.fromEntries(ports.map((port) => [`tcp-${port}`, `${port} -> ${port}`])),
    );
    const forwarderPorts = await Promise.all(urls.map((url) => view.port(url)));
    expect(new Set(forwarderPorts).size).toBe(urls.length);
    for (const url of urls) expect(await view.condition(url, "Ready")).toBe("True");
    for (const [index, url] of urls.entries()) {
      expect(await scene.writes(() => scene.fn.post(created(`ep_${index}`, url)))).toEqual([]);
    }

    await deliverAll(urls.map((_, index) => deleted(`ep_${index}`, 1)));
    expect(await since()).toEqual({ come: [], gone: [] });
  });

  test("endpoints that come, move between two hosts and go: the end is that of the newest events", async () => {
    const since = await difference(scene);
    const [a, b] = ["http://a.concurrent:80", "http://b.concurrent:80"];
    const histories = Array.from({ length: 6 }, (_, index) => {
      const id = `ep_moving_${index}`;
      const history = [created(id, a, 1), updated(id, b, 2), updated(id, a, 3)];
      return index < 3 ? history : [...history, deleted(id, 4)];
    });
    await deliverAll(histories.flat());
    expect((await since()).come).toEqual(view.whole("a.concurrent", a));
    const status = (await view.boundEndpoint(a))?.status;
    expect(status?.endpoints?.map(({ id }) => id)).toEqual(["ep_moving_0", "ep_moving_1", "ep_moving_2"]);
    expect(status?.endpointsSummary).toBe("3 endpoints");
    for (const event of histories.flat()) {
      expect(await scene.writes(() => scene.fn.post(event))).toEqual([]);
    }
  });
});
