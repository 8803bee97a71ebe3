import { expect } from "vitest";
import { type Api, contract } from "./contract.ts";
import { BOUND_ENDPOINTS, boundEndpoint, LEASES, lease, SERVICES, service } from "./objects.ts";

// What holds for objects of every kind: create, get, list, replace, delete, and their preconditions.

const KINDS = [
  {
    kind: "Service",
    path: SERVICES,
    make: (name: string, metadata = {}) => service(name, { ports: [{ port: 80 }] }, metadata),
  },
  {
    kind: "Lease",
    path: LEASES,
    make: (name: string, metadata = {}) => lease(name, { holderIdentity: "one" }, metadata),
  },
  {
    kind: "BoundEndpoint",
    path: BOUND_ENDPOINTS,
    make: (name: string, metadata = {}) => boundEndpoint(name, {}, metadata),
  },
] as const;

for (const { kind, path, make } of KINDS) {
  const collection = async (api: Api) => path(await api.namespace());

  contract(`a ${kind} is created once, and found by name and in lists`, async (api) => {
    const all = await collection(api);
    const created = await api.post(
      all,
      make("one", { labels: { a: "b" }, annotations: { "x.example/y": "any thing" } }),
    );
    expect(created.status).toBe(201);
    expect(created.body.metadata.uid).not.toBe("");
    const again = await api.post(all, make("one"));
    expect(again).toMatchObject({ status: 409, body: { reason: "AlreadyExists" } });
    const got = await api.get(`${all}/one`);
    expect(got.body).toEqual(created.body);
    await api.post(all, make("another"));
    const list = await api.get(all);
    expect(list.body.kind).toBe(`${kind}List`);
    expect(list.body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual([
      "another",
      "one",
    ]);
  });

  contract(`a ${kind} that is not there`, async (api) => {
    const all = await collection(api);
    expect(await api.get(`${all}/none`)).toMatchObject({ status: 404, body: { reason: "NotFound" } });
    expect(await api.delete(`${all}/none`)).toMatchObject({ status: 404, body: { reason: "NotFound" } });
    expect(await api.patch(`${all}/none`, { metadata: { labels: { a: "b" } } })).toMatchObject({
      status: 404,
    });
    expect(await api.patch(`${all}/none`, { metadata: { resourceVersion: "1" } })).toMatchObject({
      status: 404,
    });
    expect((await api.get(all)).body.items).toEqual([]);
  });

  contract(`a ${kind} in a namespace that does not exist`, async (api) => {
    const all = path("does-not-exist");
    const created = await api.post(all, make("one"));
    expect(created.status).toBe(404);
    expect(created.body.message).toBe('namespaces "does-not-exist" not found');
    expect(await api.get(`${all}/one`)).toMatchObject({ status: 404, body: { details: { name: "one" } } });
    expect((await api.get(all)).body.items).toEqual([]);
  });

  contract(`a ${kind} is changed only at the revision that was read`, async (api) => {
    const all = await collection(api);
    const { body: first } = await api.post(all, make("one"));
    const { body: second } = await api.patch(`${all}/one`, { metadata: { labels: { a: "b" } } });
    expect(second.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
    const stale = { metadata: { resourceVersion: first.metadata.resourceVersion, labels: { a: "c" } } };
    expect(await api.patch(`${all}/one`, stale)).toMatchObject({ status: 409, body: { reason: "Conflict" } });
    const fresh = { metadata: { resourceVersion: second.metadata.resourceVersion, labels: { a: "c" } } };
    expect(await api.patch(`${all}/one`, fresh)).toMatchObject({
      status: 200,
      body: { metadata: { labels: { a: "c" } } },
    });
    expect(await api.put(`${all}/one`, { ...make("one"), metadata: second.metadata })).toMatchObject({
      status: 409,
    });
    expect((await api.patch(`${all}/one`, { metadata: { uid: "another" } })).status).toBe(422);
    expect(
      (await api.put(`${all}/one`, make("one", { uid: "another", resourceVersion: "1" }))).body.reason,
    ).toBe("Conflict");
    expect((await api.patch(`${all}/one`, { metadata: { resourceVersion: "x" } })).status).toBe(500);
  });

  contract(`a write to a ${kind} that changes nothing keeps its revision`, async (api) => {
    const all = await collection(api);
    const { body: first } = await api.post(all, make("one", { labels: { a: "b" } }));
    for (const patch of [
      {},
      { metadata: { labels: { a: "b" } } },
      { metadata: { creationTimestamp: "2020-01-01T00:00:00Z" } },
    ]) {
      const { status, body } = await api.patch(`${all}/one`, patch);
      expect(status).toBe(200);
      expect(body.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    }
  });

  contract(`a ${kind} is replaced`, async (api) => {
    const all = await collection(api);
    const { body: first } = await api.post(all, make("one", { labels: { a: "b" } }));
    const { body: second } = await api.put(`${all}/one`, {
      ...first,
      metadata: { ...first.metadata, labels: { c: "d" } },
    });
    expect(second.metadata.labels).toEqual({ c: "d" });
    expect((await api.put(`${all}/one`, make("two"))).body.message).toContain(
      "does not match the name on the URL",
    );
    await api.put(`${all}/one`, { ...make("one"), metadata: {} });
    await api.put(`${all}/one`, make("one"));
    await api.put(`${all}/three`, make("three"));
  });

  contract(`a ${kind} is deleted if it still is what was read`, async (api) => {
    const all = await collection(api);
    const { body: first } = await api.post(all, make("one"));
    const options = (preconditions: object) => ({ apiVersion: "v1", kind: "DeleteOptions", preconditions });
    const { uid, resourceVersion } = first.metadata;
    expect((await api.delete(`${all}/one`, options({ uid: "another" }))).status).toBe(409);
    expect((await api.delete(`${all}/one`, options({ uid, resourceVersion: "1" }))).status).toBe(409);
    expect((await api.get(`${all}/one`)).body).toEqual(first);
    expect((await api.delete(`${all}/one`, options({ uid, resourceVersion }))).status).toBe(200);
    expect((await api.get(`${all}/one`)).status).toBe(404);
    expect((await api.delete(`${all}/one`, options({ uid }))).status).toBe(404);
    const { body: next } = await api.post(all, make("one"));
    expect(next.metadata.uid).not.toBe(uid);
    expect((await api.delete(`${all}/one`, { propagationPolicy: "Background" })).status).toBe(200);
  });

  contract(`a ${kind} that finalizers hold is being deleted`, async (api) => {
    const all = await collection(api);
    const { body: first } = await api.post(all, make("one", { finalizers: ["example.com/held"] }));
    const { body: marked } = await api.delete(`${all}/one`);
    expect(marked.metadata.deletionTimestamp).toBeDefined();
    expect(marked.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
    expect((await api.delete(`${all}/one`)).body).toEqual(marked);
    expect((await api.post(all, make("one"))).status).toBe(409);
    expect((await api.patch(`${all}/one`, { metadata: { labels: { still: "there" } } })).status).toBe(200);
    const more = { metadata: { finalizers: ["example.com/held", "example.com/more"] } };
    expect((await api.patch(`${all}/one`, more)).body.reason).toBe("Invalid");
    expect((await api.patch(`${all}/one`, { metadata: { finalizers: null } })).status).toBe(200);
    expect((await api.get(`${all}/one`)).status).toBe(404);
  });

  contract(`a dry run with a ${kind} writes nothing`, async (api) => {
    const all = await collection(api);
    expect((await api.post(`${all}?dryRun=All`, make("dry"))).status).toBe(201);
    expect((await api.get(`${all}/dry`)).status).toBe(404);
    const { body: first } = await api.post(all, make("one"));
    const dry = await api.patch(`${all}/one?dryRun=All`, { metadata: { labels: { a: "b" } } });
    expect(dry.body.metadata.labels).toEqual({ a: "b" });
    expect(
      (
        await api.put(`${all}/one?dryRun=All`, {
          ...first,
          metadata: { ...first.metadata, labels: { c: "d" } },
        })
      ).status,
    ).toBe(200);
    expect((await api.delete(`${all}/one?dryRun=All`)).status).toBe(200);
    expect(
      (await api.delete(`${all}/one`, { apiVersion: "v1", kind: "DeleteOptions", dryRun: ["All"] })).status,
    ).toBe(200);
    expect((await api.get(`${all}/one`)).body).toEqual(first);
    expect((await api.post(`${all}?dryRun=All`, make("one"))).status).toBe(409);
    expect((await api.post(`${all}?dryRun=Some`, make("one"))).status).toBe(422);
  });

  contract(`lists of a ${kind} by selectors`, async (api) => {
    const all = await collection(api);
    await api.post(all, make("one", { labels: { color: "red", size: "s" } }));
    await api.post(all, make("two", { labels: { color: "blue" } }));
    await api.post(all, make("three"));
    const names = async (query: string) => {
      const { body } = await api.get(`${all}?${query}`);
      return body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
    };
    expect(await names("labelSelector=color%3Dred")).toEqual(["one"]);
    expect(await names("labelSelector=color%3D%3Dred,size")).toEqual(["one"]);
    expect(await names("labelSelector=color!%3Dred")).toEqual(["three", "two"]);
    expect(await names("labelSelector=color+in+(red,blue),!size")).toEqual(["two"]);
    expect(await names("labelSelector=color+notin+(red)")).toEqual(["three", "two"]);
    expect(await names("fieldSelector=metadata.name%3Dtwo")).toEqual(["two"]);
    expect(await names("fieldSelector=metadata.name!%3Dtwo&labelSelector=color")).toEqual(["one"]);
    expect((await api.get(`${all}?resourceVersion=x`)).status).toBe(400);
    expect((await api.get(`${all}?fieldSelector=spec.no%3Dx`)).status).toBe(400);
  });

  contract(`names, labels and annotations of a ${kind} have a syntax`, async (api) => {
    const all = await collection(api);
    const refused = [
      make("Upper_Case"),
      make("-hyphen"),
      make("n".repeat(64).concat(".")),
      make("labels", {
        labels: {
          "a b": "x y",
          ok: "-bad",
          ["x".repeat(64)]: "y".repeat(64),
          "a/b/c": "",
          "/x": "",
          "A_!/x": "",
        },
      }),
      make("annotations", { annotations: { "b!": "free text", "UPPER.example/x": "" } }),
      // The real API server asks for the name of a Service only after a failed attempt at giving it an address.
      ...(kind === "Service" ? [] : [{ ...make("x"), metadata: {} }]),
    ];
    for (const object of refused)
      expect(await api.post(all, object)).toMatchObject({ status: 422, body: { reason: "Invalid" } });
    expect((await api.post(all, make("generated", { labels: { a: 1 } }))).status).toBe(400);
    await api.post(all, make("one"));
    expect((await api.patch(`${all}/one`, { metadata: { labels: { "a b": "c" } } })).status).toBe(422);
  });
}
