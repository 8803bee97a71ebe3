import type { BoundEndpointStatus } from "../../schemas/types.ts";
import type { BoundEndpoint, KubeObject } from "../cluster/objects.ts";
import type { Instant } from "../event/instant.ts";
import { exactly } from "./difference.ts";
import { type HostState, isProjected, type PlanSettings, type Sighting, type UrlState } from "./host.ts";
import { ownerOf } from "./names.ts";
import { namespaceMissing, type Obstacle, type ObstacleReason, obstacle } from "./obstacle.ts";

/** What the API server refused for good in this pass: its message by the name of the change (`nameOf`). */
export type Refusals = ReadonlyMap<string, string>;

type Condition = NonNullable<BoundEndpointStatus["conditions"]>[number];

/** Why a URL is not ready, the cause first; nothing where it is. */
export function obstacleOf(
  host: HostState,
  state: UrlState,
  refusals: Refusals,
  settings: PlanSettings,
): Obstacle | undefined {
  const ofBoundEndpoint = obstacleOfBoundEndpoint(state, refusals, settings);
  if (ofBoundEndpoint !== undefined) return ofBoundEndpoint;
  const upstream = obstacleOfObject(state.upstream, "UpstreamNotOurs", refusals);
  if (upstream !== undefined) return upstream;
  const holder = host.holders.get(state.url.port);
  if (holder !== undefined && holder.hashedName !== state.hashedName) {
    const { port, host: name } = state.url;
    return obstacle(
      "PortHeld",
      `port ${port} of ${name} is held by ${holder.url.canonical}, whose endpoint is older`,
    );
  }
  return obstacleOfTarget(host, refusals) ?? obstacleOfLeader(host, refusals);
}

function obstacleOfBoundEndpoint(
  state: UrlState,
  refusals: Refusals,
  settings: PlanSettings,
): Obstacle | undefined {
  if (state.port === undefined) {
    const { first, last } = settings.portRange;
    return obstacle(
      "NoPortLeft",
      `all forwarder ports from ${first} to ${last} in namespace ${settings.operatorNamespace} are claimed; ` +
        "widen PORT_RANGE or delete endpoints, then send the event again",
    );
  }
  const { name } = state.boundEndpoint;
  const ofStatus = refusals.get(`${name}/status`);
  if (ofStatus !== undefined) return obstacle("Refused", `the status of ${name}: ${ofStatus}`);
  return obstacleOfObject(state.boundEndpoint, "BoundEndpointNotOurs", refusals);
}

function obstacleOfTarget(host: HostState, refusals: Refusals): Obstacle | undefined {
  if (host.target.state === "absent") {
    if (host.targetNamespace === "Missing") return namespaceMissing(host.namespace);
    if (host.targetNamespace === "Terminating") {
      return obstacle("NamespaceTerminating", `namespace "${host.namespace}" is being deleted`);
    }
  }
  return obstacleOfObject(host.target, "TargetNotOurs", refusals);
}

/** The traffic of every URL goes through the leader's upstream Service. */
function obstacleOfLeader({ leader }: HostState, refusals: Refusals): Obstacle | undefined {
  return leader && obstacleOfObject(leader.upstream, "UpstreamNotOurs", refusals);
}

/** What keeps an object of ours from being as it should: refused in this pass, or waiting for finalizers. */
export function obstacleOfOurs(sighting: Sighting<KubeObject>, refusals: Refusals): Obstacle | undefined {
  const { name } = sighting;
  const refusal = refusals.get(name);
  if (refusal !== undefined) return obstacle("Refused", `${name}: ${refusal}`);
  if (sighting.state !== "deleting") return undefined;
  const finalizers = sighting.object.metadata.finalizers?.join(", ") ?? "";
  return obstacle("Deleting", `${name} is being deleted and waits for its finalizers: ${finalizers}`);
}

function obstacleOfObject(
  sighting: Sighting<KubeObject>,
  notOurs: ObstacleReason,
  refusals: Refusals,
): Obstacle | undefined {
  if (sighting.state !== "stranger") return obstacleOfOurs(sighting, refusals);
  return obstacle(
    notOurs,
    `${sighting.name} is not ours (${ownerOf(sighting.object)}) and is left as it is; remove it or give the ` +
      "endpoint another URL, then send the event again",
  );
}

/** The whole status of a URL's BoundEndpoint; `null` stands for what must be absent. */
export function desiredStatus(
  host: HostState,
  state: UrlState & { boundEndpoint: { object: BoundEndpoint } },
  found: Obstacle | undefined,
  now: Instant,
): Record<string, unknown> {
  const { object } = state.boundEndpoint;
  const { endpoints } = state;
  const onTarget = isProjected(state) && host.holders.get(state.url.port)?.hashedName === state.hashedName;
  const targetServiceRef =
    onTarget && host.target.state === "ours" ? { name: host.name, namespace: host.namespace } : null;
  const status = {
    hashedName: state.hashedName,
    endpoints: endpoints.map(({ id, uri }) => (uri === undefined ? { id } : { id, uri })),
    endpointsSummary: endpoints.length === 1 ? "1 endpoint" : `${endpoints.length} endpoints`,
    targetServiceRef,
    upstreamServiceRef: state.upstream.state === "ours" ? { name: state.hashedName } : null,
    conditions: conditionsOf(object, found, now),
  };
  return exactly(object.status, status);
}

/** Ours, in a fixed order, then those of others as they are. The transition time moves only with the status. */
function conditionsOf(object: BoundEndpoint, found: Obstacle | undefined, now: Instant): Condition[] {
  const before = object.status?.conditions ?? [];
  const made = (type: string, status: Condition["status"], reason: string, message: string): Condition => {
    const known = before.find((condition) => condition.type === type);
    return {
      type,
      status,
      reason,
      message,
      lastTransitionTime: known?.status === status ? known.lastTransitionTime : timeOf(now),
      observedGeneration: object.metadata.generation ?? 0,
    };
  };
  const ours = [
    found === undefined
      ? made("ServicesCreated", "True", "ServicesCreated", "Target and Upstream services created")
      : made("ServicesCreated", "False", "ServiceCreationFailed", found.message),
    made(
      "ConnectivityVerified",
      "Unknown",
      "ConnectivityNotVerified",
      "Connectivity to the upstream service has not been verified",
    ),
    found === undefined
      ? made("Ready", "True", "BoundEndpointReady", "BoundEndpoint is ready")
      : made("Ready", "False", "ServiceCreationFailed", found.message),
  ];
  const others = before.filter(({ type }) => !ours.some((condition) => condition.type === type));
  return [...ours, ...others];
}

/** As Kubernetes writes times: whole seconds. */
function timeOf(now: Instant): string {
  return `${now.slice(0, 19)}Z`;
}
