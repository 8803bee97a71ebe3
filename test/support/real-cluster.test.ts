import { describe, expect, it } from "vitest";
import { isWrite } from "./audit-log.ts";
import { type RealCluster, realCluster } from "./real-cluster.ts";

const found = await realCluster();

describe.skipIf(found === undefined)("the real API server", () => {
  const cluster = found as RealCluster;
  const serviceIn = (namespace: string) => `/api/v1/namespaces/${namespace}/services`;
  const service = (name: string) => ({ metadata: { name }, spec: { ports: [{ port: 80 }] } });

  it("is of one version with kubectl", async () => {
    const { gitVersion } = await cluster.admin.must("GET", "/version");
    const { stdout } = await cluster.kubectlRun(["version", "--client", "-o", "json"]);
    expect(JSON.parse(stdout).clientVersion.gitVersion).toBe(gitVersion);
    expect(gitVersion).toMatch(/^v1\.\d+\.\d+$/);
  });

  it("has each request in its audit log by the time it is answered, the refused ones too", async () => {
    const kubeconfig = await cluster.functionKubeconfig();
    const since = await cluster.auditMark();
    const path = "/api/v1/namespaces/default/services/nobody";
    for (let round = 0; round < 20; round += 1) {
      await cluster.kubectlRun(["get", "--raw", path], { kubeconfig });
      const events = await cluster.auditEvents({ by: kubeconfig, since });
      expect(events.map(({ verb, uri, code }) => [verb, uri, code])).toEqual(
        Array.from({ length: round + 1 }, () => ["get", path, 404]),
      );
    }
    await cluster.kubectlRun(["delete", "--raw", "/api/v1/namespaces/default"], { kubeconfig });
    const writes = (await cluster.auditEvents({ by: kubeconfig, since })).filter(isWrite);
    expect(writes).toMatchObject([{ verb: "delete", resource: "namespaces", name: "default", code: 403 }]);
  });

  it("tells the requests of one token from those of another of the same account", async () => {
    const [one, other] = [await cluster.functionKubeconfig(), await cluster.functionKubeconfig()];
    const since = await cluster.auditMark();
    await cluster.kubectlRun(["get", "--raw", "/version"], { kubeconfig: one });
    expect(await cluster.auditEvents({ by: one, since })).toHaveLength(1);
    expect(await cluster.auditEvents({ by: other, since })).toEqual([]);
  });

  it("keeps a namespace terminating until it is finalized", async () => {
    await cluster.admin.must("POST", "/api/v1/namespaces", { metadata: { name: "support-terminating" } });
    await cluster.admin.must("DELETE", "/api/v1/namespaces/support-terminating");
    const { status } = await cluster.admin.must("GET", "/api/v1/namespaces/support-terminating");
    expect(status.phase).toBe("Terminating");
    const refused = await cluster.admin.request("POST", serviceIn("support-terminating"), service("app"));
    expect(refused.body.details.causes).toMatchObject([{ reason: "NamespaceTerminating" }]);
    await cluster.finalizeNamespace("support-terminating");
    expect((await cluster.admin.request("GET", "/api/v1/namespaces/support-terminating")).status).toBe(404);
  });

  it("removes a namespace with what is in it, so that a new one of the name is empty", async () => {
    for (let round = 0; round < 2; round += 1) {
      await cluster.admin.must("POST", "/api/v1/namespaces", { metadata: { name: "support-removed" } });
      await cluster.admin.must("POST", serviceIn("support-removed"), service("app"));
      await cluster.removeNamespace("support-removed");
    }
    await cluster.removeNamespace("support-removed");
  });

  it("refuses what a quota does not allow", async () => {
    await cluster.admin.must("POST", "/api/v1/namespaces", { metadata: { name: "support-quota" } });
    await cluster.setQuota("support-quota", { services: "1" });
    await cluster.admin.must("POST", serviceIn("support-quota"), service("one"));
    const refused = await cluster.admin.request("POST", serviceIn("support-quota"), service("two"));
    expect(refused.status).toBe(403);
    expect(refused.body.message).toContain("exceeded quota: quota, requested: services=1, used: services=1");
    await cluster.removeNamespace("support-quota");
  });
});
