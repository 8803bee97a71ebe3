/**
 * URLs of Kubernetes endpoints: `[http|tcp]://name.namespace[:port]`
 * (https://ngrok.com/docs/universal-gateway/bindings/ and its page on Kubernetes endpoints).
 *
 * The WHATWG `URL` class is of no use here: it drops the default port, does not fold the case of `tcp:` hosts, makes
 * an IP address of `10.5`, and forgives what has to be an error.
 */
import { foldASCII } from "./label.ts";
import { type Problem, quote } from "./problem.ts";
import { hostProblems, portProblems, schemeProblems, trailingProblems } from "./url-rules.ts";

export type Scheme = "http" | "tcp";

/** A URL that is within the rules. Made by `parseEndpointURL` alone. */
export type EndpointURL = {
  readonly scheme: Scheme;
  /** The Service: first part of the host name, a DNS-1035 label. */
  readonly name: string;
  /** The Namespace: second part of the host name, a DNS-1123 label. */
  readonly namespace: string;
  /** 1 to 65535. */
  readonly port: number;
  /** `name.namespace` */
  readonly host: string;
  /** `scheme://name.namespace:port`, in lower case, the port always there. */
  readonly canonical: string;
};

export type ParsedURL = { ok: true; url: EndpointURL } | { ok: false; problems: Problem[] };

/** A field that names a scheme beside the URL: the Endpoint object's `proto` and `scheme`. */
export type SchemeField = { readonly at: string; readonly value: unknown };

/**
 * Parses a URL and says everything that is wrong with it at once. Never throws.
 *
 * @param at where the URL was, for the problems
 * @param scheme what supplies the scheme where the URL has none; it must not contradict one that is there
 */
export function parseEndpointURL(input: unknown, at: string, scheme?: unknown): ParsedURL {
  return parseWithSchemes(input, at, [{ at, value: scheme }]);
}

/** The same for several fields that name the scheme, each with its own place for the problems. */
export function parseWithSchemes(input: unknown, at: string, fields: readonly SchemeField[]): ParsedURL {
  if (typeof input !== "string" || input === "") return { ok: false, problems: [noText(input, at)] };
  const parts = split(input);
  const { scheme, problems } = schemeProblems(parts.scheme, at, fields);
  problems.push(
    ...hostProblems(parts, at),
    ...portProblems(parts.port, scheme, at),
    ...trailingProblems(parts, at),
  );
  if (problems.length > 0 || scheme === undefined) return { ok: false, problems };
  const [name = "", namespace = ""] = parts.host.split(".");
  const port = parts.port === undefined ? DEFAULT_HTTP_PORT : Number(parts.port);
  const canonical = formatEndpointURL({ scheme, name, namespace, port });
  return { ok: true, url: { scheme, name, namespace, port, host: parts.host, canonical } };
}

/** The canonical form, `scheme://name.namespace:port`: what is hashed, compared and stored. */
export function formatEndpointURL(url: Pick<EndpointURL, "scheme" | "name" | "namespace" | "port">): string {
  return `${url.scheme}://${url.name}.${url.namespace}:${url.port}`;
}

const DEFAULT_HTTP_PORT = 80;

/** A URL cut at its delimiters, nothing judged yet. Scheme and host are in lower case. */
export type URLParts = {
  readonly scheme: string | undefined;
  readonly userInfo: string | undefined;
  readonly host: string;
  readonly port: string | undefined;
  /** Path, query and fragment. */
  readonly rest: string;
};

function split(input: string): URLParts {
  const [scheme, afterScheme] = cutScheme(input);
  const end = afterScheme.search(/[/?#]/);
  const authority = end < 0 ? afterScheme : afterScheme.slice(0, end);
  const rest = end < 0 ? "" : afterScheme.slice(end);
  const at = authority.lastIndexOf("@");
  const userInfo = at < 0 ? undefined : authority.slice(0, at);
  const [host, port] = cutPort(authority.slice(at + 1));
  return { scheme: scheme && foldASCII(scheme), userInfo, host: foldASCII(host), port, rest };
}

function cutScheme(input: string): [string | undefined, string] {
  const end = input.indexOf("://");
  // In `app.example/x://y` the `://` belongs to the path.
  if (end < 0 || /[/?#@]/.test(input.slice(0, end))) return [undefined, input];
  return [input.slice(0, end), input.slice(end + 3)];
}

function cutPort(hostAndPort: string): [string, string | undefined] {
  const start = hostAndPort.startsWith("[") ? hostAndPort.indexOf("]") + 1 : 0;
  const colon = hostAndPort.indexOf(":", start);
  return colon < 0 ? [hostAndPort, undefined] : [hostAndPort.slice(0, colon), hostAndPort.slice(colon + 1)];
}

function noText(input: unknown, at: string): Problem {
  const right = "a Kubernetes endpoint needs a URL of the form [http|tcp]://name.namespace[:port]";
  return input === undefined || input === null || input === ""
    ? { at, reason: "URLMissing", message: `there is no URL; ${right}` }
    : { at, reason: "URLNotString", message: `the URL is ${quote(input)}, not a string; ${right}` };
}
