/**
 * Whether an endpoint is bound here, and if not, why. An ordered list of judges, each of which returns a reason or
 * nothing; the first reason counts:
 *
 * 1. binding: the endpoint has the binding `kubernetes`, else it is excluded
 * 2. URL: within the rules, else it is rejected, with everything that is wrong
 * 3. namespace: allowed and not denied, else it is excluded
 * 4. selectors: one of them selects it, else it is excluded
 *
 * Excluded means: not for this cluster, and nobody's mistake. Rejected means: against the rules.
 */
import type { Endpoint } from "../../schemas/types.ts";
import type { Problem } from "../endpoint/problem.ts";
import { type EndpointURL, type ParsedURL, parseWithSchemes } from "../endpoint/url.ts";
import { MAX_BINDINGS } from "../settings/limits.ts";
import { judgeNamespace, type NamespacePolicy } from "./namespaces.ts";
import type { Selectors } from "./selectors.ts";

/** What is decided on an endpoint. `message` says it in words. */
export type Verdict =
  | { state: "Bound"; reason: "Bound"; message: string; url: EndpointURL }
  | { state: "Excluded"; reason: string; message: string }
  | { state: "Rejected"; reason: string; message: string; problems: Problem[] };

/** What is decided by: settings, compiled. */
export type Policy = { readonly selectors: Selectors; readonly namespaces: NamespacePolicy };

/** Decides on an endpoint that exists. Never throws. */
export function judge(endpoint: Endpoint, policy: Policy): Verdict {
  const unbound = judgeBinding(endpoint.bindings);
  if (unbound !== undefined) return unbound;
  const parsed = urlOf(endpoint);
  if (!parsed.ok) return rejected(parsed.problems);
  const { url } = parsed;
  const elsewhere = judgeNamespace(url.namespace, policy.namespaces);
  if (elsewhere !== undefined) return { state: "Excluded", ...elsewhere };
  const unselected = policy.selectors.judge(endpoint, url);
  if (unselected !== undefined) return { state: "Excluded", ...unselected };
  return { state: "Bound", reason: "Bound", message: `the endpoint is bound to ${url.canonical}`, url };
}

function judgeBinding(bindings: unknown): Verdict | undefined {
  const excluded = (message: string): Verdict => ({ state: "Excluded", reason: "NotKubernetes", message });
  if (bindings === undefined) return excluded('the endpoint has no bindings; "kubernetes" is not among them');
  if (!Array.isArray(bindings)) return excluded('bindings is no list; "kubernetes" is not among them');
  if (bindings.length > MAX_BINDINGS) {
    return excluded(
      `the endpoint has ${bindings.length} bindings; more than ${MAX_BINDINGS} are not looked at`,
    );
  }
  return bindings.includes("kubernetes") ? undefined : excluded('"kubernetes" is not among the bindings');
}

/** The URL of an endpoint: `url`, else `public_url`; where that has no scheme, `proto` or `scheme` has it. */
function urlOf(endpoint: Endpoint): ParsedURL {
  const field = isAbsent(endpoint.url) && !isAbsent(endpoint.public_url) ? "public_url" : "url";
  return parseWithSchemes(endpoint[field], `object.${field}`, [
    { at: "object.proto", value: endpoint.proto },
    { at: "object.scheme", value: endpoint.scheme },
  ]);
}

/** ngrok's API omits empty fields, so an empty one is an absent one. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function rejected(problems: Problem[]): Verdict {
  const message = problems.map((problem) => `${problem.at}: ${problem.message}`).join("; ");
  return { state: "Rejected", reason: problems[0]?.reason ?? "URLInvalid", message, problems };
}
