import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { KubeObject } from "../../lib/cluster/objects.ts";
import { recordName } from "../../lib/endpoint/hashed-name.ts";
import { created, deleted } from "../support/events.ts";
import { BINDINGS, PUSHBIND } from "../support/scene.ts";
import { HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

const SETTINGS = {
  TARGET_LABELS: JSON.stringify({ "my-label-key": "my-label-val" }),
  TARGET_ANNOTATIONS: JSON.stringify({ "my-annotation-key": "my-annotation-val" }),
};

describeScene("the objects, read back from the API server,", "golden", (scene) => {
  const { fn, operator } = scene;
  const labelled = scene.start(SETTINGS);
  const view = new HostView(scene);
  const { paths } = view;

  beforeAll(async () => {
    await fn.post(created("ep_ONE", "http://app.golden", 0, { metadata: '{"team":"billing"}' }));
    await fn.post(created("ep_TWO", "http://app.golden:80", 1, { uri: undefined, created_at: undefined }));
    await fn.post(created("ep_HTTP", "http://many.golden", 2));
    await fn.post(created("ep_HTTP_8080", "http://many.golden:8080", 3));
    await fn.post(created("ep_TCP", "tcp://many.golden:443", 4));
    await fn.post(created("ep_HELD", "tcp://many.golden:80", 5, { created_at: "2026-02-01T00:00:00Z" }));
    await fn.post(created("ep_NOWHERE", "http://app.golden-missing", 6));
    await fn.post(created("ep_WRONG", "https://app.golden", 7));
    await fn.post(created("ep_GONE", "http://gone.golden", 8));
    await fn.post(deleted("ep_GONE", 9));
    await labelled.post(created("ep_LABELLED", "http://labelled.golden", 10));
  });

  const portOf = async (url: string) => paths.claim(await view.port(url));

  it.each([
    ["bound-endpoint", () => paths.boundEndpoint("http://app.golden:80")],
    ["upstream-service", () => paths.upstream("http://app.golden:80")],
    ["target-service", () => paths.target("app.golden")],
    ["lease", () => portOf("http://app.golden:80")],
    ["endpoint-record", () => paths.record("ep_ONE")],
    ["bound-host", () => paths.ledger("app.golden")],
    ["bound-endpoint-with-metadata", () => paths.boundEndpoint("http://labelled.golden:80")],
    ["target-service-with-metadata", () => paths.target("labelled.golden")],
    ["bound-endpoint-without-namespace", () => paths.boundEndpoint("http://app.golden-missing:80")],
    ["endpoint-record-without-namespace", () => paths.record("ep_NOWHERE")],
    ["upstream-service-of-several-urls", () => paths.upstream("http://many.golden:80")],
    ["target-service-of-several-urls", () => paths.target("many.golden")],
    ["bound-host-of-several-urls", () => paths.ledger("many.golden")],
    ["bound-endpoint-whose-port-is-held", () => paths.boundEndpoint("tcp://many.golden:80")],
    ["endpoint-record-rejected", () => paths.record("ep_WRONG")],
    ["endpoint-record-deleted", () => paths.record("ep_GONE")],
    ["bound-host-empty", () => paths.ledger("gone.golden")],
  ])("are as in golden/%s.yaml", async (name, path) => {
    const object = await scene.read(await path());
    await expect(yamlOf(object as KubeObject, operator)).toMatchFileSnapshot(`golden/${name}.yaml`);
  });

  describe("are written", () => {
    it("by the one field manager", async () => {
      const lists = await Promise.all(
        [
          `${BINDINGS}/namespaces/${operator}/boundendpoints`,
          `${PUSHBIND}/namespaces/${operator}/endpointrecords`,
          `${PUSHBIND}/namespaces/${operator}/boundhosts`,
          `/api/v1/namespaces/${operator}/services`,
          `/api/v1/namespaces/golden/services`,
          `/apis/coordination.k8s.io/v1/namespaces/${operator}/leases`,
        ].map((path) => scene.cluster.admin.must("GET", path)),
      );
      const managers = lists.map(({ items }) =>
        items.flatMap(({ metadata }: { metadata: { managedFields: { manager: string }[] } }) =>
          metadata.managedFields.map(({ manager }) => manager),
        ),
      );
      for (const ofKind of managers) expect([...new Set(ofKind)]).toEqual(["pushbind"]);
    });

    it("under names that follow from what they are of", async () => {
      expect(paths.record("ep_ONE")).toContain(recordName("ep_ONE"));
      expect(await scene.read(paths.record("ep_ONE"))).toMatchObject({ spec: { id: "ep_ONE" } });
      expect(await scene.read(paths.ledger("app.golden"))).toMatchObject({ spec: { host: "app.golden" } });
    });
  });
});

/** YAML in which all that differs from run to run has a placeholder. */
function yamlOf(object: KubeObject, operator: string): string {
  const { managedFields: _, ...metadata } = object.metadata as KubeObject["metadata"] & {
    managedFields: unknown;
  };
  const text = stringify(withPlaceholders({ ...object, metadata }), { lineWidth: 0 });
  return text.replaceAll(operator, "ngrok-operator");
}

const VARYING = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "lastTransitionTime",
  "writtenAt",
  "leftAt",
  "emptySince",
  "clusterIP",
]);

function withPlaceholders(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlaceholders);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (VARYING.has(key)) return [key, `<${key}>`];
      return [key, key === "clusterIPs" ? ["<clusterIP>"] : withPlaceholders(member)];
    }),
  );
}
