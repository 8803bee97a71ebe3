/**
 * The rules for the parts of a Kubernetes endpoint's URL, each returning the problems it sees:
 *
 * | part   | rule                                                                       |
 * | ------ | -------------------------------------------------------------------------- |
 * | scheme | `http` or `tcp`; from `proto` or `scheme` where the URL has none           |
 * | host   | two labels; the first can name a Service, the second a Namespace           |
 * | port   | 1 to 65535, no leading zero; `tcp` needs one, `http` has 80 without        |
 * | else   | no user info, path (a lone `/` too), query or fragment                     |
 */
import { MAX_LABEL_LENGTH } from "../settings/limits.ts";
import { foldASCII, isDNS1035Label, isDNS1123Label } from "./label.ts";
import { type Problem, quote } from "./problem.ts";
import type { Scheme, SchemeField, URLParts } from "./url.ts";

/** The scheme where URL and fields agree on one that is supported, and what is wrong where they do not. */
export function schemeProblems(
  inURL: string | undefined,
  at: string,
  fields: readonly SchemeField[],
): { scheme: Scheme | undefined; problems: Problem[] } {
  const given = fields.filter(({ value }) => value !== undefined && value !== null && value !== "");
  const supported = inURL === undefined ? undefined : asScheme(inURL);
  // Nearly always whoever else names the scheme names the same.
  if (supported !== undefined && given.every(({ value }) => value === supported)) {
    return { scheme: supported, problems: [] };
  }
  const texts = given.filter((field): field is NamedScheme => typeof field.value === "string");
  const problems = given.filter((field) => !texts.includes(field as NamedScheme)).map(schemeNotString);
  const named = texts.map((field) => ({ at: field.at, value: foldASCII(field.value) }));
  if (inURL !== undefined) named.unshift({ at, value: inURL });
  const [first, ...others] = named;
  if (first === undefined)
    return { scheme: undefined, problems: problems[0] ? problems : [schemeMissing(at)] };
  const scheme = asScheme(first.value);
  if (scheme === undefined) problems.push(schemeNotSupported(first));
  for (const other of others) if (other.value !== first.value) problems.push(disagree(first, other));
  return { scheme, problems };
}

type NamedScheme = { readonly at: string; readonly value: string };

function asScheme(text: string): Scheme | undefined {
  return text === "http" || text === "tcp" ? text : undefined;
}

function schemeNotString(field: SchemeField): Problem {
  const message = `the scheme is ${quote(field.value)}, not a string; it must be "http" or "tcp"`;
  return { at: field.at, reason: "SchemeNotString", message };
}

function schemeMissing(at: string): Problem {
  const message =
    "the URL has no scheme, and neither proto nor scheme supplies one; it must start with http:// or tcp://";
  return { at, reason: "SchemeMissing", message };
}

function schemeNotSupported(named: NamedScheme): Problem {
  const hint = named.value === "https" || named.value === "tls" ? ", https and tls are not supported" : "";
  const message = `invalid scheme ${quote(named.value)}: it must be http or tcp${hint}`;
  return { at: named.at, reason: "SchemeNotSupported", message };
}

function disagree(first: NamedScheme, other: NamedScheme): Problem {
  const message = `the scheme here is ${quote(other.value)}, in ${first.at} it is ${quote(first.value)}; they must be the same`;
  return { at: other.at, reason: "SchemesDisagree", message };
}

/** What is wrong with the host name. */
export function hostProblems(parts: URLParts, at: string): Problem[] {
  const { host } = parts;
  const right = "it must be two parts separated by a single dot, name.namespace";
  const invalid = (reason: string, why: string): Problem[] => [
    { at, reason, message: `invalid hostname ${quote(host)}: ${why}; ${right}` },
  ];
  if (host === "") return invalid("HostnameMissing", "it is empty");
  if (host.startsWith("[")) return invalid("HostnameIsAddress", "an IP address names no Service");
  if (host.includes("*")) return invalid("HostnameWildcard", "wildcards are not allowed");
  const labels = host.split(".");
  if (labels.length === 4 && labels.every((label) => /^\d+$/.test(label))) {
    return invalid("HostnameIsAddress", "an IP address names no Service");
  }
  if (labels.length !== 2) return invalid("HostnameNotTwoParts", `it has ${countParts(labels)}`);
  const [name = "", namespace = ""] = labels;
  return [...nameProblems(name, at), ...namespaceProblems(namespace, at)];
}

function countParts(labels: string[]): string {
  if (labels.length === 1) return "one part";
  return labels.at(-1) === "" ? "a trailing dot" : `${labels.length} parts`;
}

function nameProblems(name: string, at: string): Problem[] {
  if (isDNS1035Label(name)) return [];
  const message =
    `invalid name ${quote(name)}: the first part of the hostname names a Service, so it must be 1 to ` +
    `${MAX_LABEL_LENGTH} letters a-z, digits and hyphens, start with a letter and not end with a hyphen`;
  return [{ at, reason: "NameInvalid", message }];
}

function namespaceProblems(namespace: string, at: string): Problem[] {
  if (isDNS1123Label(namespace)) return [];
  const message =
    `invalid namespace ${quote(namespace)}: the second part of the hostname names a Namespace, so it must be 1 to ` +
    `${MAX_LABEL_LENGTH} letters a-z, digits and hyphens, and neither start nor end with a hyphen`;
  return [{ at, reason: "NamespaceInvalid", message }];
}

/** What is wrong with the port: the text after the colon, absent where there is no colon. */
export function portProblems(port: string | undefined, scheme: Scheme | undefined, at: string): Problem[] {
  if (port === undefined) return scheme === "tcp" ? [portMissing(at)] : [];
  const right = "it must be a number from 1 to 65535, without leading zeros";
  if (!/^(0|[1-9][0-9]*)$/.test(port)) {
    return [{ at, reason: "PortInvalid", message: `invalid port ${quote(port)}: ${right}` }];
  }
  // Five digits are compared as a number; more are out of range whatever a number would make of them.
  if (port.length > 5 || Number(port) < 1 || Number(port) > 65_535) {
    return [{ at, reason: "PortOutOfRange", message: `port ${quote(port)} is out of range: ${right}` }];
  }
  return [];
}

function portMissing(at: string): Problem {
  const message = "a tcp endpoint must specify a port number from 1 to 65535, as in tcp://name.namespace:443";
  return { at, reason: "PortMissing", message };
}

/** What is wrong because it is there at all. */
export function trailingProblems(parts: URLParts, at: string): Problem[] {
  const problems: Problem[] = [];
  if (parts.rest === "" && parts.userInfo === undefined) return problems;
  const extra = (reason: string, what: string): void => {
    problems.push({
      at,
      reason,
      message: `the URL has ${what}; it must be [http|tcp]://name.namespace[:port] alone`,
    });
  };
  // The password is not repeated: problems are logged and stored.
  if (parts.userInfo !== undefined) extra("UserInfoNotAllowed", "user info before an @");
  const [, path = "", query, fragment] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(parts.rest) ?? [];
  if (path !== "") extra("PathNotAllowed", `the path ${quote(path)}`);
  if (query !== undefined) extra("QueryNotAllowed", "a query");
  if (fragment !== undefined) extra("FragmentNotAllowed", "a fragment");
  return problems;
}
