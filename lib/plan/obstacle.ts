/**
 * Why something that an endpoint asks for is not in place, in the words that reply, record, condition, log and
 * metric share.
 *
 * - `NoPortLeft`: every port at the forwarder is claimed; there is no BoundEndpoint.
 * - `BoundEndpointNotOurs`, `UpstreamNotOurs`, `TargetNotOurs`: somebody else's object has the name.
 * - `PortHeld`: another URL of the host has the port.
 * - `NamespaceMissing`, `NamespaceTerminating`: of the target namespace.
 * - `Deleting`: an object of ours waits for somebody's finalizers.
 * - `Refused`: the API server does not take it: quota, admission, role.
 */
export type ObstacleReason =
  | "NoPortLeft"
  | "BoundEndpointNotOurs"
  | "UpstreamNotOurs"
  | "TargetNotOurs"
  | "PortHeld"
  | "NamespaceMissing"
  | "NamespaceTerminating"
  | "Deleting"
  | "Refused";

/** `message` is for people and begins with the reason, unless ngrok's operator has a text of its own for it. */
export type Obstacle = { readonly reason: ObstacleReason; readonly message: string };

export function obstacle(reason: ObstacleReason, text: string): Obstacle {
  return { reason, message: `${reason}: ${text}` };
}

/** The text that ngrok documents for a target namespace that does not exist. */
export function namespaceMissing(namespace: string): Obstacle {
  return {
    reason: "NamespaceMissing",
    message: `HTTP 503: Failed to create Target Service: namespaces "${namespace}" not found [ERR_NGROK_20003]`,
  };
}
