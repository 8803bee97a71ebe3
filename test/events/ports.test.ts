import { expect, test } from "vitest";
import { TOMBSTONE_LIFE_MS } from "../../lib/settings/limits.ts";
import { created, deleted, updated } from "../support/events.ts";
import { HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

const TWO_PORTS = { PORT_RANGE: "10000-10001" };

describeScene(
  "no port is left, and one is given back",
  "ports",
  (scene) => {
    const { fn } = scene;
    const view = new HostView(scene);
    const going = "http://app.ports:80";
    const staying = "tcp://app.ports:5432";
    const waiting = "http://late.ports:80";
    const third = created("ep_3", waiting, 2);
    const message =
      `NoPortLeft: all forwarder ports from 10000 to 10001 in namespace ${scene.operator} are claimed; ` +
      "widen PORT_RANGE or delete endpoints, then send the event again";

    test("ledger, record and reply say so, and there is no object of the host", async () => {
      await fn.post(created("ep_1", going, 0));
      await fn.post(created("ep_2", staying, 1));
      const answer = await fn.post(third);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ outcome: "bound", reason: "NoPortLeft", message, ready: false });
      expect(answer.body.boundEndpoint).toBeUndefined();
      const ledger = await view.ledger("late.ports");
      expect(ledger?.spec).toMatchObject({
        urls: [{ url: waiting }],
        summary: { urls: waiting, endpoints: 1, problem: "NoPortLeft" },
      });
      expect(ledger?.spec.urls[0]?.port).toBeUndefined();
      expect((await view.record("ep_3"))?.status).toEqual({ reason: "NoPortLeft", message });
      expect((await view.record("ep_3"))?.spec.verdict).toMatchObject({ state: "Bound", url: waiting });
      expect(await scene.objects()).toEqual(view.whole("app.ports", going, staying));
    });

    test("a port is kept as long as the tombstones of its URL are", async () => {
      const port = await view.port(going);
      await fn.post(deleted("ep_1", 3));
      await fn.post(updated("ep_2", staying, 4));
      expect((await fn.post(third)).body).toMatchObject({ outcome: "unchanged", reason: "NoPortLeft" });
      expect(await view.claim(port)).toBeDefined();
    });

    test("once they have expired, the next write of the host's ledger gives the URL and its port up", async () => {
      const known = (await view.ledger("app.ports"))?.spec.urls.find(({ url }) => url === going);
      const port = known?.port ?? 0;
      const later = scene.start();
      later.advance(2 * TOMBSTONE_LIFE_MS);
      const answer = await later.post(updated("ep_2", staying, 5));
      expect(answer.body).toMatchObject({ reason: "Bound", ready: true });
      expect(await view.claim(port)).toBeUndefined();
      const ledger = await view.ledger("app.ports");
      expect(ledger?.spec.urls.map(({ url }) => url)).toEqual([staying]);
      expect(Object.keys(ledger?.spec.entries ?? {})).toEqual(["ep_2"]);

      expect((await later.post(third)).body).toMatchObject({
        outcome: "bound",
        reason: "Bound",
        ready: true,
      });
      expect(await view.port(waiting)).toBe(port);
      expect((await view.claim(port))?.spec?.holderIdentity).toBe(
        (await view.boundEndpoint(waiting))?.metadata.name,
      );
      expect(await view.condition(waiting, "Ready")).toBe("True");
      expect((await view.record("ep_3"))?.status ?? {}).toEqual({});
      expect((await view.ledger("late.ports"))?.spec.summary).toEqual({ urls: waiting, endpoints: 1 });
    });
  },
  TWO_PORTS,
);

describeScene(
  "ports of one operator namespace",
  "many-ports",
  (scene) => {
    const { fn } = scene;
    const view = new HostView(scene);

    test("as many hosts as there are ports, at once: each has one, none has another's", async () => {
      const urls = Array.from({ length: 20 }, (_, index) => `http://app-${index}.many-ports:80`);
      const other = scene.start();
      const answers = await Promise.all(
        urls.map((url, index) => (index % 2 === 0 ? fn : other).post(created(`ep_${index}`, url))),
      );
      // One that lost every race for what it saw as free is asked to come again.
      for (const { status } of answers) expect([200, 503]).toContain(status);
      for (const [index, url] of urls.entries()) {
        expect((await fn.post(created(`ep_${index}`, url))).body).toMatchObject({ ready: true });
      }
      const ports = await Promise.all(urls.map((url) => view.port(url)));
      expect(ports.toSorted()).toEqual(Array.from({ length: 20 }, (_, index) => 10_000 + index));
      for (const [index, url] of urls.entries()) {
        const holder = (await view.boundEndpoint(url))?.metadata.name;
        expect((await view.claim(ports[index] as number))?.spec?.holderIdentity).toBe(holder);
      }
    });

    test("an endpoint that comes back before its tombstone has expired has its port again", async () => {
      const url = "http://app-7.many-ports:80";
      const port = await view.port(url);
      await fn.post(deleted("ep_7", 1));
      expect(await view.boundEndpoint(url)).toBeUndefined();
      expect((await fn.post(created("ep_again", url, 2))).body).toMatchObject({ ready: true });
      expect(await view.port(url)).toBe(port);
    });

    test("a new URL on a host whose old one is given up by the same event has its port at the next", async () => {
      const gone = "http://app-3.many-ports:80";
      const port = await view.port(gone);
      await fn.post(deleted("ep_3", 1));
      const later = scene.start();
      later.advance(2 * TOMBSTONE_LIFE_MS);
      const event = created("ep_new", "tcp://app-3.many-ports:80", 2);
      expect((await later.post(event)).body).toMatchObject({ reason: "NoPortLeft", ready: false });
      expect((await later.post(event)).body).toMatchObject({ reason: "Bound", ready: true });
      expect(await view.port("tcp://app-3.many-ports:80")).toBe(port);
    });
  },
  { PORT_RANGE: "10000-10019" },
);
