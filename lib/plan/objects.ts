import { apiVersionOf, type KubeObject, type Service, type ServicePort } from "../cluster/objects.ts";
import { exactly } from "./difference.ts";
import type { HostState, PlanSettings, ProjectedUrl, UrlState } from "./host.ts";
import {
  APPLIED_METADATA,
  BINDING_NAME,
  BINDING_NAMESPACE,
  ENDPOINT_URL,
  EPOCH,
  MANAGED_BY,
  MANAGER,
} from "./names.ts";

/** An object with all that we set on it; `null` stands for what must be absent. */
export type Desired = {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace: string;
    labels: Record<string, string | null>;
    annotations: Record<string, string | null>;
  };
  spec: Record<string, unknown>;
};

/** The BoundEndpoint of a URL that has a port. */
export function desiredBoundEndpoint(
  host: HostState,
  state: UrlState & { port: number },
  settings: PlanSettings,
): Desired {
  const { url } = state;
  const spec = {
    endpointURL: url.canonical,
    scheme: url.scheme,
    port: state.port,
    target: {
      service: url.name,
      namespace: url.namespace,
      protocol: "TCP",
      port: url.port,
      metadata: targetMetadata(settings),
    },
  };
  return {
    apiVersion: apiVersionOf("BoundEndpoint"),
    kind: "BoundEndpoint",
    metadata: {
      name: state.hashedName,
      namespace: settings.operatorNamespace,
      labels: { [MANAGED_BY]: MANAGER },
      annotations: { [EPOCH]: String(host.epoch) },
    },
    spec: exactly(observedOf(state.boundEndpoint)?.spec, spec),
  };
}

/** The ClusterIP Service of a URL, in the operator namespace; the leader's carries all ports of the host. */
export function desiredUpstream(host: HostState, state: ProjectedUrl, settings: PlanSettings): Desired {
  const carried = host.leader === state ? [...host.holders.values()] : [state];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: state.hashedName,
      namespace: settings.operatorNamespace,
      labels: bindingLabels(state, settings),
      annotations: { [ENDPOINT_URL]: state.url.canonical, [EPOCH]: String(host.epoch) },
    },
    spec: {
      type: "ClusterIP",
      // Without meaning beside this type, as a selector is beside ExternalName; whoever had changed the type left it.
      externalName: null,
      selector: exactly(observedOf(state.upstream)?.spec?.selector, { ...settings.upstreamSelector }),
      ports: namePorts(carried, (carriedState) => carriedState.port),
      sessionAffinity: "ClientIP",
      internalTrafficPolicy: "Cluster",
    },
  };
}

/** The ExternalName Service that applications know, in the namespace of the URL; it leads to the leader's upstream. */
export function desiredTarget(host: HostState, leader: ProjectedUrl, settings: PlanSettings): Desired {
  const observed = observedOf(host.target);
  const ports = namePorts([...host.holders.values()], (state) => state.url.port);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: host.name,
      namespace: host.namespace,
      labels: {
        ...takenBack(observed, "labels"),
        ...settings.targetLabels,
        ...bindingLabels(leader, settings),
      },
      annotations: {
        ...takenBack(observed, "annotations"),
        ...settings.targetAnnotations,
        [EPOCH]: String(host.epoch),
        [APPLIED_METADATA]: appliedMetadata(settings),
      },
    },
    spec: {
      type: "ExternalName",
      selector: null,
      externalName: `${leader.hashedName}.${settings.operatorNamespace}.${settings.clusterDomain}`,
      // A service mesh takes an ExternalName Service with ports for a claim on these ports in the whole mesh.
      ports: settings.targetPorts ? ports : null,
      sessionAffinity: "ClientIP",
    },
  };
}

/** A port is named after its scheme, and with its number where the host has the scheme more than once. */
function namePorts(states: ProjectedUrl[], targetPort: (state: ProjectedUrl) => number): ServicePort[] {
  const count = Map.groupBy(states, ({ url }) => url.scheme);
  return states.map((state) => {
    const { scheme, port } = state.url;
    const name = (count.get(scheme)?.length ?? 0) > 1 ? `${scheme}-${port}` : scheme;
    return { name, protocol: "TCP", port, targetPort: targetPort(state) };
  });
}

function bindingLabels(state: UrlState, settings: PlanSettings): Record<string, string> {
  return {
    [MANAGED_BY]: MANAGER,
    [BINDING_NAME]: state.hashedName,
    [BINDING_NAMESPACE]: settings.operatorNamespace,
  };
}

function targetMetadata({ targetLabels, targetAnnotations }: PlanSettings): Record<string, unknown> | null {
  const labels = isEmpty(targetLabels) ? null : { ...targetLabels };
  const annotations = isEmpty(targetAnnotations) ? null : { ...targetAnnotations };
  return labels === null && annotations === null ? null : { labels, annotations };
}

function appliedMetadata({ targetLabels, targetAnnotations }: PlanSettings): string | null {
  if (isEmpty(targetLabels) && isEmpty(targetAnnotations)) return null;
  return JSON.stringify({
    labels: Object.keys(targetLabels).sort(),
    annotations: Object.keys(targetAnnotations).sort(),
  });
}

/** `null` for each label or annotation that earlier settings asked for. */
function takenBack(observed: Service | undefined, which: "labels" | "annotations"): Record<string, null> {
  const applied = parseApplied(observed?.metadata.annotations?.[APPLIED_METADATA]);
  return Object.fromEntries(applied[which].map((key) => [key, null]));
}

function parseApplied(text: string | undefined): { labels: string[]; annotations: string[] } {
  try {
    const { labels, annotations } = JSON.parse(text ?? "{}") as Record<string, unknown>;
    return { labels: stringsOf(labels), annotations: stringsOf(annotations) };
  } catch {
    // Edited by hand; then nothing is known of earlier settings.
    return { labels: [], annotations: [] };
  }
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function observedOf<T extends KubeObject>(sighting: { state: string; object?: T }): T | undefined {
  return sighting.object;
}

function isEmpty(map: Readonly<Record<string, string>>): boolean {
  return Object.keys(map).length === 0;
}
