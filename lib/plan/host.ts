import type { BoundEndpoint, KubeObject, Ref, Service } from "../cluster/objects.ts";
import { describeRef } from "../cluster/objects.ts";
import { hashedName } from "../endpoint/hashed-name.ts";
import { type EndpointURL, parseEndpointURL } from "../endpoint/url.ts";
import { compareByAge, endpointsByUrl, type Ledger, type LiveEndpoint } from "../register/ledger.ts";
import { isOurBoundEndpoint, isOurService } from "./names.ts";

/** What was read of the cluster for one host. `namespace` is the target's, and is read only where the target is absent. */
export type Observed = {
  /** By {@link describeRef}; what is absent has no entry. */
  objects: ReadonlyMap<string, KubeObject>;
  namespace: "Active" | "Missing" | "Terminating" | "Unread";
};

/** The part of the settings that the objects of a host depend on. */
export type PlanSettings = {
  operatorNamespace: string;
  clusterDomain: string;
  targetLabels: Readonly<Record<string, string>>;
  targetAnnotations: Readonly<Record<string, string>>;
  targetPorts: boolean;
  upstreamSelector: Readonly<Record<string, string>>;
  portRange: { first: number; last: number };
};

/** An object that the host can have. */
export type HostRef = Ref<"BoundEndpoint" | "Service">;

/** An object that the host can have, whether it is there or not. */
type Slot = {
  ref: HostRef;
  /** The ref by {@link describeRef}. */
  name: string;
};

/** What is at an object's name, as it stands to us. `deleting` is ours, and waits for somebody's finalizers. */
export type Sighting<T> = Slot &
  ({ state: "absent" } | { state: "ours" | "deleting" | "stranger"; object: T });

/** What follows from the ledger, whatever is observed: worked out once, however often a pass plans from it. */
export type ParsedLedger = {
  target: Slot;
  epoch: number;
  urls: ParsedUrl[];
};

type ParsedUrl = {
  url: EndpointURL;
  hashedName: string;
  /** Oldest first. */
  endpoints: LiveEndpoint[];
  /** The forwarder's port. */
  port: number | undefined;
  boundEndpoint: Slot;
  upstream: Slot;
};

/** One URL of a host. */
export type UrlState = ParsedUrl & {
  boundEndpoint: Sighting<BoundEndpoint>;
  upstream: Sighting<Service>;
};

/** A URL that traffic can go to: it has an endpoint, a port, and a BoundEndpoint of ours to tell the forwarder. */
export type ProjectedUrl = UrlState & { port: number };

/** A host, its URLs, and who of them has which part. */
export type HostState = {
  name: string;
  namespace: string;
  epoch: number;
  urls: UrlState[];
  target: Sighting<Service>;
  targetNamespace: Observed["namespace"];
  /** Who has each port of the host: the URL whose oldest endpoint is the oldest. By port, ascending. */
  holders: ReadonlyMap<number, ProjectedUrl>;
  /** The URL whose upstream Service carries all ports of the host, and to which the target Service leads. */
  leader: ProjectedUrl | undefined;
};

export function boundEndpointRef(hashed: string, settings: PlanSettings): Ref<"BoundEndpoint"> {
  return { kind: "BoundEndpoint", namespace: settings.operatorNamespace, name: hashed };
}

export function upstreamRef(hashed: string, settings: PlanSettings): Ref<"Service"> {
  return { kind: "Service", namespace: settings.operatorNamespace, name: hashed };
}

/** @param host `<service>.<namespace>` */
export function targetRef(host: string): Ref<"Service"> {
  const [name = "", namespace = ""] = host.split(".");
  return { kind: "Service", namespace, name };
}

/** @throws Error where somebody has written a URL into the ledger that is none */
export function parseLedger(ledger: Ledger, settings: PlanSettings): ParsedLedger {
  const endpoints = endpointsByUrl(ledger);
  return {
    target: slotOf(targetRef(ledger.host)),
    epoch: ledger.epoch,
    urls: ledger.urls.map(({ url, port }) => {
      const hashed = hashedName(url);
      return {
        url: parseLedgerUrl(url),
        hashedName: hashed,
        endpoints: endpoints.get(url) ?? [],
        port,
        boundEndpoint: slotOf(boundEndpointRef(hashed, settings)),
        upstream: slotOf(upstreamRef(hashed, settings)),
      };
    }),
  };
}

function slotOf(ref: HostRef): Slot {
  return { ref, name: describeRef(ref) };
}

/** Every object that a host can have: what is to be read before it is planned. */
export function slotsOf({ urls, target }: ParsedLedger): Slot[] {
  return [...urls.flatMap(({ boundEndpoint, upstream }) => [boundEndpoint, upstream]), target];
}

/** What the ledger and the observed objects come to. */
export function hostState(ledger: ParsedLedger, observed: Observed, settings: PlanSettings): HostState {
  const look = <T extends KubeObject>(
    { ref, name }: Slot,
    isOurs: (object: KubeObject) => boolean,
  ): Sighting<T> => {
    const object = observed.objects.get(name) as T | undefined;
    if (object === undefined) return { ref, name, state: "absent" };
    if (!isOurs(object)) return { ref, name, state: "stranger", object };
    return {
      ref,
      name,
      state: object.metadata.deletionTimestamp === undefined ? "ours" : "deleting",
      object,
    };
  };
  const isOurs = (object: KubeObject) => isOurService(object, settings.operatorNamespace);
  const urls = ledger.urls.map(
    ({ url, hashedName, endpoints, port, boundEndpoint, upstream }): UrlState => ({
      url,
      hashedName,
      endpoints,
      port,
      boundEndpoint: look(boundEndpoint, isOurBoundEndpoint),
      upstream: look(upstream, isOurs),
    }),
  );
  const { name, namespace = "" } = ledger.target.ref;
  const oldestFirst = urls.filter(isProjected).sort(compareUrls);
  return {
    name,
    namespace,
    epoch: ledger.epoch,
    urls,
    target: look(ledger.target, isOurs),
    targetNamespace: observed.namespace,
    ...shareOut(oldestFirst),
  };
}

/** Whether traffic can go to a URL. */
export function isProjected(state: UrlState): state is ProjectedUrl {
  return state.endpoints.length > 0 && state.port !== undefined && state.boundEndpoint.state !== "stranger";
}

function shareOut(oldestFirst: ProjectedUrl[]): Pick<HostState, "holders" | "leader"> {
  const holders = new Map<number, ProjectedUrl>();
  for (const state of oldestFirst) {
    if (!holders.has(state.url.port)) holders.set(state.url.port, state);
  }
  const leader = oldestFirst.find(
    (state) => holders.get(state.url.port) === state && state.upstream.state !== "stranger",
  );
  return { holders: new Map([...holders].sort(([a], [b]) => a - b)), leader };
}

function compareUrls(a: UrlState, b: UrlState): number {
  const [oldestOfA] = a.endpoints;
  const [oldestOfB] = b.endpoints;
  return oldestOfA === undefined || oldestOfB === undefined ? 0 : compareByAge(oldestOfA, oldestOfB);
}

function parseLedgerUrl(url: string): EndpointURL {
  const parsed = parseEndpointURL(url, "spec.urls");
  if (!parsed.ok) throw new Error(`the ledger names ${JSON.stringify(url)}, which is no endpoint URL`);
  return parsed.url;
}
