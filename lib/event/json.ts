/** A JSON object. Its members are read by fixed names only, never by names that were sent. */
export type JSONObject = Record<string, unknown>;

export function isObject(value: unknown): value is JSONObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether lists and objects are nested at most `depth` deep; a value that is neither has depth 0. */
export function isWithinDepth(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isWithinDepth(member, depth - 1));
}

/**
 * A value that the API server stores and gives back as it is, so that what was written can be compared with what is
 * there: without members that are null (in a merge patch they would mean "delete this") or numbers that JSON has no
 * text for (`1e999`), and with lone surrogates, which UTF-8 cannot carry, replaced by U+FFFD. The very value that was
 * passed in where it is such already, as nearly all are; else a copy.
 *
 * @param value a parsed JSON value, within some depth (see `isWithinDepth`)
 */
export function cleaned(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return cleanedArray(value);
  if (isObject(value)) return cleanedObject(value);
  if (typeof value === "boolean" || Number.isFinite(value)) return value;
  return undefined;
}

function cleanedArray(array: readonly unknown[]): readonly unknown[] {
  const elements = array.map((element) => cleaned(element) ?? null);
  return elements.every((element, index) => element === array[index]) ? array : elements;
}

function cleanedObject(object: JSONObject): JSONObject {
  const keys = Object.keys(object);
  const members = keys.map((key) => cleaned(object[key]));
  if (keys.every((key, index) => members[index] === object[key] && key.isWellFormed())) return object;
  const kept = keys.map((key, index): [string, unknown] => [key.toWellFormed(), members[index]]);
  // Unlike an assignment, this makes a member of its own also of a key `__proto__`.
  return Object.fromEntries(kept.filter(([, member]) => member !== undefined));
}

/** The names on the way that a JSON pointer shows (RFC 6901): `["domain", "id"]` for `/domain/id`. */
export function pointerPath(pointer: string): string[] {
  const segments = pointer.split("/").slice(1);
  return segments.map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}
