import { setTimeout as pause } from "node:timers/promises";
import { FUNCTION_USER } from "../support/deployment.ts";
import type { Scene } from "../support/scene.ts";

/** What the API server is to refuse to the function. */
export type Refusal = {
  /** Of the policy; no other file may have it. */
  name: string;
  namespace: string;
  operation: "CREATE" | "UPDATE" | "DELETE";
  group: string;
  /** Such as `services` or `boundendpoints/status`. */
  resource: string;
  message: string;
};

const POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";
const IN_FORCE_DEADLINE_MS = 30_000;
const POLL_MS = 20;

/**
 * Refuses something to the function, and to nobody else, by a ValidatingAdmissionPolicy that is in force when this
 * returns.
 *
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 *
 * @returns lifts it again, and waits until it is lifted
 */
export async function refuse({ cluster }: Scene, refusal: Refusal): Promise<() => Promise<void>> {
  const { name, namespace, operation, group, resource, message } = refusal;
  const { admin } = cluster;
  const rule = (apiGroups: string[], operations: string[], resources: string[]) => ({
    apiGroups,
    apiVersions: ["*"],
    operations,
    resources,
  });
  // ConfigMaps, which the function has nothing to do with, show whether the policy is in force.
  const concerns = `request.namespace == '${namespace}' && (request.resource.resource == 'configmaps' || request.userInfo.username == '${FUNCTION_USER}')`;
  await admin.must("POST", POLICIES, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [rule([group], [operation], [resource]), rule([""], ["CREATE"], ["configmaps"])],
      },
      matchConditions: [{ name: "concerns", expression: concerns }],
      validations: [{ expression: "false", message }],
    },
  });
  await admin.must("POST", BINDINGS, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  });
  const isInForce = async () => {
    const probe = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "probe" } };
    const path = `/api/v1/namespaces/${namespace}/configmaps?dryRun=All`;
    return (await admin.request("POST", path, probe)).status === 422;
  };
  await until(isInForce, `policy ${name} is in force`);
  return async () => {
    await admin.must("DELETE", `${BINDINGS}/${name}`);
    await admin.must("DELETE", `${POLICIES}/${name}`);
    await until(async () => !(await isInForce()), `policy ${name} is lifted`);
  };
}

/** Waits for what the API server does in its own time. */
export async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + IN_FORCE_DEADLINE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`after ${IN_FORCE_DEADLINE_MS} ms it does not hold that ${what}`);
    await pause(POLL_MS);
  }
}
