/**
 * Which namespaces endpoints may have Services in: those that a pattern of `ALLOWED_NAMESPACES` fits and none of
 * `DENIED_NAMESPACES`. Denied wins. Never the namespaces of Kubernetes itself nor those of operators: a Service there
 * could stand in for `kube-dns` or for an upstream Service.
 */
import { type Problem, quote } from "../endpoint/problem.ts";

/** A namespace pattern: `*` stands for any characters, `?` for one. */
type Glob = string;

export type NamespacePolicy = {
  /** Empty: all are allowed. */
  readonly allowed: readonly Glob[];
  readonly denied: readonly Glob[];
  readonly operators: ReadonlySet<string>;
};

const KUBERNETES: Glob = "kube-*";

/** Why a namespace is not for endpoints, or nothing. */
export function judgeNamespace(
  namespace: string,
  policy: NamespacePolicy,
): { reason: "NamespaceDenied" | "NamespaceNotAllowed"; message: string } | undefined {
  const denied = (why: string) => ({
    reason: "NamespaceDenied" as const,
    message: `namespace ${quote(namespace)} ${why}`,
  });
  if (policy.operators.has(namespace))
    return denied("is an operator's own, where no endpoint may have a Service");
  if (fits(namespace, KUBERNETES))
    return denied("belongs to Kubernetes, where no endpoint may have a Service");
  const pattern = policy.denied.find((glob) => fits(namespace, glob));
  if (pattern !== undefined) return denied(`is denied by ${quote(pattern)} in DENIED_NAMESPACES`);
  if (policy.allowed.length === 0 || policy.allowed.some((glob) => fits(namespace, glob))) return undefined;
  const message = `namespace ${quote(namespace)} fits none of ALLOWED_NAMESPACES: ${policy.allowed.join(", ")}`;
  return { reason: "NamespaceNotAllowed", message };
}

/**
 * Reads a list of patterns, `team-*,billing`; spaces around the commas are ignored.
 *
 * @param at name of the variable, for the problems
 */
export function parseGlobs(
  list: string,
  at: string,
): { ok: true; globs: Glob[] } | { ok: false; problems: Problem[] } {
  if (list.trim() === "") return { ok: true, globs: [] };
  const globs = list.split(",").map((glob) => glob.trim());
  const problems = globs.filter((glob) => !/^[-a-z0-9*?]+$/.test(glob)).map((glob) => badGlob(glob, at));
  return problems.length > 0 ? { ok: false, problems } : { ok: true, globs };
}

function badGlob(glob: string, at: string): Problem {
  const message =
    `${quote(glob)} fits no namespace; a pattern must be lower-case letters, digits and hyphens, with * for any ` +
    "characters and ? for one, several of them separated by commas";
  return { at, reason: "PatternInvalid", message };
}

/** Whether a pattern fits the whole text. Takes time of the order of both lengths multiplied, however many stars. */
function fits(text: string, glob: Glob): boolean {
  let [at, globAt, star, resume] = [0, 0, -1, 0];
  while (at < text.length) {
    if (glob[globAt] === "*") {
      star = globAt++;
      resume = at;
    } else if (glob[globAt] === "?" || glob[globAt] === text[at]) {
      at++;
      globAt++;
    } else if (star >= 0) {
      // Let the last star take one character more: an earlier one need never change.
      globAt = star + 1;
      at = ++resume;
    } else return false;
  }
  return /^\**$/.test(glob.slice(globAt));
}
