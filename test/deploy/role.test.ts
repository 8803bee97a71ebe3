import { beforeAll, describe, expect, it } from "vitest";
import { FUNCTION_USER } from "../support/deployment.ts";
import { permissionsAsked } from "../support/permissions.ts";
import { type RealCluster, realCluster } from "../support/real-cluster.ts";

/** In a namespace that an endpoint's URL names. */
const IN_ANY_NAMESPACE = [
  "create services",
  "delete services",
  "get namespaces",
  "get services",
  "patch services",
];

/** In an operator namespace. */
const IN_OPERATOR_NAMESPACE = [
  "create boundendpoints.bindings.k8s.ngrok.com",
  "create boundhosts.pushbind.dev",
  "create endpointrecords.pushbind.dev",
  "create leases.coordination.k8s.io",
  "create services",
  "delete boundendpoints.bindings.k8s.ngrok.com",
  "delete leases.coordination.k8s.io",
  "delete services",
  "get boundendpoints.bindings.k8s.ngrok.com",
  "get boundhosts.pushbind.dev",
  "get endpointrecords.pushbind.dev",
  "get leases.coordination.k8s.io",
  "get namespaces",
  "get services",
  "list leases.coordination.k8s.io",
  "patch boundendpoints.bindings.k8s.ngrok.com",
  "patch boundendpoints.bindings.k8s.ngrok.com/status",
  "patch boundhosts.pushbind.dev",
  "patch endpointrecords.pushbind.dev",
  "patch endpointrecords.pushbind.dev/status",
  "patch leases.coordination.k8s.io",
  "patch services",
];

const found = await realCluster();

describe.skipIf(found === undefined)("the function's role", () => {
  const cluster = found as RealCluster;
  let kubeconfig = "";
  beforeAll(async () => {
    kubeconfig = await cluster.functionKubeconfig();
    await cluster.operatorNamespace("role-second-account");
  });

  it.each([
    ["its operator namespace", "ngrok-operator", IN_OPERATOR_NAMESPACE],
    ["the operator namespace of a second account", "role-second-account", IN_OPERATOR_NAMESPACE],
    ["a target namespace", "default", IN_ANY_NAMESPACE],
    ["a namespace of Kubernetes itself", "kube-system", IN_ANY_NAMESPACE],
    ["the function's own namespace", "pushbind", IN_ANY_NAMESPACE],
  ])("grants nothing but what the function uses in %s", async (_, namespace, expected) => {
    expect(await cluster.permissions(kubeconfig, namespace)).toEqual(expected);
  });

  it("is the service account's, and an administrator's token would show", async () => {
    const { stdout } = await cluster.kubectlRun(
      ["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"],
      { kubeconfig },
    );
    expect(stdout).toBe(FUNCTION_USER);
    expect(await cluster.permissions(cluster.adminKubeconfig, "default")).toContain("* *.*");
  });

  it("is seen in the audit log, refused requests too", async () => {
    const since = await cluster.auditMark();
    await cluster.kubectlRun(["get", "namespace", "default"], { kubeconfig });
    await cluster.kubectlRun(["delete", "pod", "nobody", "-n", "kube-public"], { kubeconfig });
    const asked = permissionsAsked(await cluster.auditEvents({ by: kubeconfig, since }));
    expect(asked.get("default")).toEqual(["get namespaces"]);
    expect(asked.get("kube-public")).toEqual(["delete pods"]);
  });
});
