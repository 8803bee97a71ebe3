/**
 * CloudEvents 1.0 over HTTP (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md):
 * in binary mode the attributes are headers and the body is the data, in structured mode the body is the whole event.
 */
import { type Problem, quote } from "../endpoint/problem.ts";
import { MAX_JSON_DEPTH } from "../settings/limits.ts";
import { cleaned, isObject, isWithinDepth, type JSONObject } from "./json.ts";
import { isNgrokEvent, readNgrokEvent } from "./ngrok-event.ts";
import { EVENT_TYPES, kindOf, type Placed, placedText, placeIn, type Reading, textOf } from "./reading.ts";
import { validate } from "./validate.ts";

type Headers = Readonly<Record<string, string | undefined>>;
type Attributes = { readonly values: JSONObject; readonly placeOf: (name: string) => string };

/** Whether the headers are those of an event in binary mode, well-formed or not. */
export function isBinaryMode(headers: Headers): boolean {
  return ["ce-specversion", "ce-type", "ce-id"].some((name) => headers[name] !== undefined);
}

/** @param body the data; undefined where there is none */
export function readBinaryMode(headers: Headers, contentType: string | undefined, body: unknown): Reading {
  const values: JSONObject = {};
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith("ce-") || value === undefined) continue;
    const decoded = decodeHeader(value);
    if (decoded === undefined) problems.push(badEncoding(`headers.${name}`, value));
    else values[name.slice(3)] = decoded;
  }
  if (body !== undefined && contentType !== undefined) values.datacontenttype = contentType;
  const placeOf = (name: string) =>
    name === "datacontenttype" ? "headers.content-type" : `headers.ce-${name}`;
  return readEvent({ values, placeOf }, { at: "", value: body }, problems);
}

/** @param place of the event in what was sent; empty where it is the body, `[2]` in a batch */
export function readStructuredMode(event: JSONObject, place: string): Reading {
  const placeOf = (name: string) => placeIn(place, [name]);
  if (event.data !== undefined || event.data_base64 === undefined) {
    return readEvent({ values: event, placeOf }, { at: placeOf("data"), value: event.data }, []);
  }
  const data = fromBase64(event.data_base64);
  const problems = data === undefined ? [badBase64(placeOf("data_base64"))] : [];
  return readEvent({ values: event, placeOf }, { at: placeOf("data_base64"), value: data }, problems);
}

/** Where the data is a whole event of ngrok's, what that says counts, and the CloudEvent fills in what it does not. */
function readEvent(attributes: Attributes, data: Placed<unknown>, found: Problem[]): Reading {
  const { values, placeOf } = attributes;
  const invalid = validate("cloudEvent", values, ([name = ""]) => placeOf(name));
  const outer = {
    // What could not be read has been reported, and is not missing as well.
    problems: [...found, ...invalid.filter(({ at }) => !found.some((problem) => problem.at === at))],
    time: placedText(placeOf("time"), values.time),
    eventId: textOf(values.id),
    subject: placedText(placeOf("subject"), values.subject),
  };
  const account = accountOf(attributes);
  outer.problems.push(...account.problems);
  if (!isNgrokEvent(data.value)) {
    const kind = kindOf(values.type);
    if (kind === undefined && typeof values.type === "string") {
      outer.problems.push(unknownType(placeOf("type"), values.type));
    }
    return { ...outer, kind, account: account.value, endpoint: data };
  }
  const inner = readNgrokEvent(data.value, data.at);
  return {
    problems: [...outer.problems, ...inner.problems],
    kind: inner.kind,
    time: inner.time ?? outer.time,
    eventId: inner.eventId ?? outer.eventId,
    account: inner.account ?? account.value,
    subject: outer.subject,
    endpoint: inner.endpoint,
  };
}

/** The account, from the extension `accountid` or from a `source` such as `https://api.ngrok.com/accounts/ac_...`. */
function accountOf({ values, placeOf }: Attributes): { value: string | undefined; problems: Problem[] } {
  const extension = textOf(values.accountid);
  const inSource = /(?:^|\/)accounts\/([^/?#]+)/.exec(textOf(values.source) ?? "")?.[1];
  if (extension === undefined || inSource === undefined || extension === inSource) {
    return { value: extension ?? inSource, problems: [] };
  }
  const message =
    `accountid is ${quote(extension)}, but source names the account ${quote(inSource)}; they must be the same, ` +
    "or one of them absent";
  return { value: undefined, problems: [{ at: placeOf("accountid"), reason: "AccountsDisagree", message }] };
}

/**
 * The value of a header as section 3.1.3.2 has it: quotes, which older senders set, are taken off, then what is
 * percent-encoded is decoded once. Undefined where that yields no UTF-8.
 */
function decodeHeader(value: string): string | undefined {
  const quoted = /^\s*"((?:[^"\\]|\\.)*)"\s*$/s.exec(value)?.[1];
  const text = quoted === undefined ? value : quoted.replace(/\\(.)/gs, "$1");
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function badEncoding(at: string, value: string): Problem {
  const message = `${quote(value)} is not percent-encoded UTF-8; a % itself must be written %25`;
  return { at, reason: "NotPercentEncoded", message };
}

function unknownType(at: string, type: string): Problem {
  const message = `${quote(type)} is not known; it must be one of ${EVENT_TYPES.map((known) => quote(known)).join(", ")}`;
  return { at, reason: "NotSupported", message };
}

function fromBase64(text: unknown): unknown {
  // Buffer skips what is not base64 instead of refusing it.
  if (
    typeof text !== "string" ||
    !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
  )
    return undefined;
  try {
    const bytes = Buffer.from(text, "base64");
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isWithinDepth(value, MAX_JSON_DEPTH) && isObject(value) ? cleaned(value) : undefined;
  } catch {
    return undefined;
  }
}

function badBase64(at: string): Problem {
  const message = `it must be a JSON object in base64, nested at most ${MAX_JSON_DEPTH} deep`;
  return { at, reason: "NotJSON", message };
}
