import { setMember } from "../event/json.ts";
import type { Draft, JsonObject } from "./json.ts";

// `kubectl create namespace` and `kubectl create service` send protocol buffers and nothing else, so the messages of
// these two kinds can be read. Field numbers: generated.proto of k8s.io/api core/v1 and of k8s.io/apimachinery.
// https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding

export const PROTOBUF = "application/vnd.kubernetes.protobuf";

const MAGIC = Buffer.from("k8s\0", "latin1");

type Field = {
  readonly name: string;
  readonly type: "string" | "number" | "boolean" | "map" | "port" | Message;
  readonly repeated?: true;
};
type Message = { readonly [number: number]: Field };

const text = (name: string): Field => ({ name, type: "string" });
const texts = (name: string): Field => ({ name, type: "string", repeated: true });
const map = (name: string): Field => ({ name, type: "map" });

const METADATA: Message = {
  1: text("name"),
  2: text("generateName"),
  3: text("namespace"),
  11: map("labels"),
  12: map("annotations"),
  14: texts("finalizers"),
};

const SERVICE_PORT: Message = {
  1: text("name"),
  2: text("protocol"),
  3: { name: "port", type: "number" },
  4: { name: "targetPort", type: "port" },
  6: text("appProtocol"),
};

const CLIENT_IP: Message = { 1: { name: "timeoutSeconds", type: "number" } };

const SERVICE_SPEC: Message = {
  1: { name: "ports", type: SERVICE_PORT, repeated: true },
  2: map("selector"),
  3: text("clusterIP"),
  4: text("type"),
  7: text("sessionAffinity"),
  10: text("externalName"),
  13: { name: "publishNotReadyAddresses", type: "boolean" },
  14: { name: "sessionAffinityConfig", type: { 1: { name: "clientIP", type: CLIENT_IP } } },
  17: text("ipFamilyPolicy"),
  18: texts("clusterIPs"),
  19: texts("ipFamilies"),
  22: text("internalTrafficPolicy"),
};

const KINDS: { readonly [kind: string]: Message } = {
  Namespace: {
    1: { name: "metadata", type: METADATA },
    2: { name: "spec", type: { 1: texts("finalizers") } },
  },
  Service: { 1: { name: "metadata", type: METADATA }, 2: { name: "spec", type: SERVICE_SPEC } },
};

const TYPE_META: Message = { 1: text("apiVersion"), 2: text("kind") };

/** Reads an object in Kubernetes' envelope; undefined where it is of a kind that nobody sends like this. */
export function fromProtobuf(bytes: Buffer): JsonObject | undefined {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const parts = [...fieldsOf(bytes.subarray(MAGIC.length))];
  const typeMeta = messageOf(bytesOf(parts, 1), TYPE_META);
  const message = KINDS[String(typeMeta.kind)];
  return message === undefined ? undefined : { ...typeMeta, ...messageOf(bytesOf(parts, 2), message) };
}

type Part = { readonly number: number; readonly value: number | Buffer };

function bytesOf(parts: readonly Part[], number: number): Buffer {
  const found = parts.find((part) => part.number === number)?.value;
  return Buffer.isBuffer(found) ? found : Buffer.alloc(0);
}

/** The fields of a message as they are on the wire. Kubernetes uses varints and strings of bytes only. */
function* fieldsOf(bytes: Buffer): Generator<Part> {
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at);
    const head = varint(bytes, tag.next);
    const wireType = tag.value & 7;
    if (wireType !== 0 && wireType !== 2)
      throw new RangeError(`there is no wire type ${wireType} in Kubernetes' messages`);
    at = wireType === 0 ? head.next : head.next + head.value;
    if (at > bytes.length) throw new RangeError("the message ends too early");
    yield { number: tag.value >>> 3, value: wireType === 0 ? head.value : bytes.subarray(head.next, at) };
  }
}

function varint(bytes: Buffer, start: number): { value: number; next: number } {
  let value = 0n;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    value |= BigInt(byte & 127) << BigInt(7 * (at - start));
    if (byte < 128) return { value: Number(BigInt.asIntN(64, value)), next: at + 1 };
  }
  throw new RangeError("the message ends too early");
}

function messageOf(bytes: Buffer, message: Message): Draft {
  const result: Draft = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const field = message[number];
    if (field !== undefined) addTo(result, field, value);
  }
  return result;
}

function addTo(result: Draft, { name, type, repeated }: Field, value: number | Buffer): void {
  if (type === "map") {
    const { key, value: text } = messageOf(value as Buffer, ENTRY);
    const entries = (result[name] ?? {}) as Draft;
    setMember(entries, String(key ?? ""), text ?? "");
    result[name] = entries;
  } else if (repeated) result[name] = [...((result[name] ?? []) as unknown[]), decoded(type, value)];
  else result[name] = decoded(type, value);
}

const ENTRY: Message = { 1: text("key"), 2: text("value") };
const INT_OR_STRING: Message = {
  1: { name: "isText", type: "boolean" },
  2: { name: "number", type: "number" },
  3: text("text"),
};

function decoded(type: Exclude<Field["type"], "map">, value: number | Buffer): unknown {
  if (type === "number") return value;
  if (type === "boolean") return value !== 0;
  const bytes = value as Buffer;
  if (type === "string") return bytes.toString("utf8");
  if (type !== "port") return messageOf(bytes, type);
  const { isText, number, text } = messageOf(bytes, INT_OR_STRING);
  return isText === true ? text : number;
}
