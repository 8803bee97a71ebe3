import { expect } from "vitest";
import { type Api, contract, MERGE_PATCH } from "./contract.ts";
import { BOUND_ENDPOINTS, boundEndpoint, condition, EVENTS, SERVICES, service } from "./objects.ts";

// What people type. kubectl prints the same, whichever API it talks to.

const kubectl = (title: string, run: (api: Api) => Promise<void>) =>
  contract(`kubectl ${title}`, run, { needsKubectl: true });

const NAME = "ngrok-cbdd8a3e-2e85-5a06-b525-21cede5a4c2d";

/** A namespace with a bound and an unbound BoundEndpoint, and Services. */
async function populated(api: Api): Promise<string> {
  const namespace = await api.namespace();
  await api.post(BOUND_ENDPOINTS(namespace), boundEndpoint(NAME, {}, { labels: { color: "red" } }));
  await api.post(BOUND_ENDPOINTS(namespace), boundEndpoint("waiting", { port: 10_001 }));
  const status = {
    hashedName: NAME,
    endpoints: [{ id: "ep_1" }, { id: "ep_2", uri: "https://api.ngrok.com/endpoints/ep_2" }],
    endpointsSummary: "2 endpoints",
    targetServiceRef: { name: "app", namespace: "example" },
    upstreamServiceRef: { name: NAME },
    conditions: [condition("ServicesCreated", "True"), condition("Ready", "True", "BoundEndpointReady")],
  };
  await api.patch(`${BOUND_ENDPOINTS(namespace)}/${NAME}/status`, { status });
  await api.post(
    SERVICES(namespace),
    service(
      NAME,
      { selector: { app: "forwarder" }, ports: [{ name: "http", port: 80, targetPort: 10_000 }] },
      { labels: { color: "red" } },
    ),
  );
  await api.post(
    SERVICES(namespace),
    service("app", {
      type: "ExternalName",
      externalName: "a.b.svc.cluster.local",
      sessionAffinity: "ClientIP",
      ports: [{ name: "http", port: 80 }],
    }),
  );
  return namespace;
}

kubectl("get prints tables", async (api) => {
  const namespace = await populated(api);
  const table = await api.kubectl(["get", "boundendpoints", "-n", namespace]);
  expect(table).toContain(`ngrok-<uid>  http://app.example:80  10000  2 endpoints  True  True  <age>`);
  await api.kubectl(["get", "boundendpoint", NAME, "-n", namespace, "-o", "wide"]);
  await api.kubectl(["get", "services", "-n", namespace, "-o", "wide"]);
  await api.kubectl(["get", "svc,boundendpoints", "-n", namespace, "-l", "color=red", "--show-labels"]);
  expect(await api.kubectl(["get", "endpointrecords", "-n", namespace])).toContain("No resources found");
  await api.kubectl(["get", "bh", "-n", namespace]);
  await api.kubectl(["get", "namespace", namespace]);
  await api.kubectl(["get", "svc", "nothing", "-n", namespace], { code: 1 });
  await api.kubectl(["get", "nonsense", "-n", namespace], { code: 1 });
});

kubectl("get prints objects", async (api) => {
  const namespace = await populated(api);
  for (const format of ["yaml", "json", "name"])
    await api.kubectl(["get", "boundendpoints,services", "-n", namespace, "-o", format]);
  const ready = '{.status.conditions[?(@.type=="Ready")]}';
  expect(
    await api.kubectl(["get", "boundendpoint", NAME, "-n", namespace, "-o", `jsonpath=${ready}`]),
  ).toContain('"status":"True"');
  const columns = [
    "NAME:.metadata.name",
    "NAMESPACE:.metadata.namespace",
    "ENDPOINTS:.status.endpointsSummary",
    "TARGET:.status.targetServiceRef.name",
    "READY:.status.conditions[?(@.type=='Ready')].status",
    "REASON:.status.conditions[?(@.type=='Ready')].reason",
  ];
  const table = await api.kubectl([
    "get",
    "boundendpoints",
    "-n",
    namespace,
    "-o",
    `custom-columns=${columns.join(",")}`,
  ]);
  expect(table).toContain("2 endpoints  app  True  BoundEndpointReady");
});

