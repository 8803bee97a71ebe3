import { expect, test } from "vitest";
import type { KubeObject } from "../../lib/cluster/objects.ts";
import { hashedName } from "../../lib/endpoint/hashed-name.ts";
import { created, deleted, updated } from "../support/events.ts";
import { difference, HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

const MANAGED_BY = "app.kubernetes.io/managed-by";
const BINDING_NAME = "bindings.k8s.ngrok.com/endpoint-binding-name";
const BINDING_NAMESPACE = "bindings.k8s.ngrok.com/endpoint-binding-namespace";

describeScene("objects of others at our names", "ownership", (scene) => {
  const { fn, operator } = scene;
  const { admin } = scene.cluster;
  const view = new HostView(scene);
  const service = (name: string, labels: Record<string, string> = {}) => ({
    metadata: { name, labels, annotations: { "example.com/owner": "ann" } },
    spec: { ports: [{ name: "web", port: 8080 }], selector: { app: "theirs" } },
  });
  const make = (path: string, object: object): Promise<KubeObject> =>
    admin.must("POST", path.slice(0, path.lastIndexOf("/")), object);

  const strangers = [
    { whose: "nobody's", labels: {}, says: "it was made by somebody else" },
    { whose: "Helm's", labels: { [MANAGED_BY]: "Helm" }, says: "it is managed by Helm" },
    {
      whose: "another operator namespace's",
      labels: { [MANAGED_BY]: "pushbind", [BINDING_NAME]: "ngrok-x", [BINDING_NAMESPACE]: "elsewhere" },
      says: "it belongs to BoundEndpoint elsewhere/ngrok-x",
    },
    {
      whose: "of no BoundEndpoint",
      labels: { [MANAGED_BY]: "pushbind", [BINDING_NAMESPACE]: operator },
      says: `it belongs to BoundEndpoint ${operator}/?`,
    },
  ];
  for (const [index, { whose, labels, says }] of strangers.entries()) {
    test(`a target Service, ${whose}: stays byte for byte whatever is posted, and is bound when it goes`, async () => {
      const host = `app-${index}.ownership`;
      const url = `http://${host}:80`;
      const id = `ep_target_${index}`;
      const added = await difference(scene);
      const theirs = await make(view.paths.target(host), service(`app-${index}`, labels));
      const stays = async () => expect(await view.target(host)).toEqual(theirs);

      const answer = await fn.post(created(id, url));
      const message =
        `TargetNotOurs: Service ownership/app-${index} is not ours (${says}) and is left as it is; ` +
        "remove it or give the endpoint another URL, then send the event again";
      expect(answer).toMatchObject({
        status: 200,
        body: { outcome: "bound", reason: "TargetNotOurs", message, ready: false },
      });
      expect(await view.condition(url, "ServicesCreated")).toBe(`False: ${message}`);
      expect(await view.condition(url, "Ready")).toBe(`False: ${message}`);
      expect((await view.boundEndpoint(url))?.status?.targetServiceRef).toBeUndefined();
      expect((await view.record(id))?.status).toEqual({ reason: "TargetNotOurs", message });
      await stays();

      const second = `tcp://${host}:5432`;
      for (const event of [
        created(`${id}_pool`, url, 1),
        created(`${id}_tcp`, second, 2),
        updated(id, second, 3),
        updated(id, url, 4),
        updated(`${id}_tcp`, "http://elsewhere.ownership", 5, { bindings: ["public"] }),
        updated(`${id}_pool`, `${url}/path`, 6),
      ]) {
        await fn.post(event);
        await stays();
      }
      await fn.post(deleted(id, 7));
      await stays();
      expect(await added()).toEqual({ come: [`Service ownership/app-${index}`], gone: [] });

      const last = created(`${id}_last`, url, 8);
      await fn.post(last);
      await stays();
      await admin.must("DELETE", view.paths.target(host));
      expect((await fn.post(last)).body).toMatchObject({ outcome: "bound", reason: "Bound", ready: true });
      expect(await added()).toEqual({ come: view.whole(host, url), gone: [] });
      expect(await view.condition(url, "Ready")).toBe("True");
    });
  }

  test("a Service with the upstream's name stays, and is bound when it goes", async () => {
    const host = "fronted.ownership";
    const url = `http://${host}:80`;
    const theirs = await make(view.paths.upstream(url), service(hashedName(url)));
    const event = created("ep_fronted", url);
    const answer = await fn.post(event);
    expect(answer.body).toMatchObject({ outcome: "bound", reason: "UpstreamNotOurs", ready: false });
    expect(answer.body.message).toContain(`Service ${operator}/${hashedName(url)} is not ours`);
    expect(await view.condition(url, "ServicesCreated")).toBe(`False: ${answer.body.message}`);
    expect((await view.boundEndpoint(url))?.status?.upstreamServiceRef).toBeUndefined();
    expect(await view.target(host)).toBeUndefined();
    expect(await view.upstream(url)).toEqual(theirs);

    // Another URL of the host can lead, and carries the port of this one too.
    const second = `tcp://${host}:5432`;
    expect((await fn.post(created("ep_beside", second, 1))).body).toMatchObject({ ready: true });
    expect(await view.targetPorts(host)).toEqual({ http: "80 -> 80", tcp: "5432 -> 5432" });
    expect((await view.target(host))?.spec?.externalName).toBe(view.upstreamDns(second));
    await fn.post(deleted("ep_beside", 2));
    await fn.post(deleted("ep_fronted", 3));
    expect(await view.upstream(url)).toEqual(theirs);
    expect(await view.boundEndpoint(url)).toBeUndefined();
    expect(await view.target(host)).toBeUndefined();

    const again = created("ep_fronted", url, 4);
    await fn.post(again);
    expect(await view.upstream(url)).toEqual(theirs);
    await admin.must("DELETE", view.paths.upstream(url));
    expect((await fn.post(again)).body).toMatchObject({ outcome: "bound", reason: "Bound", ready: true });
    expect(await view.condition(url, "Ready")).toBe("True");
  });

  test("a BoundEndpoint with our hashed name stays, nothing is built on it, and is bound when it goes", async () => {
    const host = "bound.ownership";
    const url = `http://${host}:80`;
    const theirs = await make(view.paths.boundEndpoint(url), {
      apiVersion: "bindings.k8s.ngrok.com/v1alpha1",
      kind: "BoundEndpoint",
      metadata: { name: hashedName(url), labels: { [MANAGED_BY]: "ngrok-op" } },
      spec: {
        endpointURL: url,
        scheme: "http",
        port: 12_345,
        target: { service: "bound", namespace: "ownership", protocol: "TCP", port: 80 },
      },
    });
    const added = await difference(scene);
    const event = created("ep_bound", url);
    const answer = await fn.post(event);
    expect(answer.body).toMatchObject({ outcome: "bound", reason: "BoundEndpointNotOurs", ready: false });
    expect(answer.body.message).toContain(
      `BoundEndpoint ${operator}/${hashedName(url)} is not ours (it is managed by ngrok-op)`,
    );
    expect((await view.record("ep_bound"))?.status).toEqual({
      reason: "BoundEndpointNotOurs",
      message: answer.body.message,
    });
    expect(await added()).toEqual({ come: [], gone: [] });

    const second = `tcp://${host}:5432`;
    expect((await fn.post(created("ep_bound_2", second, 1))).body).toMatchObject({ ready: true });
    expect(await view.targetPorts(host)).toEqual({ tcp: "5432 -> 5432" });
    await fn.post(deleted("ep_bound_2", 2));
    await fn.post(deleted("ep_bound", 3));
    expect(await added()).toEqual({ come: [], gone: [] });
    expect(await view.boundEndpoint(url)).toEqual(theirs);

    const again = created("ep_bound", url, 4);
    await fn.post(again);
    expect(await view.boundEndpoint(url)).toEqual(theirs);
    await admin.must("DELETE", view.paths.boundEndpoint(url));
    expect((await fn.post(again)).body).toMatchObject({ outcome: "bound", reason: "Bound", ready: true });
    expect(await view.condition(url, "Ready")).toBe("True");
  });
});
