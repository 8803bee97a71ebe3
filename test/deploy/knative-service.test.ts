import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { DRAIN_MS, REQUEST_DEADLINE_MS, REQUESTS_AT_ONCE } from "../../lib/settings/limits.ts";
import { readSettings } from "../../lib/settings/settings.ts";

const DEPLOY = join(import.meta.dirname, "..", "..", "deploy");
const service = parse(readFileSync(join(DEPLOY, "service.yaml"), "utf8"));
const { spec } = service.spec.template;
const [container] = spec.containers;
const env: Record<string, string> = Object.fromEntries(
  container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
);

describe("the Knative Service", () => {
  it("is reachable from inside the cluster only", () => {
    expect(service.metadata.labels).toMatchObject({ "networking.knative.dev/visibility": "cluster-local" });
  });

  it("gives a delivery, and an instance that ends, longer than the function itself does", () => {
    expect(spec.timeoutSeconds * 1000).toBeGreaterThan(REQUEST_DEADLINE_MS);
    expect(spec.timeoutSeconds * 1000).toBeGreaterThan(DRAIN_MS);
  });

  it("lets fewer deliveries in than the function takes", () => {
    expect(spec.containerConcurrency).toBeGreaterThan(0);
    expect(spec.containerConcurrency).toBeLessThan(REQUESTS_AT_ONCE);
  });

  it("has settings that are right, and are the defaults", () => {
    const written = readSettings(env);
    const defaults = readSettings({});
    expect(written).toMatchObject({ ok: true });
    expect(JSON.stringify(written)).toBe(JSON.stringify(defaults));
  });

  it("names every other setting in its comment, but those that are not for a deployment", () => {
    const schema = JSON.parse(readFileSync(join(DEPLOY, "..", "schemas", "settings.json"), "utf8"));
    const notForDeployment = ["HOST", "PORT", "CLUSTER"];
    const others = Object.keys(schema.properties).filter(
      (name) => !(name in env) && !notForDeployment.includes(name),
    );
    const [, comment = ""] =
      /# Left at their defaults: ([^.]*)\./.exec(readFileSync(join(DEPLOY, "service.yaml"), "utf8")) ?? [];
    expect(comment.match(/[A-Z_]{4,}/g)).toEqual(others.sort());
  });

  it("runs as the Pod Security Standard restricted asks", () => {
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
  });
});
