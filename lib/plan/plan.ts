import type { MergePatch, Precondition } from "../cluster/cluster.ts";
import { describeRef, type KubeObject } from "../cluster/objects.ts";
import type { Instant } from "../event/instant.ts";
import { difference, withoutNulls } from "./difference.ts";
import {
  type HostRef,
  type HostState,
  hostState,
  isProjected,
  type Observed,
  type ParsedLedger,
  type PlanSettings,
  type Sighting,
  type UrlState,
} from "./host.ts";
import { type Desired, desiredBoundEndpoint, desiredTarget, desiredUpstream } from "./objects.ts";
import type { Obstacle } from "./obstacle.ts";
import { desiredStatus, obstacleOf, obstacleOfOurs, type Refusals } from "./status.ts";

/** One write, with what must still hold when it is made. */
export type Change = { ref: HostRef } & (
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
  ledger: ParsedLedger;
  observed: Observed;
  /** What this pass has already been refused for good: it is not tried again. */
  refusals: Refusals;
  settings: PlanSettings;
  now: Instant;
};

/** How one URL of the host stands once nothing is left to change. */
export type UrlOutcome = { url: string; hashedName: string; obstacle: Obstacle | undefined };

/** How a host stands once nothing is left to change. */
export type HostOutcome = {
  /** The URLs with a live endpoint. */
  urls: UrlOutcome[];
  /** What keeps an object that is not wanted any more from going; nothing where all are gone. */
  leftover: Obstacle | undefined;
};

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
  for (const stage of stagesOf(hostState(view.ledger, view.observed, view.settings), view)) {
    const changes = stage.filter((change) => !view.refusals.has(nameOf(change)));
    if (changes.length > 0) return changes;
  }
  return [];
}

/** Each is worked out only once those before it are in place. */
function* stagesOf(host: HostState, view: View): Generator<Change[]> {
  const behind = planBehind(host, view.settings);
  if (isNew(view.observed)) {
    // Nothing leads anywhere yet: the creates need not wait for each other.
    yield [...behind, ...planTarget(host, view.settings)];
  } else {
    yield behind;
    yield planTarget(host, view.settings);
  }
  yield planStatus(host, view);
  yield planDeletes(host);
}

/** How the host stands, as far as the view tells. */
export function outcomeOf(view: View): HostOutcome {
  const host = hostState(view.ledger, view.observed, view.settings);
  return {
    urls: host.urls.filter(hasEndpoints).map((state) => ({
      url: state.url.canonical,
      hashedName: state.hashedName,
      obstacle: obstacleOf(host, state, view.refusals, view.settings),
    })),
    leftover: unwanted(host)
      .map((sighting) => obstacleOfOurs(sighting, view.refusals))
      .find((found) => found !== undefined),
  };
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
    .flatMap((state) => put(state.boundEndpoint, desiredBoundEndpoint(host, state, settings)));
  const upstreams = host.urls
    .filter(isProjected)
    .flatMap((state) => put(state.upstream, desiredUpstream(host, state, settings)));
  return [...boundEndpoints, ...upstreams];
}

function planTarget(host: HostState, settings: PlanSettings): Change[] {
  if (host.leader === undefined) return [];
  const closed = host.targetNamespace === "Missing" || host.targetNamespace === "Terminating";
  if (host.target.state === "absent" && closed) return [];
  return put(host.target, desiredTarget(host, host.leader, settings));
}

function planStatus(host: HostState, view: View): Change[] {
  return host.urls.filter(hasEndpoints).flatMap((state): Change[] => {
    const { boundEndpoint } = state;
    if (boundEndpoint.state !== "ours" && boundEndpoint.state !== "deleting") return [];
    const found = obstacleOf(host, state, view.refusals, view.settings);
    const desired = desiredStatus(host, { ...state, boundEndpoint }, found, view.now);
    const patch = difference(boundEndpoint.object.status, desired);
    if (patch === undefined) return [];
    const { ref, object } = boundEndpoint;
    const { resourceVersion = "" } = object.metadata;
    return [{ ref, action: "changeStatus", resourceVersion, patch: { status: patch } }];
  });
}

function planDeletes(host: HostState): Change[] {
  return unwanted(host).flatMap((sighting): Change[] => {
    if (sighting.state !== "ours") return [];
    const { uid = "", resourceVersion = "" } = sighting.object.metadata;
    return [{ ref: sighting.ref, action: "delete", precondition: { uid, resourceVersion } }];
  });
}

/** From the front to the back, so that what is left by a crash leads to what is still there. */
function unwanted({ urls, leader, target }: HostState): Sighting<KubeObject>[] {
  const upstreams = urls.filter((state) => !isProjected(state)).map(({ upstream }) => upstream);
  const boundEndpoints = urls
    .filter((state) => !(hasEndpoints(state) && hasPort(state)))
    .map(({ boundEndpoint }) => boundEndpoint);
  return [...(leader === undefined ? [target] : []), ...upstreams, ...boundEndpoints];
}

function put(sighting: Sighting<KubeObject>, desired: Desired): Change[] {
  const { ref } = sighting;
  if (sighting.state === "absent")
    return [{ ref, action: "create", object: withoutNulls(desired) as KubeObject }];
  if (sighting.state !== "ours") return [];
  const { labels, annotations } = desired.metadata;
  const patch = difference(sighting.object, { metadata: { labels, annotations }, spec: desired.spec });
  if (patch === undefined) return [];
  const { resourceVersion = "" } = sighting.object.metadata;
  return [{ ref, action: "change", resourceVersion, patch }];
}
