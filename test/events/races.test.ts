import { expect, test } from "vitest";
import type { KubeObject } from "../../lib/cluster/objects.ts";
import type { ApiRequest, Transport } from "../../lib/cluster/transport.ts";
import { hashedName } from "../../lib/endpoint/hashed-name.ts";
import { created, deleted } from "../support/events.ts";
import { BINDINGS } from "../support/scene.ts";
import { HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

describeScene("a stranger acts between our look and our write", "races", (scene) => {
  const { fn } = scene;
  const { admin } = scene.cluster;
  const view = new HostView(scene);
  const make = (path: string): Promise<KubeObject> => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const spec = path.includes("/services/")
      ? { ports: [{ name: "web", port: 8080 }], selector: { app: "theirs" } }
      : {
          endpointURL: "http://theirs.races:80",
          scheme: "http",
          port: 12_345,
          target: { service: "theirs", namespace: "races", protocol: "TCP", port: 80 },
        };
    const type = path.includes("/services/")
      ? { apiVersion: "v1", kind: "Service" }
      : { apiVersion: "bindings.k8s.ngrok.com/v1alpha1", kind: "BoundEndpoint" };
    return admin.must("POST", collectionOf(path), { ...type, metadata: { name }, spec });
  };

  /** Lets somebody act right before a request of the function's is sent, once. */
  const before =
    (fits: (request: ApiRequest) => boolean, act: () => Promise<unknown>) =>
    (send: Transport): Transport => {
      let done = false;
      return async (request, signal) => {
        if (!done && fits(request)) {
          done = true;
          await act();
        }
        return send(request, signal);
      };
    };

  const objects = [
    { kind: "target", reason: "TargetNotOurs", path: (url: string) => view.paths.target(hostOf(url)) },
    { kind: "upstream", reason: "UpstreamNotOurs", path: view.paths.upstream },
    { kind: "BoundEndpoint", reason: "BoundEndpointNotOurs", path: view.paths.boundEndpoint },
  ];
  for (const { kind, reason, path } of objects) {
    test(`${kind}: what comes before our create is left alone`, async () => {
      const url = `http://create-${kind.toLowerCase()}.races:80`;
      let theirs: KubeObject | undefined;
      const racing = scene.start(
        {},
        before(
          (request) => request.method === "POST" && request.path.startsWith(`${collectionOf(path(url))}?`),
          async () => {
            theirs = await make(path(url));
          },
        ),
      );
      const answer = await racing.post(created(`ep_create_${kind}`, url));
      expect(answer).toMatchObject({ status: 200, body: { outcome: "bound", reason, ready: false } });
      expect(theirs).toBeDefined();
      expect(await scene.read(path(url))).toEqual(theirs);
    });

    for (const method of ["PATCH", "DELETE"]) {
      test(`${kind}: what takes the place of ours before our ${method} is left alone`, async () => {
        const host = `${method}-${kind}.races`.toLowerCase();
        const url = `http://${host}:80`;
        const id = `ep_${method}_${kind}`;
        await fn.post(created(id, url));
        let theirs: KubeObject | undefined;
        const racing = scene.start(
          {},
          before(
            (request) => request.method === method && request.path.startsWith(path(url)),
            async () => {
              await admin.must("DELETE", path(url));
              theirs = await make(path(url));
            },
          ),
        );
        const event = method === "PATCH" ? created(`${id}_2`, `tcp://${host}:5432`, 1) : deleted(id, 1);
        expect((await racing.post(event)).status).toBe(200);
        expect(theirs).toBeDefined();
        expect(await scene.read(path(url))).toEqual(theirs);
      });
    }
  }
});

describeScene(
  "a claim of others on a port",
  "their-ports",
  (scene) => {
    test("a Lease with our port's name stays, and another port is taken", async () => {
      const { admin } = scene.cluster;
      const view = new HostView(scene);
      const collection = `/apis/coordination.k8s.io/v1/namespaces/${scene.operator}/leases`;
      const lease = (port: number, labels: Record<string, string>) =>
        admin.must("POST", collection, {
          apiVersion: "coordination.k8s.io/v1",
          kind: "Lease",
          metadata: { name: `pushbind-port-${port}`, labels },
          spec: { holderIdentity: hashedName("http://app.their-ports:80") },
        });
      const theirs = [
        await lease(10_000, {}),
        await lease(10_002, { "app.kubernetes.io/managed-by": "Helm" }),
      ];
      const answer = await scene.fn.post(created("ep_1", "http://app.their-ports"));
      expect(answer.body).toMatchObject({ reason: "Bound", ready: true });
      expect(await view.port("http://app.their-ports:80")).toBe(10_001);
      const second = await scene.fn.post(created("ep_2", "http://other.their-ports"));
      expect(second.body).toMatchObject({ reason: "NoPortLeft", ready: false });
      await scene.fn.post(deleted("ep_1", 1));
      expect([await view.claim(10_000), await view.claim(10_002)]).toEqual(theirs);
      expect(await scene.read(`${BINDINGS}/namespaces/${scene.operator}/boundendpoints`)).toMatchObject({
        items: [],
      });
    });
  },
  { PORT_RANGE: "10000-10002" },
);

const collectionOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

const hostOf = (url: string): string => new URL(url).hostname;
