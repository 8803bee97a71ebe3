import { hash } from "node:crypto";
import { ClusterError } from "../cluster/errors.ts";
import { apiVersionOf, type Lease, type Ref } from "../cluster/objects.ts";
import { hashedName } from "../endpoint/hashed-name.ts";
import { boundEndpointRef } from "../plan/host.ts";
import { isOurBoundEndpoint, MANAGED_BY, MANAGER } from "../plan/names.ts";
import { PORT_CANDIDATES, PORT_RACES } from "../settings/limits.ts";
import { type Context, LOST, orLost } from "./context.ts";

/*
 * A port at the forwarder is claimed by creating a Lease that is named after it, held by the BoundEndpoint: creation
 * is atomic, so two instances never get one port. A pass that finds a claim of its own BoundEndpoint writes it, so
 * that a release in flight, which carries the resourceVersion that it read, fails. A claim is released only after the
 * ledger has given up its URL; not even one whose ledger write lost the race is released, since another pass for the
 * same URL may have found it and be about to record it.
 */

/** A claim as it was when its URL was given up. */
export type Release = { ref: Ref<"Lease">; uid: string; resourceVersion: string };

export type PortRequest = {
  /** Canonical. */
  url: string;
  /** Whether the URL may have a BoundEndpoint already, whose port it then keeps. */
  mayExist: boolean;
  /** Whether the ports were all taken when this URL was last here: then the claims are listed first. */
  ranOut: boolean;
};

/** A port for the URL's BoundEndpoint, claimed for it; undefined where none is left. */
export async function claimPort(context: Context, request: PortRequest): Promise<number | undefined> {
  const holder = hashedName(request.url);
  const inUse = request.mayExist ? await portInUse(context, holder) : [];
  const candidates = request.ranOut ? [] : candidatesOf(holder, context.settings.portRange);
  for (const ports of [inUse, candidates]) {
    for (const port of ports) if (await claim(context, port, holder)) return port;
  }
  return claimFromList(context, holder);
}

/** Gives a port back, unless the claim has been found and written by somebody since. */
export async function releasePort(context: Context, { ref, uid, resourceVersion }: Release): Promise<void> {
  await orLost(context.cluster.delete(ref, { uid, resourceVersion }));
}

/** What {@link releasePort} needs later; undefined where the port is not claimed for this URL. */
export async function findClaim(context: Context, url: string, port: number): Promise<Release | undefined> {
  const ref = leaseRef(context, port);
  const lease = await context.cluster.get(ref);
  if (lease === undefined || !isHeldBy(lease, hashedName(url))) return undefined;
  const { uid = "", resourceVersion = "" } = lease.metadata;
  return { ref, uid, resourceVersion };
}

async function portInUse(context: Context, holder: string): Promise<number[]> {
  const found = await context.cluster.get(boundEndpointRef(holder, context.settings));
  return found?.spec !== undefined && isOurBoundEndpoint(found) ? [found.spec.port] : [];
}

/** The same for every attempt, so that a repeated one finds its own claim. Mostly the first is free. */
function* candidatesOf(holder: string, { first, last }: { first: number; last: number }): Generator<number> {
  for (let attempt = 0; attempt < PORT_CANDIDATES; attempt++) {
    const digest = hash("sha256", `${holder}/${attempt}`, "buffer");
    yield first + (digest.readUInt32BE(0) % (last - first + 1));
  }
}

async function claim(context: Context, port: number, holder: string): Promise<boolean> {
  const ref = leaseRef(context, port);
  for (let race = 0; race < PORT_RACES; race++) {
    const created = await orLost(context.cluster.create(leaseOf(ref, holder)));
    if (created !== LOST) return true;
    const lease = await context.cluster.get(ref);
    if (lease === undefined) continue;
    if (!isHeldBy(lease, holder)) return false;
    if (await confirm(context, ref, lease)) return true;
  }
  throw new ClusterError(
    "tryAgain",
    `the claim of port ${port} was changed by others ${PORT_RACES} times in a row`,
    {
      reason: "LostRaces",
    },
  );
}

/** Writes a claim of our own, so that whoever read it before cannot release it any more. */
async function confirm(context: Context, ref: Ref<"Lease">, lease: Lease): Promise<boolean> {
  const leaseTransitions = (lease.spec?.leaseTransitions ?? 0) + 1;
  const { resourceVersion = "" } = lease.metadata;
  return (await orLost(context.cluster.patch(ref, resourceVersion, { spec: { leaseTransitions } }))) !== LOST;
}

async function claimFromList(context: Context, holder: string): Promise<number | undefined> {
  const { operatorNamespace, portRange } = context.settings;
  const leases = await context.cluster.listLeases(operatorNamespace, `${MANAGED_BY}=${MANAGER}`);
  const taken = new Set(leases.map(({ metadata }) => metadata.name));
  const own = leases.filter((lease) => isHeldBy(lease, holder)).map(({ metadata }) => portOf(metadata.name));
  const size = portRange.last - portRange.first + 1;
  const [start = portRange.first] = candidatesOf(holder, portRange);
  const free = Array.from(
    { length: size },
    (_, step) => portRange.first + ((start - portRange.first + step) % size),
  );
  const candidates = [...own, ...free.filter((port) => !taken.has(leaseName(port)))];
  for (const port of candidates.slice(0, PORT_RACES)) {
    if (await claim(context, port, holder)) return port;
  }
  if (candidates.length <= PORT_RACES) return undefined;
  throw new ClusterError("tryAgain", `${PORT_RACES} free ports in a row were taken by others`, {
    reason: "LostRaces",
  });
}

function isHeldBy(lease: Lease, holder: string): boolean {
  return lease.metadata.labels?.[MANAGED_BY] === MANAGER && lease.spec?.holderIdentity === holder;
}

function leaseOf(ref: Ref<"Lease">, holder: string): Lease & { kind: "Lease" } {
  const { name, namespace = "" } = ref;
  return {
    apiVersion: apiVersionOf("Lease"),
    kind: "Lease",
    metadata: { name, namespace, labels: { [MANAGED_BY]: MANAGER } },
    spec: { holderIdentity: holder, leaseTransitions: 0 },
  };
}

function leaseRef(context: Context, port: number): Ref<"Lease"> {
  return { kind: "Lease", namespace: context.settings.operatorNamespace, name: leaseName(port) };
}

const PREFIX = "pushbind-port-";

function leaseName(port: number): string {
  return `${PREFIX}${port}`;
}

function portOf(name: string): number {
  return Number(name.slice(PREFIX.length));
}
