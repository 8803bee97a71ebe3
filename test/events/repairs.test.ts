import { expect, test } from "vitest";
import type { KubeObject } from "../../lib/cluster/objects.ts";
import { created } from "../support/events.ts";
import { HostView, mergePatch } from "./host-view.ts";
import { describeScene } from "./suite.ts";

const BINDING_NAME = "bindings.k8s.ngrok.com/endpoint-binding-name";

describeScene("what others do to our objects", "repairs", (scene) => {
  const { fn } = scene;
  const { admin } = scene.cluster;
  const view = new HostView(scene);
  const { paths } = view;
  const objects = {
    BoundEndpoint: (url: string) => paths.boundEndpoint(url),
    upstream: (url: string) => paths.upstream(url),
    target: (url: string) => paths.target(new URL(url).hostname),
  };

  /** An edit of a field of ours, by a merge patch of the administrator's. */
  const edits: { of: keyof typeof objects; what: string; patch: object; subresource?: "status" }[] = [
    { of: "target", what: "externalName", patch: { spec: { externalName: "example.org" } } },
    { of: "target", what: "ports", patch: { spec: { ports: [{ name: "x", port: 81 }] } } },
    { of: "target", what: "no ports", patch: { spec: { ports: null } } },
    { of: "target", what: "session affinity", patch: { spec: { sessionAffinity: "None" } } },
    {
      of: "target",
      what: "type and ports",
      patch: {
        spec: { type: "ClusterIP", externalName: null, selector: { a: "b" }, ports: [{ port: 80 }] },
      },
    },
    {
      of: "target",
      what: "type, headless",
      patch: { spec: { type: "ClusterIP", externalName: null, clusterIP: "None" } },
    },
    {
      of: "target",
      what: "type LoadBalancer",
      patch: { spec: { type: "LoadBalancer", externalName: null } },
    },
    { of: "target", what: "a label", patch: { metadata: { labels: { [BINDING_NAME]: "another" } } } },
    { of: "target", what: "epoch", patch: { metadata: { annotations: { "pushbind.dev/epoch": "x" } } } },
    {
      of: "upstream",
      what: "ports",
      patch: { spec: { ports: [{ name: "http", port: 80, targetPort: 1 }] } },
    },
    {
      of: "upstream",
      what: "a further port",
      patch: {
        spec: {
          ports: [
            { name: "http", port: 80, targetPort: 10_000 },
            { name: "x", port: 81 },
          ],
        },
      },
    },
    { of: "upstream", what: "selector", patch: { spec: { selector: { app: "theirs" } } } },
    { of: "upstream", what: "no selector", patch: { spec: { selector: null } } },
    { of: "upstream", what: "type NodePort", patch: { spec: { type: "NodePort" } } },
    {
      of: "upstream",
      what: "type ExternalName",
      patch: { spec: { type: "ExternalName", externalName: "example.org" } },
    },
    { of: "upstream", what: "traffic policy", patch: { spec: { internalTrafficPolicy: "Local" } } },
    { of: "upstream", what: "session affinity", patch: { spec: { sessionAffinity: "None" } } },
    { of: "upstream", what: "annotations", patch: { metadata: { annotations: null } } },
    { of: "upstream", what: "a label", patch: { metadata: { labels: { [BINDING_NAME]: "another" } } } },
    { of: "BoundEndpoint", what: "port", patch: { spec: { port: 12_345 } } },
    { of: "BoundEndpoint", what: "scheme", patch: { spec: { scheme: "tls" } } },
    { of: "BoundEndpoint", what: "URL", patch: { spec: { endpointURL: "tcp://x.y:1" } } },
    { of: "BoundEndpoint", what: "target", patch: { spec: { target: { service: "x", port: 1 } } } },
    {
      of: "BoundEndpoint",
      what: "target metadata",
      patch: { spec: { target: { metadata: { labels: { a: "b" } } } } },
    },
    {
      of: "BoundEndpoint",
      what: "endpoints in the status",
      patch: { status: { endpoints: [], endpointsSummary: "0 endpoints" } },
      subresource: "status",
    },
    { of: "BoundEndpoint", what: "whole status", patch: { status: null }, subresource: "status" },
    {
      of: "BoundEndpoint",
      what: "service references in the status",
      patch: { status: { targetServiceRef: { name: "x", namespace: "y" }, upstreamServiceRef: null } },
      subresource: "status",
    },
    {
      of: "BoundEndpoint",
      what: "conditions",
      patch: { status: { conditions: null } },
      subresource: "status",
    },
  ];
  for (const [index, { of, what, patch, subresource }] of edits.entries()) {
    test(`${of}, ${what} changed: the same event again repairs it, and then writes nothing`, async () => {
      const url = `http://edit-${index}.repairs:80`;
      const event = created(`ep_edit_${index}`, url);
      await fn.post(event);
      const path = objects[of](url);
      const ours = await scene.read(path);
      const edited = await mergePatch(scene, subresource === undefined ? path : `${path}/status`, patch);
      expect(essence(edited)).not.toEqual(essence(ours));

      expect((await fn.post(event)).body).toMatchObject({ outcome: "bound", reason: "Bound", ready: true });
      expect(essence(await scene.read(path))).toEqual(essence(ours));
      expect(await scene.writes(() => fn.post(event))).toEqual([]);
    });
  }

  for (const [of, path] of Object.entries(objects)) {
    test(`${of} deleted: the same event again brings it back as it was`, async () => {
      const url = `http://deleted-${of.toLowerCase()}.repairs:80`;
      const event = created(`ep_deleted_${of}`, url);
      await fn.post(event);
      const ours = await scene.read(path(url));
      await admin.must("DELETE", path(url));
      expect((await fn.post(event)).body).toMatchObject({ outcome: "bound", reason: "Bound", ready: true });
      expect(essence(await scene.read(path(url)))).toEqual(essence(ours));
      expect(await view.condition(url, "Ready")).toBe("True");
      expect(await scene.writes(() => fn.post(event))).toEqual([]);
    });

    test(`${of}: labels and annotations of others stay through every change of ours`, async () => {
      const host = `labelled-${of.toLowerCase()}.repairs`;
      const url = `http://${host}:80`;
      await fn.post(created(`ep_${host}_1`, url));
      const theirs = { labels: { team: "billing" }, annotations: { "example.com/note": "keep" } };
      await mergePatch(scene, path(url), { metadata: theirs });
      expect(await scene.writes(() => fn.post(created(`ep_${host}_1`, url)))).toEqual([]);
      // A further URL changes the epoch, and with it each of the host's objects.
      const before = await scene.read(path(url));
      await fn.post(created(`ep_${host}_2`, `tcp://${host}:5432`, 1));
      const after = await scene.read(path(url));
      expect(after?.metadata.resourceVersion).not.toBe(before?.metadata.resourceVersion);
      expect(after?.metadata).toMatchObject(theirs);
    });

    test(`${of}: without the label that makes it ours it is a stranger's, and stays`, async () => {
      const url = `http://disowned-${of.toLowerCase()}.repairs:80`;
      const event = created(`ep_disowned_${of}`, url);
      await fn.post(event);
      const label = "app.kubernetes.io/managed-by";
      const disowned = await mergePatch(scene, path(url), { metadata: { labels: { [label]: null } } });
      expect((await fn.post(event)).body).toMatchObject({ outcome: "bound", ready: false });
      expect(await scene.read(path(url))).toEqual(disowned);

      const adopted = await mergePatch(scene, path(url), { metadata: { labels: { [label]: "pushbind" } } });
      expect((await fn.post(event)).body).toMatchObject({ outcome: "bound", ready: true });
      expect(await scene.read(path(url))).toMatchObject({ spec: adopted.spec as object });
      expect(await view.condition(url, "Ready")).toBe("True");
    });
  }

  test("fields that we do not set are left to others", async () => {
    const url = "http://fields.repairs:80";
    const event = created("ep_fields", url);
    await fn.post(event);
    const theirs = { spec: { publishNotReadyAddresses: true } };
    const edited = await mergePatch(scene, paths.upstream(url), theirs);
    expect((await fn.post(event)).body).toMatchObject({ outcome: "unchanged", ready: true });
    expect(await view.upstream(url)).toEqual(edited);
  });

  test("a condition of others in the status stays", async () => {
    const url = "http://condition.repairs:80";
    const event = created("ep_condition", url);
    await fn.post(event);
    const theirs = {
      type: "Audited",
      status: "True",
      reason: "Audited",
      message: "by hand",
      lastTransitionTime: "2026-01-01T00:00:00Z",
      observedGeneration: 1,
    };
    const ours = (await view.boundEndpoint(url))?.status?.conditions ?? [];
    await mergePatch(scene, `${paths.boundEndpoint(url)}/status`, {
      status: { conditions: [theirs, ...ours] },
    });
    await fn.post(event);
    const conditions = (await view.boundEndpoint(url))?.status?.conditions ?? [];
    expect(conditions.map(({ type }) => type)).toEqual([...ours.map(({ type }) => type), "Audited"]);
    expect(conditions.at(-1)).toEqual(theirs);
    await fn.post(created("ep_condition_2", url, 1));
    expect((await view.boundEndpoint(url))?.status?.conditions).toContainEqual(theirs);
  });
});

/** An object without what the API server counts and assigns, and without the times of its conditions. */
function essence(object: KubeObject | undefined): object | undefined {
  if (object === undefined) return undefined;
  const { labels, annotations } = object.metadata;
  const { clusterIP: _, clusterIPs: __, ...spec } = object.spec as Record<string, unknown>;
  const status = structuredClone(object.status ?? {}) as {
    conditions?: { lastTransitionTime?: string; observedGeneration?: number }[];
  };
  for (const condition of status.conditions ?? []) {
    delete condition.lastTransitionTime;
    delete condition.observedGeneration;
  }
  return { labels, annotations, spec, status };
}
