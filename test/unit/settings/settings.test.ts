import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../../lib/settings/settings.ts";
import schema from "../../../schemas/settings.json" with { type: "json" };

function settingsOf(env: Record<string, string>) {
  const read = readSettings(env);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.settings;
}

/** Place and reason of each problem: `PORT SettingInvalid`. */
function problemsOf(env: Record<string, string>): string[] {
  const read = readSettings(env);
  return read.ok ? [] : read.problems.map(({ at, reason }) => `${at} ${reason}`);
}

describe("defaults", () => {
  const DEFAULTS = {
    port: 8080,
    host: "::",
    operatorNamespace: "ngrok-operator",
    accounts: undefined,
    operatorNamespaces: ["ngrok-operator"],
    clusterDomain: "svc.cluster.local",
    selectors: { sources: ["true"], judge: expect.any(Function) },
    namespaces: { allowed: [], denied: [], operators: new Set(["ngrok-operator"]) },
    targetLabels: {},
    targetAnnotations: {},
    targetPorts: true,
    upstreamSelector: { "app.kubernetes.io/component": "bindings-forwarder" },
    portRange: { first: 10_000, last: 65_535 },
    logLevel: "info",
    cluster: "kubeconfig",
  };

  test("are taken for what is not set, or empty, or blank", () => {
    expect(settingsOf({})).toEqual(DEFAULTS);
    const names = Object.keys(schema.properties);
    expect(settingsOf(Object.fromEntries(names.map((name) => [name, ""])))).toEqual(DEFAULTS);
    expect(settingsOf(Object.fromEntries(names.map((name) => [name, " \n"])))).toEqual(DEFAULTS);
  });

  test("are not changed by who reads them", () => {
    const first = settingsOf({}).targetLabels as Record<string, string>;
    first.changed = "x";
    expect(settingsOf({}).targetLabels).toEqual({});
  });
});

test("every variable is read", () => {
  const settings = settingsOf({
    PORT: "0",
    OPERATOR_NAMESPACE: "ops",
    CLUSTER_DOMAIN: "svc.example.com",
    ENDPOINT_SELECTORS: '["endpoint.port == 80", "false"]',
    ALLOWED_NAMESPACES: "a-*, b",
    DENIED_NAMESPACES: "a-?",
    TARGET_LABELS: '{"team": "x", "example.com/empty": ""}',
    TARGET_ANNOTATIONS: '{"example.com/note": "any text: ü"}',
    TARGET_PORTS: "false",
    UPSTREAM_SELECTOR: "app=forwarder, tier=edge",
    PORT_RANGE: "20000-20000",
    ACCOUNTS: '{"ac_2": "team-b", "ac_1": "team-a"}',
    LOG_LEVEL: "debug",
    CLUSTER: "embedded",
    SOMETHING_ELSE: "is ignored",
  });
  expect(settings).toMatchObject({
    port: 0,
    operatorNamespace: "ops",
    operatorNamespaces: ["team-a", "team-b"],
    clusterDomain: "svc.example.com",
    selectors: { sources: ["endpoint.port == 80", "false"] },
    namespaces: { allowed: ["a-*", "b"], denied: ["a-?"] },
    targetLabels: { team: "x", "example.com/empty": "" },
    targetAnnotations: { "example.com/note": "any text: ü" },
    targetPorts: false,
    upstreamSelector: { app: "forwarder", tier: "edge" },
    portRange: { first: 20_000, last: 20_000 },
    logLevel: "debug",
    cluster: "embedded",
  });
  expect(settings.accounts).toEqual(new Map([...Object.entries({ ac_1: "team-a", ac_2: "team-b" })]));
  expect(settings.namespaces.operators).toEqual(new Set(["ops", "team-a", "team-b"]));
});

