import { expect, test } from "vitest";
import type { ApiRequest, Transport } from "../../lib/cluster/transport.ts";
import { created, deleted, updated } from "../support/events.ts";
import { difference, HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

/** Holds a delivery at the first request that fits, until it is let go. */
function holdAt(fits: (request: ApiRequest) => boolean, { thenDie = false } = {}) {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let held = false;
  let dead = false;
  const statuses: number[] = [];
  const through =
    (send: Transport): Transport =>
    async (request, signal) => {
      if (dead) throw new Error("the instance has died");
      if (held || !fits(request)) return send(request, signal);
      held = true;
      reached.resolve();
      await released.promise;
      const response = await send(request, signal);
      statuses.push(response.status);
      dead = thenDie;
      if (dead) throw new Error("the instance has died");
      return response;
    };
  return {
    through,
    reached: reached.promise,
    release: () => released.resolve(),
    /** How the API server answered the request that was held. */
    status: () => statuses[0],
  };
}

describeScene("a delivery is paused, and newer ones overtake it", "paused", (scene) => {
  const { fn } = scene;
  const view = new HostView(scene);
  const endpointsOf = async (url: string) =>
    (await view.boundEndpoint(url))?.status?.endpoints?.map(({ id }) => id);

  for (const thenDie of [false, true]) {
    const ending = thenDie ? "and then it dies, and its event comes again" : "and then it goes on";

    test(`before it writes the ledger: the delete that overtook it stands, ${ending}`, async () => {
      const host = `buried-${thenDie}.paused`;
      const event = created(`ep_buried_${thenDie}`, `http://${host}`);
      const since = await difference(scene);
      const hold = holdAt(({ path }) => path.includes(`/boundhosts/${host}`), { thenDie });
      const older = scene.start({}, hold.through).post(event);
      await hold.reached;
      await fn.post(deleted(`ep_buried_${thenDie}`, 1));
      hold.release();
      expect((await older).status).toBe(thenDie ? 503 : 200);
      if (thenDie) await fn.post(event);
      expect(await since()).toEqual({ come: [], gone: [] });
    });

    test(`before it writes a status: that of the newer event stands, ${ending}`, async () => {
      const url = `http://status-${thenDie}.paused:80`;
      const [first, second] = [`ep_first_${thenDie}`, `ep_second_${thenDie}`];
      await fn.post(created(first, url));
      const event = created(second, url, 1);
      const hold = holdAt(
        ({ method, path }) =>
          method === "PATCH" && path.startsWith(`${view.paths.boundEndpoint(url)}/status`),
        { thenDie },
      );
      const older = scene.start({}, hold.through).post(event);
      await hold.reached;
      // Everything is as the newer event wants it already, so it writes nothing that could stop the older one.
      expect((await fn.post(deleted(second, 2))).body).toMatchObject({ outcome: "deleted", ready: true });
      hold.release();
      expect((await older).status).toBe(thenDie ? 503 : 200);
      expect(hold.status()).toBe(200);
      if (thenDie) {
        expect(await endpointsOf(url)).toEqual([first, second]);
        expect((await fn.post(event)).body).toMatchObject({ outcome: "stale" });
      }
      expect(await endpointsOf(url)).toEqual([first]);
      expect(await scene.writes(() => fn.post(event))).toEqual([]);
    });

    test(`before it creates: what it makes on the host that was left goes again, ${ending}`, async () => {
      const [from, to] = [`from-${thenDie}.paused`, `to-${thenDie}.paused`];
      const id = `ep_moves_${thenDie}`;
      const event = created(id, `http://${from}`);
      const since = await difference(scene);
      const hold = holdAt(({ method, path }) => method === "POST" && path.includes("/boundendpoints?"), {
        thenDie,
      });
      const older = scene.start({}, hold.through).post(event);
      await hold.reached;
      await fn.post(updated(id, `http://${to}`, 1));
      hold.release();
      expect((await older).status).toBe(thenDie ? 503 : 200);
      expect(hold.status()).toBe(201);
      if (thenDie) expect((await fn.post(event)).body).toMatchObject({ outcome: "stale" });
      expect((await since()).come).toEqual(view.whole(to, `http://${to}:80`));
      expect(await scene.writes(() => fn.post(event))).toEqual([]);
    });
  }

  test("before it changes the target: it cannot, since the set of URLs has changed", async () => {
    const host = "epoch.paused";
    await fn.post(created("ep_web", `http://${host}`));
    const hold = holdAt(
      ({ method, path }) => method === "PATCH" && path.startsWith(`${view.paths.target(host)}?`),
    );
    const older = scene.start({}, hold.through).post(created("ep_tcp", `tcp://${host}:5432`, 1));
    await hold.reached;
    expect((await fn.post(deleted("ep_tcp", 2))).body).toMatchObject({ outcome: "deleted", ready: true });
    const target = await view.target(host);
    hold.release();
    expect((await older).status).toBe(200);
    expect(hold.status()).toBe(409);
    expect(await view.target(host)).toEqual(target);
    expect(await view.targetPorts(host)).toEqual({ http: "80 -> 80" });
  });

  test("before it deletes the target: it cannot, since the endpoint has come back", async () => {
    const host = "again.paused";
    const url = `http://${host}:80`;
    await fn.post(created("ep_again", url));
    const hold = holdAt(
      ({ method, path }) => method === "DELETE" && path.startsWith(view.paths.target(host)),
    );
    const older = scene.start({}, hold.through).post(deleted("ep_again", 1));
    await hold.reached;
    expect((await fn.post(created("ep_again", url, 2))).body).toMatchObject({ ready: true });
    const target = await view.target(host);
    hold.release();
    expect((await older).status).toBe(200);
    expect(hold.status()).toBe(409);
    expect(await view.target(host)).toEqual(target);
    expect(await view.condition(url, "Ready")).toBe("True");
  });
});
