import { randomUUID } from "node:crypto";
import { KubeConfig } from "@kubernetes/client-node";
import { afterAll, describe, expect, it } from "vitest";
import { type Cluster, clusterOver } from "../../lib/cluster/cluster.ts";
import { ClusterError, type ClusterErrorKind } from "../../lib/cluster/errors.ts";
import { kubernetesTransport } from "../../lib/cluster/kubernetes.ts";
import type { BoundEndpoint, Lease, Ref, Service } from "../../lib/cluster/objects.ts";
import type { ApiRequest } from "../../lib/cluster/transport.ts";
import { contractTargets } from "./targets.ts";

const targets = await contractTargets();

/** The error's kind, reason and message; a call that succeeds is none. */
async function failure(
  call: Promise<unknown>,
): Promise<{ kind: ClusterErrorKind; reason: string; message: string }> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClusterError)) throw new Error("the call succeeded", { cause: error });
  const { kind, reason, message } = error;
  return { kind, reason, message };
}

describe.each(targets)("the cluster interface, on the $name API", ({ kubeconfig, send }) => {
  const connection = kubernetesTransport(() => {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    return config;
  });
  const sent: ApiRequest[] = [];
  const { signal } = new AbortController();
  const transport: typeof connection.send = (request, ends) => {
    sent.push(request);
    return connection.send(request, ends);
  };
  const cluster = clusterOver(transport, { signal });
  const dry = clusterOver(transport, { signal, dryRun: true });

  const namespaces: string[] = [];
  afterAll(async () => {
    await connection.close();
    for (const name of namespaces) await send("DELETE", `/api/v1/namespaces/${name}`);
  });
  async function namespace(): Promise<string> {
    const name = `cluster-${randomUUID().slice(0, 8)}`;
    namespaces.push(name);
    expect((await send("POST", "/api/v1/namespaces", { metadata: { name } })).status).toBe(201);
    return name;
  }
  const service = (where: string, changed: Pick<Service, "spec"> = {}): Service & { kind: "Service" } => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "app", namespace: where },
    spec: {
      type: "ClusterIP",
      selector: { app: "a" },
      ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: 8080 }],
    },
    ...changed,
  });
  const boundEndpoint = (where: string): BoundEndpoint & { kind: "BoundEndpoint" } => ({
    apiVersion: "bindings.k8s.ngrok.com/v1alpha1",
    kind: "BoundEndpoint",
    metadata: { name: "one", namespace: where },
    spec: {
      endpointURL: "http://app.example:80",
      scheme: "http",
      port: 10_000,
      target: { service: "app", namespace: "example", protocol: "TCP", port: 80 },
    },
  });
  const ref = (where: string): Ref<"Service"> => ({ kind: "Service", namespace: where, name: "app" });
  const versionOf = (object: Service | BoundEndpoint | undefined) => object?.metadata.resourceVersion ?? "";
  const read = async (where: string, by: Cluster = cluster) => (await by.get(ref(where))) as Service;

  it("reads what is there, and nothing where there is none, in a missing namespace too", async () => {
    const where = await namespace();
    expect(await cluster.get(ref(where))).toBeUndefined();
    expect(await cluster.get(ref("no-such-namespace"))).toBeUndefined();
    await cluster.create(service(where));
    expect((await read(where)).spec).toMatchObject({ type: "ClusterIP", selector: { app: "a" } });
    expect((await cluster.get({ kind: "Namespace", name: where }))?.status?.phase).toBe("Active");
  });

  it("creates only what is not there, and says where the namespace is missing", async () => {
    const where = await namespace();
    const made = await cluster.create(service(where));
    expect(await failure(cluster.create(service(where)))).toMatchObject({
      kind: "precondition",
      reason: "AlreadyExists",
    });
    expect(await read(where)).toEqual(made);
    expect(await failure(cluster.create(service("no-such-namespace")))).toEqual({
      kind: "notFound",
      reason: "NotFound",
      message: 'namespaces "no-such-namespace" not found',
    });
  });

  it("tells apart a namespace that is being deleted", async () => {
    const where = await namespace();
    const held = {
      ...service(where),
      metadata: { name: "held", namespace: where, finalizers: ["example.com/hold"] },
    };
    await cluster.create(held);
    await send("DELETE", `/api/v1/namespaces/${where}`);
    const error = await cluster.create(service(where)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "refused", causes: ["NamespaceTerminating"] });
    const found = await cluster.get({ kind: "Namespace", name: where });
    expect(found?.metadata.deletionTimestamp).toBeDefined();
    const at = `/api/v1/namespaces/${where}/services/held`;
    await send(
      "PATCH",
      at,
      { metadata: { finalizers: null } },
      { contentType: "application/merge-patch+json" },
    );
  });

  it("changes an object only as it was read", async () => {
    const where = await namespace();
    const first = await cluster.create(service(where));
    const second = await cluster.patch(ref(where), versionOf(first), { metadata: { labels: { a: "1" } } });
    expect(second.metadata.labels).toEqual({ a: "1" });
    const late = cluster.patch(ref(where), versionOf(first), { metadata: { labels: { a: "2" } } });
    expect(await failure(late)).toMatchObject({ kind: "precondition", reason: "Conflict" });
    expect(await read(where)).toEqual(second);
    const absent = cluster.patch({ ...ref(where), name: "none" }, "1", { metadata: { labels: { a: "1" } } });
    expect(await failure(absent)).toMatchObject({ kind: "precondition", reason: "NotFound" });
    expect(await cluster.get({ ...ref(where), name: "none" })).toBeUndefined();
  });

  it("removes what a patch has null for, and replaces lists", async () => {
    const where = await namespace();
    const labelled = {
      ...service(where),
      metadata: { name: "app", namespace: where, labels: { a: "1", b: "2" } },
    };
    const made = await cluster.create(labelled);
    const ports = [{ name: "tcp", port: 443, protocol: "TCP", targetPort: 443 }];
    const patch = { metadata: { labels: { a: null } }, spec: { ports } };
    const changed = await cluster.patch(ref(where), versionOf(made), patch);
    expect(changed.metadata.labels).toEqual({ b: "2" });
    expect(changed.spec?.ports).toEqual(ports);
  });

  it("writes a status apart from the spec", async () => {
    const where = await namespace();
    const made = await cluster.create(boundEndpoint(where));
    const at: Ref<"BoundEndpoint"> = { kind: "BoundEndpoint", namespace: where, name: "one" };
    const patch = { spec: { port: 20_000 }, status: { hashedName: "ngrok-1" } };
    const changed = await cluster.patch(at, versionOf(made), patch, "status");
    expect(changed.status?.hashedName).toBe("ngrok-1");
    expect(changed.spec?.port).toBe(10_000);
    expect(changed.metadata.generation).toBe(1);
    const late = cluster.patch(at, versionOf(made), { status: { hashedName: "ngrok-2" } }, "status");
    expect(await failure(late)).toMatchObject({ kind: "precondition", reason: "Conflict" });
    const respecified = await cluster.patch(at, versionOf(changed), { spec: { port: 20_000 } });
    expect(respecified.metadata.generation).toBe(2);
    expect(respecified.status?.hashedName).toBe("ngrok-1");
  });

  it("deletes an object only as it was read", async () => {
    const where = await namespace();
    const first = await cluster.create(service(where));
    const { uid = "" } = first.metadata;
    const second = await cluster.patch(ref(where), versionOf(first), { metadata: { labels: { a: "1" } } });
    for (const stale of [
      { uid, resourceVersion: versionOf(first) },
      { uid: randomUUID(), resourceVersion: versionOf(second) },
    ]) {
      expect(await failure(cluster.delete(ref(where), stale))).toMatchObject({
        kind: "precondition",
        reason: "Conflict",
      });
      expect(await read(where)).toEqual(second);
    }
    const current = { uid, resourceVersion: versionOf(second) };
    expect(await cluster.delete(ref(where), current)).toBeUndefined();
    expect(await read(where)).toBeUndefined();
    expect(await failure(cluster.delete(ref(where), current))).toMatchObject({
      kind: "precondition",
      reason: "NotFound",
    });
  });

  it("says that a deleted object is still there, where finalizers hold it", async () => {
    const where = await namespace();
    const metadata = { name: "app", namespace: where, finalizers: ["example.com/hold"] };
    const made = await cluster.create({ ...service(where), metadata });
    const { uid = "" } = made.metadata;
    const left = await cluster.delete(ref(where), { uid, resourceVersion: versionOf(made) });
    expect(left?.metadata.deletionTimestamp).toBeDefined();
    expect((await read(where)).metadata.deletionTimestamp).toBe(left?.metadata.deletionTimestamp);
    const letGo = await cluster.patch(ref(where), versionOf(left), { metadata: { finalizers: null } });
    expect(letGo).toBeDefined();
    expect(await read(where)).toBeUndefined();
  });

  it("calls refused what no repetition heals, with the server's words", async () => {
    const where = await namespace();
    const badPort = service(where, { spec: { ports: [{ name: "http", port: 0, protocol: "TCP" }] } });
    const refused = await failure(cluster.create(badPort));
    expect(refused).toMatchObject({ kind: "refused", reason: "Invalid" });
    expect(refused.message).toContain("spec.ports[0].port: Invalid value: 0");
    const unknown = { ...boundEndpoint(where), spec: { ...boundEndpoint(where).spec, nonsense: 1 } };
    expect(await failure(cluster.create(unknown as never))).toMatchObject({
      kind: "refused",
      reason: "BadRequest",
    });
    expect(await cluster.get({ kind: "BoundEndpoint", namespace: where, name: "one" })).toBeUndefined();
  });

  it("lists claims by label", async () => {
    const where = await namespace();
    const lease = (name: string, labels: Record<string, string>): Lease & { kind: "Lease" } => ({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name, namespace: where, labels },
      spec: { holderIdentity: name, leaseTransitions: 0 },
    });
    expect(await cluster.listLeases(where, "mine=yes")).toEqual([]);
    await cluster.create(lease("b", { mine: "yes" }));
    await cluster.create(lease("a", { mine: "yes" }));
    await cluster.create(lease("c", { mine: "no" }));
    const listed = await cluster.listLeases(where, "mine=yes");
    expect(listed.map(({ metadata, spec }) => [metadata.name, spec?.holderIdentity])).toEqual([
      ["a", "a"],
      ["b", "b"],
    ]);
  });

  it("says in a dry run what it would do and would refuse, and does nothing", async () => {
    const where = await namespace();
    expect((await dry.create(service(where))).spec?.ports).toHaveLength(1);
    expect(await read(where)).toBeUndefined();
    const made = await cluster.create(service(where));
    const would = await dry.patch(ref(where), versionOf(made), { metadata: { labels: { a: "1" } } });
    expect(would.metadata.labels).toEqual({ a: "1" });
    expect(await failure(dry.create(service(where)))).toMatchObject({ kind: "precondition" });
    const bad = dry.patch(ref(where), versionOf(made), { spec: { ports: [] } });
    expect(await failure(bad)).toMatchObject({ kind: "refused", reason: "Invalid" });
    const { uid = "" } = made.metadata;
    await dry.delete(ref(where), { uid, resourceVersion: versionOf(made) });
    expect(await read(where)).toEqual(made);
  });

  it("sends nothing once the time is up, and names a server that it cannot reach", async () => {
    const before = sent.length;
    const late = clusterOver(transport, { signal: AbortSignal.abort() });
    expect(await failure(late.get(ref("default")))).toMatchObject({
      kind: "tryAgain",
      reason: "DeadlineExceeded",
    });
    expect(sent.length).toBe(before);
    const away = clusterOver(() => Promise.reject(new Error("connect ECONNREFUSED")), { signal });
    expect(await failure(away.get(ref("default")))).toMatchObject({
      kind: "tryAgain",
      message: "the API server could not be reached: connect ECONNREFUSED",
    });
  });

  it("never asks for anything but the newest state", () => {
    expect(sent.length).toBeGreaterThan(30);
    expect(sent.filter(({ path }) => path.includes("resourceVersion"))).toEqual([]);
  });
});
