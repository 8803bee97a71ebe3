import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { type RealCluster, realCluster } from "../support/real-cluster.ts";

const REPOSITORY = join(import.meta.dirname, "..", "..");
const found = await realCluster();

describe.skipIf(!found?.knativeCrds)("the base in deploy/", () => {
  const cluster = found as RealCluster;
  beforeAll(() => cluster.applyDeploy());

  it("is in the cluster, and applying it again changes nothing", async () => {
    const { code, stdout, stderr } = await apply(cluster, ["-k", "deploy"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trim().split("\n");
    expect(lines.filter((line) => !line.endsWith(" unchanged"))).toEqual([]);
    expect(lines.map((line) => line.split(" ")[0])).toEqual([
      "namespace/ngrok-operator",
      "namespace/pushbind",
      "customresourcedefinition.apiextensions.k8s.io/boundendpoints.bindings.k8s.ngrok.com",
      "customresourcedefinition.apiextensions.k8s.io/boundhosts.pushbind.dev",
      "customresourcedefinition.apiextensions.k8s.io/endpointrecords.pushbind.dev",
      "serviceaccount/pushbind",
      "role.rbac.authorization.k8s.io/pushbind",
      "clusterrole.rbac.authorization.k8s.io/pushbind-target",
      "rolebinding.rbac.authorization.k8s.io/pushbind",
      "clusterrolebinding.rbac.authorization.k8s.io/pushbind-target",
      "service.serving.knative.dev/pushbind",
    ]);
  });

  it("has no document with a field that the API server does not know", async () => {
    const documents = parseAllDocuments(
      (await cluster.kubectlRun(["kustomize", "deploy"], { cwd: REPOSITORY })).stdout,
    );
    expect(documents).toHaveLength(11);
    for (const document of documents) {
      const input = document.toString();
      const { code, stderr } = await apply(
        cluster,
        ["--validate=strict", "--dry-run=server", "-f", "-"],
        input,
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    }
  });

  it("would be refused with a field of the Knative Service misspelt", async () => {
    const text = await readFile(join(REPOSITORY, "deploy", "service.yaml"), "utf8");
    const misspelt = text.replace("containerConcurrency:", "containerConcurency:");
    const { code, stderr } = await apply(cluster, ["--dry-run=server", "-f", "-"], misspelt);
    expect(code).toBe(1);
    expect(stderr).toContain('unknown field "spec.template.spec.containerConcurency"');
  });

  it("takes its image as a parameter", async () => {
    const folder = join(cluster.folder, randomUUID());
    await mkdir(folder);
    const images = [{ name: "pushbind", newName: "images.example/team/pushbind", newTag: "1.2.3" }];
    const resources = [relative(folder, join(REPOSITORY, "deploy"))];
    await writeFile(join(folder, "kustomization.yaml"), JSON.stringify({ resources, images }));
    const { stdout } = await cluster.kubectlRun(["kustomize", folder]);
    expect(stdout.match(/image: .*/g)).toEqual(["image: images.example/team/pushbind:1.2.3"]);
  });
});

const apply = (cluster: RealCluster, args: string[], input?: string) =>
  cluster.kubectlRun(["apply", ...args], { cwd: REPOSITORY, ...(input === undefined ? {} : { input }) });
