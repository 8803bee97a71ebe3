import { setMember } from "../event/json.ts";
import { type Draft, isObject } from "./json.ts";
import type { Schema } from "./schema.ts";

/** A body that does not fit its Go struct. The message is that of Go's JSON decoder, as the API server shows it. */
export class DecodeError extends Error {}

/**
 * Decodes a JSON value as the API server's Go structs do: fields that the struct lacks are dropped (their paths
 * are added to `unknown`), a value of the wrong type is a `DecodeError`, and what `omitempty` leaves out is left
 * out. The result is frozen and shares nothing with the input. `undefined` means: leave the field out.
 */
export type Decoder = (value: unknown, unknown: string[]) => unknown;

/** Compiles a schema into a decoder; `field` is what an error calls the place (`ServicePort.spec.ports.port`). */
export function compileDecoder(schema: Schema, field = ""): Decoder {
  if (schema["x-kubernetes-int-or-string"]) return intOrString(field);
  if (schema.type === "array") return list(schema.items ?? {}, field);
  if (schema.properties !== undefined) return struct(schema, field);
  if (schema.type === "object") return map(schema.additionalProperties, field);
  return scalar(schema, field);
}

function struct(schema: Schema, field: string): Decoder {
  const properties = new Map<string, { decode: Decoder; fallback: unknown }>();
  const path = field.replace(/^[^.]*\.?/, "");
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const place = `${schema.title ?? ""}.${path === "" ? name : `${path}.${name}`}`;
    const fallback = "default" in property ? emptyOf(property) : undefined;
    properties.set(name, { decode: compileDecoder(property, place), fallback });
  }
  const fallbacks = [...properties].filter(([, { fallback }]) => fallback !== undefined);
  const complete = (out: Draft) => {
    for (const [key, { fallback }] of fallbacks) if (!(key in out)) out[key] = fallback;
    return Object.freeze(out);
  };

  return (value, unknown) => {
    if (value === null || value === undefined) return undefined;
    if (!isObject(value)) throw mismatch(value, goTypeOf(schema), field);
    const out: Draft = {};
    for (const key of Object.keys(value)) {
      const property = properties.get(key);
      if (property === undefined) unknown.push(key);
      else decodeInto(out, key, property.decode, value[key], unknown);
    }
    return complete(out);
  };
}

/** Structs that Go holds by value are always written, as are the few fields without `omitempty`. */
function emptyOf(property: Schema): unknown {
  if (property.properties === undefined) return property.default;
  return compileDecoder(property)({}, []);
}

function decodeInto(out: Draft, key: string, decode: Decoder, value: unknown, unknown: string[]): void {
  const before = unknown.length;
  const decoded = decode(value, unknown);
  if (decoded !== undefined) setMember(out, key, decoded);
  for (let i = before; i < unknown.length; i++) unknown[i] = join(key, unknown[i] ?? "");
}

function join(key: string, rest: string): string {
  return rest.startsWith("[") ? key + rest : `${key}.${rest}`;
}

function map(values: Schema | boolean | undefined, field: string): Decoder {
  const decode = typeof values === "object" ? compileDecoder(values, field) : (value: unknown) => value;
  return (value, unknown) => {
    if (value === null || value === undefined) return undefined;
    if (!isObject(value)) throw mismatch(value, "map[string]string", field);
    const keys = Object.keys(value);
    if (keys.length === 0) return undefined;
    const out: Draft = {};
    for (const key of keys) setMember(out, key, decode(value[key], unknown) ?? "");
    return Object.freeze(out);
  };
}

function list(items: Schema, field: string): Decoder {
  const decode = compileDecoder(items, field);
  return (value, unknown) => {
    if (value === null || value === undefined) return undefined;
    if (!Array.isArray(value)) throw mismatch(value, `[]${goTypeOf(items)}`, field);
    if (value.length === 0) return undefined;
    return Object.freeze(
      value.map((item, index) => {
        const before = unknown.length;
        const decoded = decode(item, unknown) ?? (items.properties === undefined ? "" : {});
        for (let i = before; i < unknown.length; i++) unknown[i] = join(`[${index}]`, unknown[i] ?? "");
        return decoded;
      }),
    );
  };
}

const INTEGER_BOUNDS: Record<string, number> = { int32: 2 ** 31, int64: 2 ** 63 };

function scalar(schema: Schema, field: string): Decoder {
  if (schema.type === "integer") return integerField(schema, field);
  if (schema.type === "boolean") return plainField(schema, "boolean", "bool", field);
  return plainField(schema, "string", goTypeOf(schema), field);
}

function integerField(schema: Schema, field: string): Decoder {
  const goType = schema.format ?? "int64";
  const bound = INTEGER_BOUNDS[goType] ?? 0;
  return (value) => {
    if (value === null || value === undefined) return undefined;
    return integer(value, bound, goType, field) || keptZero(schema, 0);
  };
}

function plainField(schema: Schema, type: string, goType: string, field: string): Decoder {
  return (value) => {
    if (value === null || value === undefined) return undefined;
    const found: string = typeof value;
    if (found !== type) throw mismatch(value, goType, field);
    if (schema.format !== undefined) checkTime(String(value), schema.format);
    return value || keptZero(schema, value);
  };
}

/** `omitempty` leaves out a zero value, unless Go holds the field as a pointer. */
function keptZero(schema: Schema, zero: unknown): unknown {
  return schema.nullable ? zero : undefined;
}

function integer(value: unknown, bound: number, goType: string, field: string): number {
  if (typeof value !== "number") throw mismatch(value, goType, field);
  if (!Number.isInteger(value) || value >= bound || value < -bound) {
    throw new DecodeError(
      `json: cannot unmarshal number ${value} into Go struct field ${field} of type ${goType}`,
    );
  }
  return value;
}

function intOrString(field: string): Decoder {
  return (value) => {
    if (value === null || value === undefined) return undefined;
    return typeof value === "string" ? value : integer(value, INTEGER_BOUNDS.int32 ?? 0, "int32", field);
  };
}

const TIMES: Record<string, { pattern: RegExp; layout: string }> = {
  "date-time": {
    pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
    layout: "2006-01-02T15:04:05Z07:00",
  },
  "micro-time": {
    pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/,
    layout: "2006-01-02T15:04:05.000000Z07:00",
  },
};

function checkTime(text: string, format: string): void {
  const time = TIMES[format];
  if (time === undefined || (time.pattern.test(text) && !Number.isNaN(Date.parse(text)))) return;
  throw new DecodeError(
    `parsing time ${JSON.stringify(text)} as "${time.layout}": cannot parse ${JSON.stringify(text)} as "2006"`,
  );
}

function mismatch(value: unknown, goType: string, field: string): DecodeError {
  return new DecodeError(
    `json: cannot unmarshal ${jsonTypeOf(value)} into Go struct field ${field} of type ${goType}`,
  );
}

/** Structs and named strings have titles: all are of packages that are imported as v1. */
function goTypeOf({ title, type }: Schema): string {
  return title === undefined ? (type ?? "") : `v1.${title}`;
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
