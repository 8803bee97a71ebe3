import type { JsonObject } from "../../lib/embedded/json.ts";
import type { Store } from "../../lib/embedded/store.ts";

/** What differs between two clusters that came to the same objects at other times or by other ways. */
const ACCIDENTAL = new Set([
  "clusterIP",
  "clusterIPs",
  "creationTimestamp",
  "emptySince",
  "lastTransitionTime",
  "leftAt",
  "resourceVersion",
  "uid",
  "writtenAt",
]);

/**
 * A number for all that is in a store: the exclusive or of one for each object (Zobrist), so that a write changes it at
 * the cost of that object alone. Two stores with the same objects have the same, whatever way they came there.
 */
export class Fingerprint {
  value = 0;

  constructor(store: Store) {
    store.subscribe(({ type, object, previous }) => {
      if (previous !== undefined) this.value ^= hashOf(previous);
      if (type !== "DELETED") this.value ^= hashOf(object);
    });
  }
}

const known = new WeakMap<JsonObject, number>();

function hashOf(object: JsonObject): number {
  const hash =
    known.get(object) ??
    hashOfText(JSON.stringify(object, (key, value) => (ACCIDENTAL.has(key) ? 0 : value)));
  known.set(object, hash);
  return hash;
}

/** FNV-1a. */
export function hashOfText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}
