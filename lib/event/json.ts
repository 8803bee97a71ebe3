/** A JSON object. Its members are read by fixed names only, never by names that were sent. */
export type JSONObject = Record<string, unknown>;

export function isObject(value: unknown): value is JSONObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether lists and objects are nested at most `depth` deep; a value that is neither has depth 0. */
export function isWithinDepth(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth === 0) return false;
  const members = Array.isArray(value) ? value : Object.values(value);
  return members.every((member) => isWithinDepth(member, depth - 1));
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
  return isClean(value) ? value : cleanedCopy(value);
}

function isClean(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object") return typeof value === "boolean" || Number.isFinite(value);
  if (Array.isArray(value)) return value.every((element) => element === null || isClean(element));
  return value !== null && isCleanObject(value as JSONObject);
}

function isCleanObject(object: JSONObject): boolean {
  for (const key of Object.keys(object)) {
    if (!key.isWellFormed() || !isClean(object[key])) return false;
  }
  return true;
}

function cleanedCopy(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map((element) => cleanedCopy(element) ?? null);
  if (isObject(value)) return cleanedObject(value);
  return isClean(value) ? value : undefined;
}

function cleanedObject(object: JSONObject): JSONObject {
  const members = Object.entries(object).map(([key, member]): [string, unknown] => [
    key.toWellFormed(),
    cleanedCopy(member),
  ]);
  // Unlike an assignment, this makes a member of its own also of a key `__proto__`.
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

/**
 * Makes a member of an object. Unlike an assignment, this makes a member of its own also of a name `__proto__`, which
 * may have been sent.
 */
export function setMember(object: JSONObject, name: string, value: unknown): void {
  if (name !== "__proto__") object[name] = value;
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Whether two JSON values are the same, whatever the order of members; several times faster than `isDeepStrictEqual`. */
export function isSameJSON(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && isSameList(a, b);
  return isObject(a) && isObject(b) && isSameObject(a, b);
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((element, index) => isSameJSON(element, b[index]));
}

function isSameObject(a: JSONObject, b: JSONObject): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSameJSON(a[name], b[name]))
  );
}

/** The names on the way that a JSON pointer shows (RFC 6901): `["domain", "id"]` for `/domain/id`. */
export function pointerPath(pointer: string): string[] {
  const segments = pointer.split("/").slice(1);
  return segments.map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}