describe("what is wrong", () => {
  test.each([
    ["PORT", "65536", "PORT SettingInvalid"],
    ["PORT", "http", "PORT SettingInvalid"],
    ["PORT", "080", "PORT SettingInvalid"],
    ["PORT", "-1", "PORT SettingInvalid"],
    ["PORT", "1e3", "PORT SettingInvalid"],
    ["OPERATOR_NAMESPACE", "Ops", "OPERATOR_NAMESPACE SettingInvalid"],
    ["OPERATOR_NAMESPACE", "a".repeat(64), "OPERATOR_NAMESPACE SettingInvalid"],
    ["CLUSTER_DOMAIN", "cluster.local.", "CLUSTER_DOMAIN SettingInvalid"],
    ["CLUSTER_DOMAIN", `${"a.".repeat(73)}a`, "CLUSTER_DOMAIN SettingInvalid"],
    ["ENDPOINT_SELECTORS", "true", "ENDPOINT_SELECTORS SettingInvalid"],
    ["ENDPOINT_SELECTORS", "[true]", "ENDPOINT_SELECTORS[0] SettingInvalid"],
    ["ENDPOINT_SELECTORS", "endpoint.port == 80", "ENDPOINT_SELECTORS NotJSON"],
    ["ENDPOINT_SELECTORS", '["true", "true $"]', "ENDPOINT_SELECTORS[1] SelectorInvalid"],
    ["ENDPOINT_SELECTORS", '["endpoint.foo"]', "ENDPOINT_SELECTORS[0] SelectorInvalid"],
    ["ALLOWED_NAMESPACES", "a,,b", "ALLOWED_NAMESPACES PatternInvalid"],
    ["DENIED_NAMESPACES", "[a]", "DENIED_NAMESPACES PatternInvalid"],
    ["TARGET_LABELS", "team=x", "TARGET_LABELS NotJSON"],
    ["TARGET_LABELS", "[]", "TARGET_LABELS SettingInvalid"],
    ["TARGET_LABELS", '{"a": 1}', "TARGET_LABELS.a SettingInvalid"],
    ["TARGET_LABELS", '{"a": "b c"}', "TARGET_LABELS.a SettingInvalid"],
    ["TARGET_LABELS", '{"a b": "c"}', "TARGET_LABELS KeyInvalid"],
    ["TARGET_LABELS", '{"/a": "c"}', "TARGET_LABELS KeyInvalid"],
    ["TARGET_LABELS", '{"A.b/c/d": "c"}', "TARGET_LABELS KeyInvalid"],
    ["TARGET_LABELS", `{"${"a".repeat(64)}": "c"}`, "TARGET_LABELS KeyInvalid"],
    ["TARGET_LABELS", '{"__proto__": "c"}', "TARGET_LABELS KeyInvalid"],
    ["TARGET_LABELS", '{"app.kubernetes.io/managed-by": "me"}', "TARGET_LABELS KeyReserved"],
    ["TARGET_LABELS", '{"pushbind.dev/epoch": "1"}', "TARGET_LABELS KeyReserved"],
    ["TARGET_ANNOTATIONS", '{"bindings.k8s.ngrok.com/endpoint-url": ""}', "TARGET_ANNOTATIONS KeyReserved"],
    ["TARGET_ANNOTATIONS", '{"a": null}', "TARGET_ANNOTATIONS.a SettingInvalid"],
    ["TARGET_PORTS", "no", "TARGET_PORTS SettingInvalid"],
    ["UPSTREAM_SELECTOR", "app", "UPSTREAM_SELECTOR LabelInvalid"],
    ["UPSTREAM_SELECTOR", "app=a=b", "UPSTREAM_SELECTOR LabelInvalid"],
    ["UPSTREAM_SELECTOR", "app=a,", "UPSTREAM_SELECTOR LabelInvalid"],
    ["UPSTREAM_SELECTOR", "app=a,app=b", "UPSTREAM_SELECTOR LabelRepeated"],
    ["PORT_RANGE", "9999-20000", "PORT_RANGE SettingInvalid"],
    ["PORT_RANGE", "10000-65536", "PORT_RANGE SettingInvalid"],
    ["PORT_RANGE", "20000-10000", "PORT_RANGE SettingInvalid"],
    ["PORT_RANGE", "10000", "PORT_RANGE SettingInvalid"],
    ["ACCOUNTS", "{}", "ACCOUNTS SettingInvalid"],
    ["ACCOUNTS", '{"ac_1": "Team"}', "ACCOUNTS.ac_1 SettingInvalid"],
    ["ACCOUNTS", '{"ac_1": "a", "ac_2": "a"}', "ACCOUNTS NamespaceShared"],
    ["LOG_LEVEL", "verbose", "LOG_LEVEL SettingInvalid"],
    ["CLUSTER", "kind", "CLUSTER SettingInvalid"],
  ])("%s=%s: %s", (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toEqual([problem]);
  });

  test("is all said at once, with what would be right", () => {
    const read = readSettings({
      PORT: "http",
      ENDPOINT_SELECTORS: '[1, "endpoint.foo"]',
      TARGET_LABELS: '{"a b": "c", "d": "e f"}',
      ACCOUNTS: '{"ac_1": "A", "ac_2": "B"}',
      LOG_LEVEL: "loud",
    });
    if (read.ok) throw new Error("they were accepted");
    expect(Object.fromEntries(read.problems.map(({ at, message }) => [at, message]))).toEqual({
      PORT: '"http" is not right; it must be a port number from 0 to 65535; 0 takes a free one',
      "ENDPOINT_SELECTORS[0]": "it is a number; it must be a CEL expression",
      "ENDPOINT_SELECTORS[1]": expect.stringContaining("endpoint has no field foo"),
      "TARGET_LABELS.d": expect.stringContaining('"e f" is not right; it must be the value of a label'),
      TARGET_LABELS: expect.stringContaining('"a b" is no key of a label'),
      "ACCOUNTS.ac_1": expect.stringContaining("it must be the name of a namespace"),
      "ACCOUNTS.ac_2": expect.stringContaining("it must be the name of a namespace"),
      LOG_LEVEL: '"loud" is not right; it must be trace, debug, info, warn, error, fatal or silent',
    });
  });

  test("whatever the variables hold, reading them never throws", () => {
    const value = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.json({ maxDepth: 2 }),
      fc.constantFrom("1-2", "a=b", "[]", "{}", '{"a":"b"}', '["true"]', "*", "12345-65535"),
    );
    const env = fc.dictionary(fc.constantFrom(...Object.keys(schema.properties)), value);
    fc.assert(
      fc.property(env, (given) => {
        const read = readSettings(given);
        if (read.ok) {
          expect(read.settings.portRange.first).toBeGreaterThanOrEqual(10_000);
          return;
        }
        for (const { at, message } of read.problems) {
          expect(Object.keys(given)).toContain(at.replace(/[.[].*$/s, ""));
          expect(message).not.toBe("");
        }
      }),
      { numRuns: 1000 },
    );
  });
});
