import { expect, test } from "vitest";
import { created, deleted } from "../support/events.ts";
import { difference, HostView, mergePatch } from "./host-view.ts";
import { describeScene } from "./suite.ts";

const FINALIZER = "example.com/hold";

describeScene("objects of ours that others hold by a finalizer", "finalizers", (scene) => {
  const { fn } = scene;
  const { admin } = scene.cluster;
  const view = new HostView(scene);
  const objects = {
    target: (url: string) => view.paths.target(new URL(url).hostname),
    upstream: (url: string) => view.paths.upstream(url),
    BoundEndpoint: (url: string) => view.paths.boundEndpoint(url),
  };
  const hold = (path: string) => mergePatch(scene, path, { metadata: { finalizers: [FINALIZER] } });
  const letGo = (path: string) => mergePatch(scene, path, { metadata: { finalizers: null } });
  const waits = {
    reason: "Deleting",
    ready: false,
    message: expect.stringMatching(
      /^Deleting: (Service|BoundEndpoint) \S+ is being deleted and waits for its finalizers: example\.com\/hold$/,
    ),
  };

  for (const [kind, pathOf] of Object.entries(objects)) {
    const name = kind.toLowerCase();

    test(`${kind}: the reply to a delete says that it waits, then that it is gone`, async () => {
      const host = `gone-${name}.finalizers`;
      const url = `http://${host}:80`;
      const id = `ep_gone_${name}`;
      const path = pathOf(url);
      const since = await difference(scene);
      await fn.post(created(id, url));
      await hold(path);

      const answer = await fn.post(deleted(id, 1));
      expect(answer).toMatchObject({ status: 200, body: { outcome: "deleted", ...waits } });
      expect((await scene.read(path))?.metadata.deletionTimestamp).toBeDefined();
      expect((await since()).come).toHaveLength(1);
      expect((await view.record(id))?.status).toMatchObject({ reason: "Deleting" });
      const writes = await scene.writes(async () => {
        expect((await fn.post(deleted(id, 1))).body).toMatchObject({ outcome: "unchanged", ...waits });
      });
      expect(writes).toEqual([]);

      await letGo(path);
      expect(await scene.read(path)).toBeUndefined();
      expect((await fn.post(deleted(id, 1))).body).toMatchObject({ reason: "Deleted", ready: true });
      expect(await since()).toEqual({ come: [], gone: [] });
      expect((await view.record(id))?.status ?? {}).toEqual({});
      expect(await scene.writes(() => fn.post(deleted(id, 1)))).toEqual([]);
    });

    test(`${kind}: an endpoint that comes back meanwhile waits, and is bound at its next delivery`, async () => {
      const host = `back-${name}.finalizers`;
      const url = `http://${host}:80`;
      const path = pathOf(url);
      await fn.post(created(`ep_before_${name}`, url));
      await hold(path);
      await fn.post(deleted(`ep_before_${name}`, 1));

      const event = created(`ep_after_${name}`, url, 2);
      const answer = await fn.post(event);
      expect(answer).toMatchObject({ status: 200, body: { outcome: "bound", ...waits } });
      expect(await view.condition(url, "ServicesCreated")).toBe(`False: ${answer.body.message}`);
      expect(await scene.writes(() => fn.post(event))).toEqual([]);

      await letGo(path);
      expect((await fn.post(event)).body).toMatchObject({ outcome: "bound", reason: "Bound", ready: true });
      expect(await view.condition(url, "Ready")).toBe("True");
      expect((await scene.read(path))?.metadata.deletionTimestamp).toBeUndefined();
    });

    test(`${kind}: deleted by others, with a finalizer: not ready until it has gone and come again`, async () => {
      const url = `http://taken-${name}.finalizers:80`;
      const path = pathOf(url);
      const event = created(`ep_taken_${name}`, url);
      await fn.post(event);
      await hold(path);
      await admin.must("DELETE", path);
      const answer = await fn.post(event);
      expect(answer).toMatchObject({ status: 200, body: { outcome: "bound", ...waits } });
      expect(await view.condition(url, "Ready")).toBe(`False: ${answer.body.message}`);
      await letGo(path);
      expect((await fn.post(event)).body).toMatchObject({ outcome: "bound", reason: "Bound", ready: true });
      expect(await view.condition(url, "Ready")).toBe("True");
    });
  }

  test("a move away from a host whose target is held: ready where it went, and it says what is left", async () => {
    const url = "http://moving.finalizers:80";
    await fn.post(created("ep_moving", url));
    await hold(objects.target(url));
    const answer = await fn.post(created("ep_moving", "http://moved.finalizers", 1));
    expect(answer.body).toMatchObject({ outcome: "bound", ...waits });
    expect(await view.condition("http://moved.finalizers:80", "Ready")).toBe("True");
    await letGo(objects.target(url));
    const again = await fn.post(created("ep_moving", "http://moved.finalizers", 1));
    expect(again.body).toMatchObject({ outcome: "bound", reason: "Bound", ready: true });
  });
});
