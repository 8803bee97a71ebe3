/**
 * The settings, read from environment variables once at start. `schemas/settings.json` has their types, defaults and
 * what is right; what a schema cannot say is checked here. An empty variable is one that is not set.
 */
import type { Environment } from "../../schemas/types.ts";
import { type Problem, quote } from "../endpoint/problem.ts";
import { type NamespacePolicy, parseGlobs } from "../judge/namespaces.ts";
import { compileSelectors, type Selectors } from "../judge/selectors.ts";
import { readEnvironment, right } from "./environment.ts";
import { keyProblems, parseSelector } from "./labels.ts";
import { FIRST_PORT, LAST_PORT } from "./limits.ts";

export type Settings = {
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  /** The IP address to listen on. */
  readonly host: string;
  /** Where everything lives that is not in a map of accounts. */
  readonly operatorNamespace: string;
  /** Operator namespaces by account id; undefined: one account, whatever the events say. */
  readonly accounts: ReadonlyMap<string, string> | undefined;
  /** The namespaces that registers and BoundEndpoints live in, sorted: those of the accounts, else the one. */
  readonly operatorNamespaces: readonly string[];
  /** `svc.cluster.local` */
  readonly clusterDomain: string;
  readonly selectors: Selectors;
  readonly namespaces: NamespacePolicy;
  /** Added to the target Services. */
  readonly targetLabels: Readonly<Record<string, string>>;
  readonly targetAnnotations: Readonly<Record<string, string>>;
  /** Whether target Services have ports. */
  readonly targetPorts: boolean;
  /** Labels of the forwarder's pods. */
  readonly upstreamSelector: Readonly<Record<string, string>>;
  /** The ports that the forwarder may listen on, inclusive. */
  readonly portRange: { readonly first: number; readonly last: number };
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  readonly cluster: "kubeconfig" | "embedded";
};

type ReadSettings = { ok: true; settings: Settings } | { ok: false; problems: Problem[] };

/** Reads the settings and says everything that is wrong with them; `at` of a problem is the variable. Never throws. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): ReadSettings {
  const { environment, problems } = readEnvironment(env);
  const settings = interpret(environment, problems);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, settings };
}

function interpret(environment: Environment, problems: Problem[]): Settings {
  const accounts = readAccounts(environment.ACCOUNTS, problems);
  const operatorNamespace = environment.OPERATOR_NAMESPACE;
  const operatorNamespaces = accounts === undefined ? [operatorNamespace] : [...accounts.values()].sort();
  const upstream = parseSelector(environment.UPSTREAM_SELECTOR, "UPSTREAM_SELECTOR");
  problems.push(
    ...upstream.problems,
    ...keyProblems(Object.keys(environment.TARGET_LABELS), "TARGET_LABELS"),
    ...keyProblems(Object.keys(environment.TARGET_ANNOTATIONS), "TARGET_ANNOTATIONS"),
  );
  return {
    port: readPort(environment.PORT, problems),
    host: environment.HOST,
    operatorNamespace,
    accounts,
    operatorNamespaces,
    clusterDomain: environment.CLUSTER_DOMAIN,
    selectors: readSelectors(environment.ENDPOINT_SELECTORS, problems),
    namespaces: {
      allowed: readGlobs(environment.ALLOWED_NAMESPACES, "ALLOWED_NAMESPACES", problems),
      denied: readGlobs(environment.DENIED_NAMESPACES, "DENIED_NAMESPACES", problems),
      operators: new Set([operatorNamespace, ...operatorNamespaces]),
    },
    targetLabels: environment.TARGET_LABELS,
    targetAnnotations: environment.TARGET_ANNOTATIONS,
    targetPorts: environment.TARGET_PORTS === "true",
    upstreamSelector: upstream.selector,
    portRange: readPortRange(environment.PORT_RANGE, problems),
    logLevel: environment.LOG_LEVEL,
    cluster: environment.CLUSTER,
  };
}

function readAccounts(
  accounts: Readonly<Record<string, string>> | undefined,
  problems: Problem[],
): ReadonlyMap<string, string> | undefined {
  if (accounts === undefined) return undefined;
  const byNamespace = Map.groupBy(Object.entries(accounts), ([, namespace]) => namespace);
  for (const [namespace, sharers] of byNamespace) {
    if (sharers.length === 1) continue;
    const ids = sharers.map(([id]) => quote(id)).join(" and ");
    const message = `${ids} have the same namespace ${quote(namespace)}; each account must have its own`;
    problems.push({ at: "ACCOUNTS", reason: "NamespaceShared", message });
  }
  return new Map(Object.entries(accounts));
}

function readPort(text: string, problems: Problem[]): number {
  if (Number(text) > LAST_PORT) {
    const message = `${quote(text)} is not right; ${right("PORT")}`;
    problems.push({ at: "PORT", reason: "SettingInvalid", message });
  }
  return Number(text);
}

function readSelectors(sources: readonly string[], problems: Problem[]): Selectors {
  const compiled = compileSelectors(sources, "ENDPOINT_SELECTORS");
  if (compiled.ok) return compiled.selectors;
  problems.push(...compiled.problems);
  return { sources, judge: () => undefined };
}

function readGlobs(list: string, at: string, problems: Problem[]): readonly string[] {
  const parsed = parseGlobs(list, at);
  if (parsed.ok) return parsed.globs;
  problems.push(...parsed.problems);
  return [];
}

function readPortRange(text: string, problems: Problem[]): Settings["portRange"] {
  const [first = 0, last = 0] = text.split("-").map(Number);
  if (first < FIRST_PORT || last > LAST_PORT || first > last) {
    const message = `${quote(text)} is not right; it must lie within ${FIRST_PORT}-${LAST_PORT}, the smaller port first`;
    problems.push({ at: "PORT_RANGE", reason: "SettingInvalid", message });
  }
  return { first, last };
}
