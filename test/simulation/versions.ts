import type { KubeObject } from "../../lib/cluster/objects.ts";
import type { ApiRequest, ApiResponse } from "../../lib/cluster/transport.ts";
import type { Store } from "../../lib/embedded/store.ts";

/** What was written since the start. Never changed: a write makes another. */
export type Versions = {
  /** How often each object has been written, by its name. */
  readonly counts: ReadonlyMap<string, number>;
  /** The content of each object, as a number; none where it is deleted. */
  readonly contents: ReadonlyMap<string, number>;
  /** A text that tells these objects from all others that this process has seen. */
  readonly print: string;
};

export const UNWRITTEN: Versions = { counts: new Map(), contents: new Map(), print: "" };

export type Handled = {
  /** As the function sees it: the how-manieth write of an object is its `resourceVersion`. */
  response: ApiResponse;
  /** What matters of it. */
  words: string;
  versions: Versions;
};

type Change = { type: string; object: KubeObject };

/**
 * Sends requests to a store in which every object counts its own versions, and all have one uid: so that clusters which
 * came to the same objects by calls in another order are the same, down to what their requests carry.
 */
export class VersionedStore {
  readonly #store: Store;
  readonly #changes: Change[] = [];

  constructor(store: Store) {
    this.#store = store;
    store.subscribe(({ type, object }) =>
      this.#changes.push({ type, object: object as unknown as KubeObject }),
    );
  }

  handle(request: ApiRequest, before: Versions): Handled {
    this.#changes.length = 0;
    const answer = this.#store.handle(this.#translated(request, before));
    const versions = this.#changes.length === 0 ? before : after(before, this.#changes);
    const body = seen(answer.body, versions);
    return { response: { ...answer, body }, words: `${answer.status} ${JSON.stringify(body)}`, versions };
  }

  /** With the store's own versions in place of those that the function has seen. */
  #translated(request: ApiRequest, versions: Versions): ApiRequest {
    const wanted = versionIn(request.body);
    if (request.method === "GET" || request.method === "POST" || wanted === undefined) return request;
    const path = request.path.replace(/\?.*/, "").replace(/\/status$/, "");
    const found = this.#store.handle({ method: "GET", path });
    const { metadata } = found.body as KubeObject;
    const isSame = found.status === 200 && versionOf(found.body as KubeObject, versions) === wanted;
    const resourceVersion = isSame ? (metadata.resourceVersion ?? "") : "0";
    const uid = isSame ? (metadata.uid ?? "") : "none";
    return { ...request, body: withVersion(request.body, resourceVersion, uid) };
  }
}

function after(before: Versions, changes: readonly Change[]): Versions {
  const counts = new Map(before.counts);
  const contents = new Map(before.contents);
  for (const { type, object } of changes) {
    const name = nameOf(object);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (type === "DELETED") contents.delete(name);
    else contents.set(name, contentId(object));
  }
  const parts = [...counts].map(([name, count]) => `${name} ${count} ${contents.get(name) ?? "-"}`);
  return { counts, contents, print: parts.sort().join("\n") };
}

function seen(body: unknown, versions: Versions): unknown {
  const { items, metadata } = (body ?? {}) as { items?: KubeObject[]; metadata?: KubeObject["metadata"] };
  if (items !== undefined) return { items: items.map((item) => seen(item, versions)) };
  if (metadata?.resourceVersion === undefined || metadata.name === undefined) return body;
  const object = body as KubeObject;
  const resourceVersion = versionOf(object, versions);
  return {
    ...object,
    metadata: { ...metadata, resourceVersion, uid: "uid" },
    spec: withoutAddresses(object.spec),
  };
}

function versionOf(object: KubeObject, { counts }: Versions): string {
  return String(counts.get(nameOf(object)) ?? 0);
}

type WithVersion = {
  metadata?: { resourceVersion?: string };
  preconditions?: { resourceVersion?: string };
};

function versionIn(body: unknown): string | undefined {
  const { metadata, preconditions } = (body ?? {}) as WithVersion;
  return preconditions?.resourceVersion ?? metadata?.resourceVersion;
}

function withVersion(body: unknown, resourceVersion: string, uid: string): unknown {
  const { metadata, preconditions } = body as WithVersion;
  if (preconditions !== undefined) return { ...(body as object), preconditions: { resourceVersion, uid } };
  return { ...(body as object), metadata: { ...metadata, resourceVersion } };
}

const ids = new Map<string, number>();
const idOfObject = new WeakMap<object, number>();

/** The same for objects of the same content, without what the server assigns. Stored objects never change. */
function contentId(object: KubeObject): number {
  const known = idOfObject.get(object);
  if (known !== undefined) return known;
  const { uid: _, resourceVersion: __, ...metadata } = object.metadata;
  const content = JSON.stringify({ ...object, metadata, spec: withoutAddresses(object.spec) });
  const id = ids.get(content) ?? ids.size;
  ids.set(content, id);
  idOfObject.set(object, id);
  return id;
}

function withoutAddresses(spec: unknown): unknown {
  const { clusterIP: _, clusterIPs: __, ...rest } = (spec ?? {}) as Record<string, unknown>;
  return rest;
}

/** Lists leave the kind of their items out; nothing but claims is listed. */
function nameOf({ kind = "Lease", metadata: { namespace = "", name } }: KubeObject): string {
  return `${kind} ${namespace}/${name}`;
}