kubectl("describe", async (api) => {
  const namespace = await populated(api);
  const involvedObject = {
    apiVersion: "bindings.k8s.ngrok.com/v1alpha1",
    kind: "BoundEndpoint",
    namespace,
    name: "waiting",
  };
  const event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "waiting.1" },
    involvedObject,
    type: "Warning",
    reason: "Tested",
    message: "as tested",
  };
  await api.post(EVENTS(namespace), { ...event, source: { component: "pushbind" } });
  expect(await api.kubectl(["describe", "boundendpoint", NAME, "-n", namespace])).toContain(
    "Endpoints Summary:  2 endpoints",
  );
  await api.kubectl(["describe", "boundendpoint", "waiting", "-n", namespace]);
  await api.kubectl(["describe", "service", NAME, "-n", namespace]);
  await api.kubectl(["describe", "service", "app", "-n", namespace]);
});

kubectl("wait for a condition and for a deletion", async (api) => {
  const namespace = await populated(api);
  const ready = ["wait", "--for=condition=Ready", "-n", namespace];
  expect(await api.kubectl([...ready, `boundendpoint/${NAME}`, "--timeout=10s"])).toContain("condition met");
  expect(await api.kubectl([...ready, "boundendpoint/waiting", "--timeout=1s"], { code: 1 })).toContain(
    "timed out",
  );
  const all = BOUND_ENDPOINTS(namespace);
  const patch = { status: { conditions: [condition("Ready", "True")] } };
  const become = () => api.target.send("PATCH", `${all}/waiting/status`, patch, MERGE_PATCH);
  const waited = await api.kubectlWatching([...ready, "boundendpoint/waiting", "--timeout=20s"], become);
  expect(waited).toContain("condition met");
  const forDelete = ["wait", "--for=delete", "-n", namespace, "boundendpoint/waiting", "--timeout=20s"];
  const gone = await api.kubectlWatching(forDelete, () => api.target.send("DELETE", `${all}/waiting`));
  expect(gone).toContain("condition met");
  await api.kubectl(forDelete);
});

kubectl("get -w prints what changes", async (api) => {
  const namespace = await populated(api);
  const all = BOUND_ENDPOINTS(namespace);
  const args = [
    "get",
    "boundendpoints",
    "-n",
    namespace,
    "-w",
    "--output-watch-events",
    "--request-timeout=3s",
  ];
  const printed = await api.kubectlWatching(args, async () => {
    await api.target.send("PATCH", `${all}/waiting`, { spec: { port: 10_002 } }, MERGE_PATCH);
    await api.target.send("POST", all, boundEndpoint("new"));
    await api.target.send("DELETE", `${all}/waiting`);
  });
  const events = printed.split("\n").map((line) => line.split("  ").slice(0, 2).join(" "));
  expect(events).toEqual(expect.arrayContaining(["MODIFIED waiting", "ADDED new", "DELETED waiting"]));
});

const MANIFEST = (namespace: string, port: number) => `
apiVersion: v1
kind: Service
metadata: { name: applied, namespace: ${namespace}, labels: { tier: front } }
spec:
  selector: { app: one }
  ports:
    - { name: http, port: 80, targetPort: ${port} }
    - { name: tcp, port: ${port}, targetPort: 9000 }
---
apiVersion: bindings.k8s.ngrok.com/v1alpha1
kind: BoundEndpoint
metadata: { name: applied, namespace: ${namespace} }
spec:
  endpointURL: http://app.example:80
  scheme: http
  port: ${port}
  target: { service: app, namespace: example, protocol: TCP, port: 80 }
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: applied, namespace: ${namespace} }
spec: { holderIdentity: me${port} }
`;

