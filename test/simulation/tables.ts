import { type Kind, type KubeObject, pathOf } from "../../lib/cluster/objects.ts";
import type { ApiRequest, ApiResponse } from "../../lib/cluster/transport.ts";
import type { JsonObject } from "../../lib/embedded/json.ts";
import type { Resource } from "../../lib/embedded/resource.ts";
import type { Snapshot } from "../../lib/embedded/storage.ts";
import type { Store } from "../../lib/embedded/store.ts";

/** A cluster: the content of each object as a number, at the object's number; 0 or nothing where it is absent. */
export type Cluster = readonly number[];

export const ABSENT = 0;

/** What a call does to the object that it is about. */
export type Effect = {
  /** As it is answered; versions are still to be put in. */
  readonly response: ApiResponse;
  /** What was asked and answered, without versions, as a number. */
  readonly answer: number;
  /** The object's content afterwards. */
  readonly after: number;
  readonly wrote: boolean;
};

/**
 * Objects and their contents as numbers, and what calls do to them, worked out by the store. An object's content is all
 * of it but for uid, version and address: two clusters that came to the same contents by different ways are one.
 */
export class Tables {
  readonly #store: Store;
  readonly #bare: Snapshot;
  readonly #numbers = new Map<string, number>();
  readonly #contents = new Map<string, number>();
  /** By content, one of the objects that have it. */
  readonly #stored: { resource: Resource; object: JsonObject }[] = [];
  readonly #texts = new Map<string, number>();
  #wrote = false;

  /** @param store with nothing in it but what no call changes */
  constructor(store: Store) {
    this.#store = store;
    this.#bare = store.snapshot();
    store.subscribe(() => {
      this.#wrote = true;
    });
  }

  /** The number of the object at a path. */
  numberOf(path: string): number {
    return numberIn(this.#numbers, path);
  }

  /** The same number for the same text. */
  textId(text: string): number {
    return numberIn(this.#texts, text);
  }

  /** The store as it is, as a cluster. */
  read(): Cluster {
    const cluster: number[] = [];
    for (const [resource, objects] of this.#store.snapshot().objects) {
      for (const object of objects.values())
        cluster[this.numberOf(pathOfObject(object))] = this.#contentOf(resource, object);
    }
    return Array.from(cluster, (content) => content ?? ABSENT);
  }

  /** Makes the store what a cluster is. */
  restore(cluster: Cluster): void {
    this.#store.restore(this.#bare);
    for (const content of cluster) this.#put(content);
  }

  /**
   * What a call does to an object, or a list to nothing.
   *
   * @param isCurrent whether the version that the request carries is the object's
   */
  effect(request: ApiRequest, cluster: Cluster, isCurrent: boolean): Effect {
    const path = objectPathOf(request);
    const number = this.numberOf(path);
    if (isList(request)) this.restore(cluster);
    else this.restore([cluster[number] ?? ABSENT]);
    this.#wrote = false;
    const response = this.#store.handle(this.#translated(request, path, isCurrent));
    const wrote = this.#wrote;
    const answer = this.textId(`${request.method} ${this.#wordsOf(response)}`);
    const after = wrote ? (this.read()[number] ?? ABSENT) : (cluster[number] ?? ABSENT);
    return { response, answer, after, wrote };
  }

  #put(content: number | undefined): void {
    const stored = content === undefined ? undefined : this.#stored[content];
    // What is there from the start is in the bare store, and never changes.
    if (stored === undefined || stored.resource.kind === "Namespace") return;
    this.#store.storage.put(stored.resource, stored.object);
  }

  #contentOf(resource: Resource, object: JsonObject): number {
    const content = numberIn(this.#contents, wordsOfObject(object));
    this.#stored[content] ??= { resource, object };
    return content;
  }

  /** With the store's version in place of the one that the function has seen, or one that no object has. */
  #translated(request: ApiRequest, path: string, isCurrent: boolean): ApiRequest {
    if (versionIn(request) === undefined) return request;
    const { body } = this.#store.handle({ method: "GET", path });
    const { uid = "", resourceVersion = "" } = isCurrent
      ? (body as KubeObject).metadata
      : { uid: "other", resourceVersion: "0" };
    const { metadata, preconditions } = request.body as Versioned;
    if (preconditions !== undefined)
      return { ...request, body: { ...(request.body as object), preconditions: { uid, resourceVersion } } };
    return { ...request, body: { ...(request.body as object), metadata: { ...metadata, resourceVersion } } };
  }

  /** What a delivery can learn from an answer, but for versions. */
  #wordsOf({ status, body }: ApiResponse): string {
    const { items, metadata, reason } = (body ?? {}) as Partial<KubeObject> & {
      items?: JsonObject[];
      reason?: string;
    };
    // What these say in words names versions of the store, and nobody reads it.
    if (status === 404 || status === 409) return `${status} ${reason}`;
    if (items !== undefined) return `${status} ${items.map(wordsOfObject).join("\n")}`;
    if (metadata?.resourceVersion === undefined) return `${status} ${JSON.stringify(body)}`;
    return `${status} ${wordsOfObject(body as JsonObject)}`;
  }
}

type Versioned = {
  metadata?: { resourceVersion?: string };
  preconditions?: { resourceVersion?: string; uid?: string };
};

/** The version that a change or a delete carries. */
export function versionIn({ method, body }: ApiRequest): string | undefined {
  if (method === "GET" || method === "POST") return undefined;
  const { metadata, preconditions } = (body ?? {}) as Versioned;
  return preconditions?.resourceVersion ?? metadata?.resourceVersion;
}

/** An answer with a version of the function's own in place of the store's. */
export function withVersion(response: ApiResponse, version: number): ApiResponse {
  const { items, metadata, ...object } = (response.body ?? {}) as Partial<KubeObject> & {
    items?: KubeObject[];
  };
  const resourceVersion = String(version);
  if (items !== undefined) return response;
  if (metadata?.resourceVersion === undefined) return response;
  return { ...response, body: { ...object, metadata: { ...metadata, resourceVersion, uid: "uid" } } };
}

export function isList({ method, path }: ApiRequest): boolean {
  return method === "GET" && path.includes("?labelSelector=");
}

/** The path of the object that a request is about; of a list, of the collection. */
export function objectPathOf({ method, path, body }: ApiRequest): string {
  const plain = path.replace(/\?.*/, "").replace(/\/status$/, "");
  return method === "POST" ? `${plain}/${(body as KubeObject).metadata.name}` : plain;
}

function pathOfObject(object: JsonObject): string {
  const { kind, metadata } = object as unknown as KubeObject;
  const { namespace, name } = metadata;
  return pathOf({ kind: kind as Kind, ...(namespace === undefined ? {} : { namespace }), name });
}

const words = new WeakMap<JsonObject, string>();

/** The content of an object as a text. Stored objects never change. */
function wordsOfObject(object: JsonObject): string {
  const known = words.get(object);
  if (known !== undefined) return known;
  const { uid: _, resourceVersion: __, ...metadata } = object.metadata as Record<string, unknown>;
  const { clusterIP: ___, clusterIPs: ____, ...spec } = (object.spec ?? {}) as Record<string, unknown>;
  const text = JSON.stringify({ ...object, metadata, spec });
  words.set(object, text);
  return text;
}

/** The numbers count from 1. */
function numberIn(numbers: Map<string, number>, text: string): number {
  const known = numbers.get(text);
  if (known !== undefined) return known;
  numbers.set(text, numbers.size + 1);
  return numbers.size;
}
