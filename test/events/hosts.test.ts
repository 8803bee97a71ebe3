import { expect, test } from "vitest";
import { created, deleted, timeOf } from "../support/events.ts";
import { HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

describeScene("the URLs of one host", "hosts", (scene) => {
  const { fn } = scene;
  const view = new HostView(scene);
  /** Three URLs of a host, the oldest endpoint's first. */
  const threeOf = (host: string) => [
    { id: `ep_${host}_web`, url: `http://${host}:80`, port: "http-80", number: 80 },
    { id: `ep_${host}_admin`, url: `http://${host}:12345`, port: "http-12345", number: 12_345 },
    { id: `ep_${host}_tcp`, url: `tcp://${host}:443`, port: "tcp", number: 443 },
  ];
  type Url = ReturnType<typeof threeOf>[number];
  const objectsOf = async (host: string) => {
    const known = view.whole(host, ...threeOf(host).map(({ url }) => url));
    return (await scene.objects()).filter((name) => known.includes(name));
  };

  /** All URLs of the host work at once: the target leads to the oldest one's upstream Service, which has all ports. */
  async function expectServed(host: string, urls: Url[]): Promise<void> {
    const [leader] = urls;
    if (leader === undefined) throw new Error("there must be a URL");
    const names = portNames(urls);
    expect(await objectsOf(host)).toEqual(view.whole(host, ...urls.map(({ url }) => url)));
    const forwarderPorts = await Promise.all(urls.map(({ url }) => view.port(url)));
    expect(new Set(forwarderPorts).size).toBe(urls.length);
    expect(await view.upstreamPorts(leader.url)).toEqual(
      Object.fromEntries(
        urls.map(({ number }, index) => [names[index], `${number} -> ${forwarderPorts[index]}`]),
      ),
    );
    expect((await view.target(host))?.spec?.externalName).toBe(view.upstreamDns(leader.url));
    expect(await view.targetPorts(host)).toEqual(
      Object.fromEntries(urls.map(({ number }, index) => [names[index], `${number} -> ${number}`])),
    );
    for (const { url } of urls) expect(await view.condition(url, "Ready")).toBe("True");
  }

  test("three URLs at once: three BoundEndpoints, and all ports on the one target Service", async () => {
    const urls = threeOf("app.hosts");
    const answers = await Promise.all(
      urls.map(({ id, url }, age) => fn.post(created(id, url, age, { created_at: timeOf(age) }))),
    );
    for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: { ready: true } });
    await expectServed("app.hosts", urls);
  });

  for (const order of permutations([0, 1, 2])) {
    test(`each can go without the others: ${order.join(", ")}`, async () => {
      const host = `leaving-${order.join("")}.hosts`;
      const urls = threeOf(host);
      for (const [age, { id, url }] of urls.entries()) {
        await fn.post(created(id, url, age, { created_at: timeOf(age) }));
      }
      let left = urls;
      for (const index of order) {
        const leaving = urls[index] as Url;
        expect(await fn.post(deleted(leaving.id, 10))).toMatchObject({ status: 200, body: { ready: true } });
        left = left.filter((each) => each !== leaving);
        if (left.length > 0) await expectServed(host, left);
      }
      expect(await objectsOf(host)).toEqual([]);
    });
  }

  for (const arrival of ["older first", "younger first"] as const) {
    test(`http and tcp on one port, ${arrival}: the older has it, the other says who`, async () => {
      const host = `${arrival.replace(" ", "-")}.hosts`;
      const older = { id: `ep_${host}_1`, url: `http://${host}:443` };
      const younger = { id: `ep_${host}_2`, url: `tcp://${host}:443` };
      const events = [older, younger].map(({ id, url }, age) =>
        created(id, url, age, { created_at: timeOf(age) }),
      );
      const answers = [];
      for (const event of arrival === "older first" ? events : events.toReversed()) {
        answers.push(await fn.post(event));
      }
      const held = `PortHeld: port 443 of ${host} is held by ${older.url}, whose endpoint is older`;
      const last = answers.at(-1)?.body;
      expect(last).toMatchObject(
        arrival === "older first"
          ? { reason: "PortHeld", ready: false, message: held }
          : { reason: "Bound", ready: true },
      );
      expect(await view.condition(older.url, "Ready")).toBe("True");
      expect(await view.condition(younger.url, "ServicesCreated")).toBe(`False: ${held}`);
      expect((await view.boundEndpoint(younger.url))?.status?.targetServiceRef).toBeUndefined();
      const [olderPort, youngerPort] = [await view.port(older.url), await view.port(younger.url)];
      expect(await view.targetPorts(host)).toEqual({ http: "443 -> 443" });
      expect(await view.upstreamPorts(older.url)).toEqual({ http: `443 -> ${olderPort}` });
      expect(await view.upstreamPorts(younger.url)).toEqual({ tcp: `443 -> ${youngerPort}` });

      await fn.post(deleted(older.id, 10));
      expect(await view.condition(younger.url, "Ready")).toBe("True");
      expect(await view.targetPorts(host)).toEqual({ tcp: "443 -> 443" });
      expect((await view.target(host))?.spec?.externalName).toBe(view.upstreamDns(younger.url));
      expect(await view.boundEndpoint(older.url)).toBeUndefined();
      const again = await fn.post(events[1]);
      expect(again.body).toMatchObject({ reason: "Bound", ready: true });
      expect((await view.record(younger.id))?.status ?? {}).toEqual({});
    });
  }

  test("two endpoints with one URL share a BoundEndpoint, and one can go", async () => {
    const url = "http://pool.hosts:80";
    await fn.post(created("ep_pool_a", "http://Pool.hosts"));
    const once = await view.boundEndpoint(url);
    const second = await fn.post(created("ep_pool_b", url, 1));
    expect(second.body.boundEndpoint).toEqual({ namespace: scene.operator, name: once?.metadata.name });
    const endpoint = (id: string) => ({ id, uri: `https://api.ngrok.com/endpoints/${id}` });
    expect((await view.boundEndpoint(url))?.status).toMatchObject({
      endpoints: [endpoint("ep_pool_a"), endpoint("ep_pool_b")],
      endpointsSummary: "2 endpoints",
    });
    await fn.post(deleted("ep_pool_a", 2));
    expect((await view.boundEndpoint(url))?.status).toMatchObject({
      endpoints: [endpoint("ep_pool_b")],
      endpointsSummary: "1 endpoint",
    });
    expect((await view.boundEndpoint(url))?.spec).toEqual(once?.spec);
    expect(await view.condition(url, "Ready")).toBe("True");
  });

  test("an endpoint without a URI of its own is listed without one", async () => {
    await fn.post(created("ep_plain", "http://plain.hosts", 0, { uri: undefined }));
    const status = (await view.boundEndpoint("http://plain.hosts:80"))?.status;
    expect(status?.endpoints).toEqual([{ id: "ep_plain" }]);
  });
});

/** A port is named after its scheme, and with its number where the host has the scheme more than once. */
function portNames(urls: { url: string; port: string }[]): string[] {
  const isAlone = urls.filter(({ url }) => url.startsWith("http:")).length < 2;
  return urls.map(({ port }) => (isAlone ? port.replace(/-\d+$/, "") : port));
}

function permutations<T>(items: T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]),
  );
}