kubectl("apply, twice, and with a change", async (api) => {
  const namespace = await api.namespace();
  const apply = (port: number) => api.kubectl(["apply", "-f", "-"], { input: MANIFEST(namespace, port) });
  expect((await apply(10_000)).match(/created/g)).toHaveLength(3);
  expect((await apply(10_000)).match(/unchanged/g)).toHaveLength(3);
  expect((await apply(10_001)).match(/configured/g)).toHaveLength(3);
  const { body } = await api.get(`${SERVICES(namespace)}/applied`);
  expect(body.spec.ports.map(({ port, targetPort }: Record<string, number>) => [port, targetPort])).toEqual([
    [80, 10_001],
    [10_001, 9000],
  ]);
  await api.kubectl(["diff", "-f", "-"], { input: MANIFEST(namespace, 10_001) });
  await api.kubectl(["apply", "--dry-run=server", "-f", "-"], { input: MANIFEST(namespace, 10_002) });
  await api.get(`${BOUND_ENDPOINTS(namespace)}/applied`);
  const wrong = MANIFEST(namespace, 10_003)
    .replace("scheme: http", "scheme: gopher")
    .replace("holderIdentity", "holder");
  const refused = await api.kubectl(["apply", "-f", "-"], { input: wrong, code: 1 });
  expect(refused).toContain('Unsupported value: "gopher"');
});

kubectl("create and delete", async (api) => {
  const namespace = api.freshName();
  expect(await api.kubectl(["create", "namespace", namespace])).toContain("created");
  await api.kubectl(["create", "namespace", namespace], { code: 1 });
  await api.kubectl(["create", "service", "clusterip", "plain", "--tcp=80:8080", "-n", namespace]);
  await api.kubectl([
    "create",
    "service",
    "externalname",
    "external",
    "--external-name=a.b",
    "--tcp=443",
    "-n",
    namespace,
  ]);
  await api.kubectl(["create", "-f", "-"], { input: MANIFEST(namespace, 10_000) });
  await api.kubectl(["create", "-f", "-"], { input: MANIFEST(namespace, 10_000), code: 1 });
  await api.get(SERVICES(namespace));
  await api.kubectl(["label", "service", "plain", "a=b", "-n", namespace]);
  await api.kubectl(["annotate", "boundendpoint", "applied", "a=b", "-n", namespace]);
  await api.kubectl([
    "patch",
    "service",
    "plain",
    "-n",
    namespace,
    "-p",
    '{"spec":{"ports":[{"port":80,"targetPort":1}]}}',
  ]);
  await api.kubectl(["delete", "service", "plain", "external", "-n", namespace]);
  await api.kubectl(["delete", "-f", "-"], { input: MANIFEST(namespace, 10_000) });
  expect(await api.kubectl(["get", "services,boundendpoints,leases", "-n", namespace])).toContain(
    "No resources found",
  );
  await api.kubectl(["delete", "service", "plain", "-n", namespace], { code: 1 });
  await api.kubectl(["delete", "service", "plain", "-n", namespace, "--ignore-not-found"]);
});

kubectl("explain of the custom resources", async (api) => {
  // The real API server puts descriptions of its own on the first level of an object.
  const first = await api.target.kubectl?.(["explain", "boundendpoint"]);
  expect(first?.stdout).toMatch(/spec\t<Object> -required-/);
  const places = ["spec", "spec.target", "spec.target.metadata.labels", "status", "status.conditions"];
  for (const place of [
    ...places.map((path) => `boundendpoint.${path}`),
    "boundhost.spec",
    "endpointrecord.spec.verdict",
  ]) {
    const text = await api.kubectl(["explain", place]);
    expect(text).toContain("DESCRIPTION:");
    expect(text).not.toContain("<empty>");
  }
  await api.kubectl(["explain", "boundendpoint.spec.nonsense"], { code: 1 });
});
