/** What selectors can say about an endpoint: the fields of `endpoint` in CEL, and their values. */
import type { CelInput } from "@bufbuild/cel";
import { create } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { Endpoint } from "../../schemas/types.ts";
import type { EndpointURL } from "../endpoint/url.ts";
import { fractionOf, type Instant, parseInstant, unixMillis } from "../event/instant.ts";
import { isObject, type JSONObject } from "../event/json.ts";

/** The type of a field; an object for a field with fields of its own. */
export type FieldType = "string" | "int" | "bool" | "timestamp" | "strings" | Fields;
export type Fields = { readonly [name: string]: FieldType };

const REFERENCE: Fields = { id: "string", uri: "string" };

/**
 * The fields of `endpoint`. `name`, `namespace`, `port` and `scheme` are those of the URL, in lower case; `url` is the
 * URL as it was sent; the others are the Endpoint object's.
 */
export const ENDPOINT_FIELDS: Fields = {
  url: "string",
  id: "string",
  type: "string",
  bindings: "strings",
  name: "string",
  namespace: "string",
  port: "int",
  scheme: "string",
  created_at: "timestamp",
  description: "string",
  domain: REFERENCE,
  host: "string",
  hostport: "string",
  metadata: "string",
  pooling_enabled: "bool",
  principal: REFERENCE,
  proto: "string",
  public_url: "string",
  region: "string",
  updated_at: "timestamp",
  uri: "string",
};

/** An endpoint as the expressions see it. */
export type SelectorInput = {
  /** Every field; one that the endpoint lacks has the zero value of its type, a time that of 1970. */
  readonly endpoint: ReadonlyMap<string, CelInput>;
  /** Paths of the fields that the endpoint does have, `domain.id`: what `has` asks. */
  readonly given: ReadonlyMap<string, CelInput>;
};

export function selectorInput(endpoint: Endpoint, url: EndpointURL): SelectorInput {
  const { name, namespace, port, scheme } = url;
  const sent = endpoint.url || endpoint.public_url;
  const given = new Map<string, CelInput>();
  const values = { ...endpoint, url: sent, name, namespace, port, scheme };
  return { endpoint: toMap(values, ENDPOINT_FIELDS, "", given), given };
}

function toMap(
  values: JSONObject,
  fields: Fields,
  prefix: string,
  given: Map<string, CelInput>,
): Map<string, CelInput> {
  const map = new Map<string, CelInput>();
  for (const [name, type] of Object.entries(fields)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    const path = prefix + name;
    const known = typeof type === "object" ? toMember(value, type, path, given) : toCel(type, value);
    if (known !== undefined) given.set(path, true);
    map.set(name, known ?? zeroOf(type));
  }
  return map;
}

function toMember(
  value: unknown,
  fields: Fields,
  path: string,
  given: Map<string, CelInput>,
): CelInput | undefined {
  return isObject(value) ? toMap(value, fields, `${path}.`, given) : undefined;
}

function zeroOf(type: FieldType): CelInput {
  if (typeof type === "object") return toMap({}, type, "", new Map());
  return type === "timestamp" ? create(TimestampSchema) : ZERO[type];
}

type ScalarType = Exclude<FieldType, Fields>;

const ZERO: { readonly [type in Exclude<ScalarType, "timestamp">]: CelInput } = {
  string: "",
  int: 0n,
  bool: false,
  strings: [],
};

function toCel(type: ScalarType, value: unknown): CelInput | undefined {
  switch (type) {
    case "string":
      return typeof value === "string" ? value : undefined;
    case "int":
      return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
    case "bool":
      return typeof value === "boolean" ? value : undefined;
    case "strings":
      return Array.isArray(value) ? value.filter((element) => typeof element === "string") : undefined;
    case "timestamp": {
      const instant = typeof value === "string" ? parseInstant(value) : undefined;
      return instant && toTimestamp(instant);
    }
  }
}

function toTimestamp(instant: Instant): Timestamp {
  const seconds = BigInt(Math.floor(unixMillis(instant) / 1000));
  return create(TimestampSchema, { seconds, nanos: Number(fractionOf(instant).slice(0, 9).padEnd(9, "0")) });
}
