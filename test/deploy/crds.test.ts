import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type RealCluster, realCluster } from "../support/real-cluster.ts";

const CRDS = join(import.meta.dirname, "..", "..", "schemas", "crds");
const crd = (name: string) => parse(readFileSync(join(CRDS, `${name}.yaml`), "utf8"));

type Schema = {
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
};

/** The paths of a schema's fields that lack a description, and so of what kubectl explain would show without one. */
function undescribed(schema: Schema, path = ""): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const here = `${path}.${name}`;
    // The API server refuses a schema that says anything about metadata.
    if (here === ".metadata") return [];
    const values = typeof field.additionalProperties === "object" ? [field.additionalProperties] : [];
    const inside = [field, ...(field.items ? [field.items] : []), ...values];
    return [...(field.description ? [] : [here]), ...inside.flatMap((child) => undescribed(child, here))];
  });
}

describe.each(["boundendpoint", "boundhost", "endpointrecord"])("the CRD %s", (name) => {
  it("describes every field", () => {
    for (const version of crd(name).spec.versions) {
      const schema = version.schema.openAPIV3Schema;
      expect(schema.description).toBeTruthy();
      expect(undescribed(schema)).toEqual([]);
    }
  });
});

const found = await realCluster();

describe.skipIf(found === undefined)("BoundEndpoint on the real API server", () => {
  const cluster = found as RealCluster;
  const path = "/apis/bindings.k8s.ngrok.com/v1alpha1/namespaces/crds/boundendpoints";
  beforeAll(async () => {
    await cluster.installCrds();
    await cluster.admin.must("POST", "/api/v1/namespaces", { metadata: { name: "crds" } });
  });

  it("takes the example of ngrok's documentation, whole", async () => {
    const answer = await cluster.admin.request(
      "POST",
      `${path}?dryRun=All&fieldValidation=Strict`,
      example(),
    );
    expect(answer.status).toBe(201);
    expect(answer.body.spec).toEqual(example().spec);
  });

  it.each([
    ["https://my-service.my-namespace:443", "https"],
    ["tls://my-service.my-namespace:65535", "tls"],
    ["tcp://a.1:1", "tcp"],
    [`http://${"a".repeat(63)}.${"b".repeat(63)}:80`, "http"],
  ])("takes the URL %s", async (endpointURL, scheme) => {
    const body = example({ endpointURL, scheme });
    expect((await cluster.admin.request("POST", `${path}?dryRun=All`, body)).status).toBe(201);
  });

  it.each([
    ["a URL without a port", { endpointURL: "http://my-service.my-namespace" }, "spec.endpointURL"],
    ["a URL with a path", { endpointURL: "http://my-service.my-namespace:80/" }, "spec.endpointURL"],
    ["a URL with three labels", { endpointURL: "http://a.b.c:80" }, "spec.endpointURL"],
    ["a URL with capitals", { endpointURL: "http://My-service.my-namespace:80" }, "spec.endpointURL"],
    ["a URL with port 65536", { endpointURL: "http://a.b:65536" }, "spec.endpointURL"],
    ["a URL with port 080", { endpointURL: "http://a.b:080" }, "spec.endpointURL"],
    ["a URL with a label of 64", { endpointURL: `http://${"a".repeat(64)}.b:80` }, "spec.endpointURL"],
    ["a URL with another scheme", { endpointURL: "udp://a.b:80" }, "spec.endpointURL"],
    ["another scheme", { scheme: "udp" }, "spec.scheme"],
    ["no scheme", { scheme: undefined }, "spec.scheme"],
    ["port 0", { port: 0 }, "spec.port"],
    ["port 65536", { port: 65536 }, "spec.port"],
    ["a port in quotes", { port: "80" }, "spec.port"],
    ["no target", { target: undefined }, "spec.target"],
  ])("refuses %s", async (_, change, field) => {
    await expectRefusal(example(change), field);
  });

  it.each([
    ["the protocol UDP", { protocol: "UDP" }, "spec.target.protocol"],
    ["no protocol", { protocol: undefined }, "spec.target.protocol"],
    ["a service that starts with a digit", { service: "1app" }, "spec.target.service"],
    ["a namespace with a capital", { namespace: "Example" }, "spec.target.namespace"],
    ["port 0", { port: 0 }, "spec.target.port"],
    ["a label that is a number", { metadata: { labels: { a: 1 } } }, "spec.target.metadata.labels.a"],
  ])("refuses a target with %s", async (_, change, field) => {
    await expectRefusal(example({ target: { ...example().spec.target, ...change } }), field);
  });

  it("keeps spec and status apart, lists by key, and counts the spec's generations", async () => {
    const { metadata } = await cluster.admin.must("POST", path, {
      ...example(),
      status: { hashedName: "ngrok-1" },
    });
    const one = `${path}/${metadata.name}`;
    expect((await cluster.admin.must("GET", one)).status).toBeUndefined();

    const [condition] = failedStatus().conditions;
    const twice = { status: { conditions: [condition, condition] } };
    const refused = await cluster.admin.request("PATCH", `${one}/status`, twice);
    expect(refused.body.details.causes[0]).toMatchObject({
      reason: "FieldValueDuplicate",
      field: "status.conditions[1]",
    });

    const changed = await cluster.admin.must("PATCH", `${one}/status`, { status: failedStatus() });
    expect(changed.status).toEqual(failedStatus());
    expect(changed.metadata.generation).toBe(1);
    await cluster.admin.must("DELETE", one);
  });

  it("prints the columns that users of ngrok's operator know", async () => {
    const { metadata } = await cluster.admin.must("POST", path, example());
    await cluster.admin.must("PATCH", `${path}/${metadata.name}/status`, { status: failedStatus() });
    const { stdout } = await cluster.kubectlRun(["get", "boundendpoints", "-n", "crds", "-o", "wide"]);
    await cluster.admin.must("DELETE", `${path}/${metadata.name}`);
    const [header = "", row = ""] = stdout.split("\n");
    const columns = ["NAME", "URL", "PORT", "ENDPOINTS", "SERVICES", "READY", "AGE", "REASON", "MESSAGE"];
    expect(header.trim().split(/\s+/)).toEqual(columns);
    expect(row.trim().split(/\s{2,}/)).toEqual([
      metadata.name,
      "http://my-service.my-namespace:80",
      "10001",
      "1 endpoint",
      "False",
      "False",
      expect.stringMatching(/^\d+s$/),
      "ServiceCreationFailed",
      MISSING,
    ]);
  });

  async function expectRefusal(body: object, field: string): Promise<void> {
    const answer = await cluster.admin.request("POST", `${path}?dryRun=All`, body);
    expect(answer.status).toBe(422);
    expect(answer.body.details.causes.map((cause: { field: string }) => cause.field)).toContain(field);
  }
});

