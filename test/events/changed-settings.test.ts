import { expect, test } from "vitest";
import { created } from "../support/events.ts";
import { HostView, mergePatch } from "./host-view.ts";
import { describeScene } from "./suite.ts";

describeScene("settings that changed between two instances", "settings", (scene) => {
  const { fn } = scene;
  const view = new HostView(scene);

  test("TARGET_PORTS: the ports of the target go and come back, those of the upstream stay", async () => {
    const mesh = scene.start({ TARGET_PORTS: "false" });
    const event = created("ep_mesh", "http://mesh.settings");
    expect((await mesh.post(event)).body).toMatchObject({ reason: "Bound", ready: true });
    const withoutPorts = await view.target("mesh.settings");
    expect(withoutPorts?.spec).toMatchObject({ type: "ExternalName" });
    expect(withoutPorts?.spec?.ports).toBeUndefined();
    const upstream = await view.upstreamPorts("http://mesh.settings:80");
    expect(Object.keys(upstream)).toEqual(["http"]);

    await fn.post(event);
    expect(await view.targetPorts("mesh.settings")).toEqual({ http: "80 -> 80" });
    await mesh.post(event);
    expect((await view.target("mesh.settings"))?.spec).toEqual(withoutPorts?.spec);
    expect(await view.upstreamPorts("http://mesh.settings:80")).toEqual(upstream);
  });

  test("TARGET_LABELS and TARGET_ANNOTATIONS: what was asked for before goes, what others added stays", async () => {
    const url = "http://labels.settings:80";
    const before = scene.start({
      TARGET_LABELS: '{"team":"billing","tier":"front"}',
      TARGET_ANNOTATIONS: '{"example.com/owner":"ann","example.com/pager":"1"}',
    });
    const after = scene.start({
      TARGET_LABELS: '{"team":"sales"}',
      TARGET_ANNOTATIONS: '{"example.com/owner":"bob"}',
    });
    const event = created("ep_labels", url);
    await before.post(event);
    expect((await view.boundEndpoint(url))?.spec?.target.metadata).toEqual({
      labels: { team: "billing", tier: "front" },
      annotations: { "example.com/owner": "ann", "example.com/pager": "1" },
    });
    const target = await view.target("labels.settings");
    expect(target?.metadata.labels).toMatchObject({ team: "billing", tier: "front" });
    const own = Object.keys(target?.metadata.labels ?? {}).filter((key) => key.includes("/"));
    expect(own).toHaveLength(3);

    await mergePatch(scene, view.paths.target("labels.settings"), {
      metadata: { labels: { theirs: "x" }, annotations: { "example.com/note": "y" } },
    });
    expect((await after.post(event)).body).toMatchObject({ outcome: "bound", ready: true });
    const changed = (await view.target("labels.settings"))?.metadata;
    expect(Object.keys(changed?.labels ?? {}).sort()).toEqual([...own, "team", "theirs"].sort());
    expect(changed?.labels).toMatchObject({ team: "sales", theirs: "x" });
    expect(changed?.annotations).toMatchObject({ "example.com/owner": "bob", "example.com/note": "y" });
    expect(changed?.annotations).not.toHaveProperty(["example.com/pager"]);
    expect((await view.boundEndpoint(url))?.spec?.target.metadata).toEqual({
      labels: { team: "sales" },
      annotations: { "example.com/owner": "bob" },
    });

    await fn.post(event);
    const last = (await view.target("labels.settings"))?.metadata;
    expect(Object.keys(last?.labels ?? {}).sort()).toEqual([...own, "theirs"].sort());
    expect(Object.keys(last?.annotations ?? {}).sort()).toEqual(["example.com/note", "pushbind.dev/epoch"]);
    expect((await view.boundEndpoint(url))?.spec?.target.metadata).toBeUndefined();
  });

  test("UPSTREAM_SELECTOR and CLUSTER_DOMAIN: the Services follow as wholes", async () => {
    const url = "http://selector.settings:80";
    const event = created("ep_selector", url);
    await fn.post(event);
    const moved = scene.start({ UPSTREAM_SELECTOR: "app=forwarder", CLUSTER_DOMAIN: "svc.example.org" });
    expect((await moved.post(event)).body).toMatchObject({ outcome: "bound", ready: true });
    expect((await view.upstream(url))?.spec?.selector).toEqual({ app: "forwarder" });
    const externalName = (await view.target("selector.settings"))?.spec?.externalName;
    expect(externalName).toBe(view.upstreamDns(url).replace("cluster.local", "example.org"));
  });

  test("PORT_RANGE: a port outside it stays", async () => {
    const url = "http://range.settings:80";
    const event = created("ep_range", url);
    await scene.start({ PORT_RANGE: "20000-20010" }).post(event);
    const port = await view.port(url);
    const answer = await scene.start({ PORT_RANGE: "30000-30010" }).post(event);
    expect(answer.body).toMatchObject({ outcome: "unchanged", ready: true });
    expect(await view.port(url)).toBe(port);
  });

  test("DENIED_NAMESPACES: what was bound goes, and comes back", async () => {
    const url = "http://denied.settings:80";
    const event = created("ep_denied", url);
    await fn.post(event);
    const denying = scene.start({ DENIED_NAMESPACES: "set*" });
    expect((await denying.post(event)).body).toMatchObject({
      outcome: "excluded",
      reason: "NamespaceDenied",
    });
    expect(await view.boundEndpoint(url)).toBeUndefined();
    expect(await view.upstream(url)).toBeUndefined();
    expect(await view.target("denied.settings")).toBeUndefined();
    expect((await fn.post(event)).body).toMatchObject({ outcome: "bound", ready: true });
    expect(await view.condition(url, "Ready")).toBe("True");
  });
});
