import { addressOf } from "./builtin.ts";
import type { JsonObject } from "./json.ts";
import { nameOf, namespaceOf, type Resource, withMetadata } from "./resource.ts";

/** One change, in the order of the revisions. */
export type Change = {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resource: Resource;
  /** The object after the change; a deleted one as it was last, with the revision of its deletion. */
  readonly object: JsonObject;
  /** The object before the change; undefined where it was added. */
  readonly previous: JsonObject | undefined;
  readonly revision: number;
};

export type Listener = (change: Change) => void;

type Objects = ReadonlyMap<string, JsonObject>;

/** Everything that is stored at one revision. It is never changed, so it may be kept and restored at will. */
export type Snapshot = {
  readonly revision: number;
  readonly objects: ReadonlyMap<Resource, Objects>;
  readonly addresses: ReadonlyMap<string, string>;
  readonly lastAddress: number;
};

// 10.96.0.0/16 is what kubeadm and others give to Services.
const NETWORK = "10.96";
const ADDRESSES = 2 ** 16;
const FIRST_ADDRESS = 10;

/**
 * The stored objects, their revisions and the watch history. Objects are frozen; the maps are copied only when
 * written to after a snapshot, so that a snapshot costs one small map whatever is stored.
 */
export class Storage {
  #revision = 1;
  #objects = new Map<Resource, Map<string, JsonObject>>();
  #addresses = new Map<string, string>();
  #lastAddress = FIRST_ADDRESS;
  #history: Change[] = [];
  #forgotten = 0;
  /** Maps that a snapshot holds, too: to be copied before they are written to. */
  readonly #shared = new WeakSet<object>();
  readonly #listeners = new Set<Listener>();
  readonly #historyLimit: number;

  constructor(historyLimit: number) {
    this.#historyLimit = historyLimit;
  }

  get revision(): number {
    return this.#revision;
  }

  get(resource: Resource, namespace: string, name: string): JsonObject | undefined {
    return this.#objects.get(resource)?.get(`${namespace}/${name}`);
  }

  /** All objects of a resource, or those in one namespace, in the order of their keys. */
  list(resource: Resource, namespace = ""): JsonObject[] {
    const keyed = [...(this.#objects.get(resource) ?? [])];
    const found = namespace === "" ? keyed : keyed.filter(([key]) => key.startsWith(`${namespace}/`));
    return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** Every stored object of a namespace, whatever its resource. */
  content(namespace: string): Array<{ resource: Resource; object: JsonObject }> {
    return [...this.#objects.keys()].flatMap((resource) =>
      this.list(resource, namespace).map((object) => ({ resource, object })),
    );
  }

  /** Stores an object under the next revision, and returns it with that as its `resourceVersion`. */
  put(resource: Resource, object: JsonObject): JsonObject {
    const key = `${namespaceOf(object)}/${nameOf(object)}`;
    const objects = this.#writable(resource);
    const previous = objects.get(key);
    const stored = this.#stamp(object);
    objects.set(key, stored);
    this.#holdAddress(resource, stored, previous);
    this.#record({
      type: previous === undefined ? "ADDED" : "MODIFIED",
      resource,
      object: stored,
      previous,
      revision: this.#revision,
    });
    return stored;
  }

  /** Removes a stored object, and returns `last` with the revision of the deletion, as those who watch see it. */
  remove(resource: Resource, last: JsonObject): JsonObject {
    const key = `${namespaceOf(last)}/${nameOf(last)}`;
    const objects = this.#writable(resource);
    const previous = objects.get(key);
    objects.delete(key);
    this.#holdAddress(resource, undefined, previous);
    const object = this.#stamp(last);
    this.#record({ type: "DELETED", resource, object, previous, revision: this.#revision });
    return object;
  }

  /** The changes after a revision; undefined where they are no longer all known. */
  changesSince(revision: number): readonly Change[] | undefined {
    if (revision < this.#forgotten) return undefined;
    const first = this.#history.findIndex((change) => change.revision > revision);
    return first < 0 ? [] : this.#history.slice(first);
  }

  /** Calls the listener after each change from now on; returns what ends that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  snapshot(): Snapshot {
    const objects = new Map(this.#objects);
    for (const map of objects.values()) this.#shared.add(map);
    this.#shared.add(this.#addresses);
    return { revision: this.#revision, objects, addresses: this.#addresses, lastAddress: this.#lastAddress };
  }

  /** Goes back (or on) to a snapshot. Nobody is told, and watches from before it cannot be resumed. */
  restore({ revision, objects, addresses, lastAddress }: Snapshot): void {
    this.#objects = new Map(objects as ReadonlyMap<Resource, Map<string, JsonObject>>);
    this.#addresses = addresses as Map<string, string>;
    this.#revision = revision;
    this.#lastAddress = lastAddress;
    this.#history = [];
    this.#forgotten = revision;
  }

  addressTaken(address: string): boolean {
    return this.#addresses.has(address);
  }

  /** The next free address. It is held from when an object that has it is stored. */
  nextAddress(): string {
    for (let tried = 0; tried < ADDRESSES; tried++) {
      const number = (this.#lastAddress + 1 + tried) % ADDRESSES;
      const address = `${NETWORK}.${number >> 8}.${number & 255}`;
      if (number >= FIRST_ADDRESS && !this.#addresses.has(address)) return address;
    }
    throw new Error(`all addresses of ${NETWORK}.0.0/16 are taken`);
  }

  #writable(resource: Resource): Map<string, JsonObject> {
    const objects = this.#objects.get(resource);
    if (objects !== undefined && !this.#shared.has(objects)) return objects;
    const copy = new Map(objects);
    this.#objects.set(resource, copy);
    return copy;
  }

  #holdAddress(resource: Resource, object: JsonObject | undefined, previous: JsonObject | undefined): void {
    const before = addressOf(resource, previous);
    const after = addressOf(resource, object);
    if (before === after) return;
    if (this.#shared.has(this.#addresses)) this.#addresses = new Map(this.#addresses);
    if (before !== undefined) this.#addresses.delete(before);
    if (after === undefined) return;
    this.#addresses.set(after, "");
    const [network, high, low] = [after.split(".", 2).join("."), ...after.split(".").slice(2).map(Number)];
    if (network === NETWORK) this.#lastAddress = (high ?? 0) * 256 + (low ?? 0);
  }

  #stamp(object: JsonObject): JsonObject {
    this.#revision += 1;
    return withMetadata(object, { resourceVersion: String(this.#revision) });
  }

  #record(change: Change): void {
    if (this.#historyLimit > 0) {
      this.#history.push(change);
      if (this.#history.length > 2 * this.#historyLimit) this.#forget();
    } else this.#forgotten = change.revision;
    for (const listener of this.#listeners) listener(change);
  }

  #forget(): void {
    const kept = this.#history.slice(-this.#historyLimit);
    this.#forgotten = (kept[0]?.revision ?? this.#revision) - 1;
    this.#history = kept;
  }
}