const MISSING =
  'HTTP 503: Failed to create Target Service: namespaces "does-not-exist" not found [ERR_NGROK_20003]';

const failedStatus = () => ({
  hashedName: "ngrok-96c65d4f-1422-5503-b353-0c9e1fbc4c68",
  endpoints: [{ id: "ep_34ieQajOqQJ9DcgzCroGWvlMak2" }],
  endpointsSummary: "1 endpoint",
  conditions: ["ServicesCreated", "Ready"].map((type) => ({
    type,
    status: "False",
    reason: "ServiceCreationFailed",
    message: MISSING,
    lastTransitionTime: "2025-10-29T01:20:40Z",
    observedGeneration: 1,
  })),
});

/** The example at the end of "BoundEndpoint custom resource", with changes to its spec. */
const example = (change: object = {}) => ({
  apiVersion: "bindings.k8s.ngrok.com/v1alpha1",
  kind: "BoundEndpoint",
  metadata: { name: "ngrok-22680758-eb09-576e-a7ac-dc3728458dfc" },
  spec: {
    endpointURL: "http://my-service.my-namespace:80",
    port: 10001,
    scheme: "http",
    target: {
      metadata: {
        labels: { "my-label-key": "my-label-val" },
        annotations: { "my-annotation-key": "my-annotation-val" },
      },
      namespace: "my-namespace",
      port: 80,
      protocol: "TCP",
      service: "my-service",
    },
    ...change,
  },
});
