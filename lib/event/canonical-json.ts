/**
 * The one text of a JSON value whatever the order of its keys: what is hashed and compared.
 *
 * Keys are sorted by UTF-16 code units, numbers and strings written as `JSON.stringify` does (so do RFC 8785). Members
 * that JSON has no value for (undefined, functions) are left out, as there.
 *
 * @param value a JSON value, nested no deeper than the stack allows (events: `MAX_JSON_DEPTH`)
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const object = value as Record<string, unknown>;
  let text = "";
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member === undefined || typeof member === "function" || typeof member === "symbol") continue;
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}
