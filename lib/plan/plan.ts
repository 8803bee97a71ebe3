import type { MergePatch, Precondition } from "../cluster/cluster.ts";
import { describeRef, type KubeObject, type Ref } from "../cluster/objects.ts";
import type { Instant } from "../event/instant.ts";
import type { Ledger } from "../register/ledger.ts";
import { difference, withoutNulls } from "./difference.ts";
import {
  boundEndpointRef,
  type HostState,
  hostState,
  isProjected,
  type Observed,
  type PlanSettings,
  type Sighting,
  targetRef,
  type UrlState,
  upstreamRef,
} from "./host.ts";
import { type Desired, desiredBoundEndpoint, desiredTarget, desiredUpstream } from "./objects.ts";
import type { Obstacle } from "./obstacle.ts";
import { desiredStatus, obstacleOf, obstacleOfOurs, type Refusals } from "./status.ts";

/** One write, with what must still hold when it is made. */
export type Change = { ref: Ref<"BoundEndpoint" | "Service"> } & (
  | { action: "create"; object: KubeObject }
  | { action: "change"; resourceVersion: string; patch: MergePatch }
  | { action: "changeStatus"; resourceVersion: string; patch: MergePatch }
  | { action: "delete"; precondition: Precondition }
);

/** What a refusal of the change is remembered by: the object, or its status. */
export function nameOf(change: Change): string {
  return change.action === "changeStatus" ? `${describeRef(change.ref)}/status` : describeRef(change.ref);
}

/** Everything that a plan depends on. */
export type View = {
  ledger: Ledger;
  observed: Observed;
  /** What this pass has already been refused for good: it is not tried again. */
  refusals: Refusals;
  settings: PlanSettings;
  now: Instant;
};

/** How one URL of the host stands once nothing is left to change. */
export type UrlOutcome = { url: string; hashedName: string; obstacle: Obstacle | undefined };

/*
 * Each object of the host, wanted or not, against what was observed at its name:
 *
 *   wanted | observed              | change
 *   -------+-----------------------+--------------------------------------------------------
 *   yes    | absent                | create
 *   yes    | ours, as wanted       | -
 *   yes    | ours, otherwise       | change (merge patch at the resourceVersion read)
 *   no     | absent                | -
 *   no     | ours                  | delete (at the uid and resourceVersion read)
 *   any    | ours, being deleted   | -        Deleting
 *   any    | a stranger's          | -        BoundEndpointNotOurs, UpstreamNotOurs, TargetNotOurs
 *   any    | refused in this pass  | -        Refused
 *
 * Wanted are: a URL's BoundEndpoint where it has a live endpoint and a port; its upstream Service where, besides,
 * the BoundEndpoint is no stranger's; the target Service where one of the URLs can lead, except that nothing is
 * created in a namespace that is missing or terminating. The status of a BoundEndpoint of ours is wanted where its
 * URL has a live endpoint.
 *
 * In this order, so that nothing leads to what is not there: BoundEndpoints and upstream Services, the target, the
 * status, the deletes.
 */

/**
 * The next changes of a host, which may be made side by side; none where everything is in place. The plan goes on
 * from a view into which their results have been folded.
 */
export function plan(view: View): Change[] {
  const host = hostState(view.ledger, view.observed, view.settings);
  const refused = (change: Change) => view.refusals.has(nameOf(change));
  const behind = planBehind(host, view.settings);
  const target = planTarget(host, view.settings);
  // On a new host nothing leads anywhere yet: the creates need not wait for each other.
  const stages = isNew(view.observed) ? [[...behind, ...target]] : [behind, target];
  stages.push(planStatus(host, view), planDeletes(host, view.settings));
  return (
    stages.map((stage) => stage.filter((change) => !refused(change))).find((stage) => stage.length > 0) ?? []
  );
}

/** How each URL with a live endpoint stands, as far as the view tells. */
export function outcomesOf(view: View): UrlOutcome[] {
  const host = hostState(view.ledger, view.observed, view.settings);
  return host.urls.filter(hasEndpoints).map((state) => ({
    url: state.url.canonical,
    hashedName: state.hashedName,
    obstacle: obstacleOf(host, state, view.refusals, view.settings),
  }));
}

/** What keeps an object of ours that is not wanted any more from going; nothing where all are gone. */
export function leftoverOf(view: View): Obstacle | undefined {
  const host = hostState(view.ledger, view.observed, view.settings);
  return unwanted(host, view.settings)
    .map(({ ref, sighting }) => obstacleOfOurs(sighting, ref, view.refusals))
    .find((found) => found !== undefined);
}

function isNew(observed: Observed): boolean {
  return observed.objects.size === 0 && observed.namespace === "Unread";
}

function hasEndpoints(state: UrlState): boolean {
  return state.endpoints.length > 0;
}

function hasPort(state: UrlState): state is UrlState & { port: number } {
  return state.port !== undefined;
}

function planBehind(host: HostState, settings: PlanSettings): Change[] {
  const boundEndpoints = host.urls
    .filter(hasEndpoints)
    .filter(hasPort)
    .flatMap((state) => {
      const desired = desiredBoundEndpoint(host, state, settings);
      return put(boundEndpointRef(state.hashedName, settings), state.boundEndpoint, desired);
    });
  const upstreams = host.urls
    .filter(isProjected)
    .flatMap((state) =>
      put(upstreamRef(state.hashedName, settings), state.upstream, desiredUpstream(host, state, settings)),
    );
  return [...boundEndpoints, ...upstreams];
}

function planTarget(host: HostState, settings: PlanSettings): Change[] {
  if (host.leader === undefined) return [];
  const closed = host.targetNamespace === "Missing" || host.targetNamespace === "Terminating";
  if (host.target.state === "absent" && closed) return [];
  return put(
    targetRef(`${host.name}.${host.namespace}`),
    host.target,
    desiredTarget(host, host.leader, settings),
  );
}

function planStatus(host: HostState, view: View): Change[] {
  return host.urls.filter(hasEndpoints).flatMap((state): Change[] => {
    const { boundEndpoint } = state;
    if (boundEndpoint.state !== "ours" && boundEndpoint.state !== "deleting") return [];
    const found = obstacleOf(host, state, view.refusals, view.settings);
    const desired = desiredStatus(host, { ...state, boundEndpoint }, found, view.now);
    const patch = difference(boundEndpoint.object.status, desired);
    if (patch === undefined) return [];
    const ref = boundEndpointRef(state.hashedName, view.settings);
    const { resourceVersion = "" } = boundEndpoint.object.metadata;
    return [{ ref, action: "changeStatus", resourceVersion, patch: { status: patch } }];
  });
}

function planDeletes(host: HostState, settings: PlanSettings): Change[] {
  return unwanted(host, settings).flatMap(({ ref, sighting }): Change[] => {
    if (sighting.state !== "ours") return [];
    const { uid = "", resourceVersion = "" } = sighting.object.metadata;
    return [{ ref, action: "delete", precondition: { uid, resourceVersion } }];
  });
}

type Unwanted = { ref: Ref<"BoundEndpoint" | "Service">; sighting: Sighting<KubeObject> };

/** From the front to the back, so that what is left by a crash leads to what is still there. */
function unwanted(host: HostState, settings: PlanSettings): Unwanted[] {
  const target = { ref: targetRef(`${host.name}.${host.namespace}`), sighting: host.target };
  const upstreams = host.urls
    .filter((state) => !isProjected(state))
    .map((state) => ({ ref: upstreamRef(state.hashedName, settings), sighting: state.upstream }));
  const boundEndpoints = host.urls
    .filter((state) => !(hasEndpoints(state) && hasPort(state)))
    .map((state) => ({ ref: boundEndpointRef(state.hashedName, settings), sighting: state.boundEndpoint }));
  return [...(host.leader === undefined ? [target] : []), ...upstreams, ...boundEndpoints];
}

function put(
  ref: Ref<"BoundEndpoint" | "Service">,
  sighting: Sighting<KubeObject>,
  desired: Desired,
): Change[] {
  if (sighting.state === "absent")
    return [{ ref, action: "create", object: withoutNulls(desired) as KubeObject }];
  if (sighting.state !== "ours") return [];
  const { labels, annotations } = desired.metadata;
  const patch = difference(sighting.object, { metadata: { labels, annotations }, spec: desired.spec });
  if (patch === undefined) return [];
  const { resourceVersion = "" } = sighting.object.metadata;
  return [{ ref, action: "change", resourceVersion, patch }];
}
