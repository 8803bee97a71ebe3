import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { operatorNamespaceOf } from "../../../lib/judge/account.ts";
import { judge } from "../../../lib/judge/judge.ts";
import type { Endpoint } from "../../../schemas/types.ts";
import { policyOf } from "./policy.ts";

const ENDPOINT: Endpoint = { id: "ep_1", url: "http://App.Example", bindings: ["kubernetes"] };

/** The verdict in short: `Excluded NotSelected`. */
function verdictOf(endpoint: object, policy = policyOf()): string {
  const { state, reason } = judge({ ...ENDPOINT, ...endpoint }, policy);
  return `${state} ${reason}`;
}

test("an endpoint that nothing speaks against is bound to its canonical URL", () => {
  expect(judge(ENDPOINT, policyOf())).toEqual({
    state: "Bound",
    reason: "Bound",
    message: "the endpoint is bound to http://app.example:80",
    url: {
      scheme: "http",
      name: "app",
      namespace: "example",
      port: 80,
      host: "app.example",
      canonical: "http://app.example:80",
    },
  });
});

describe("bindings", () => {
  test.each([
    [["kubernetes"], "Bound Bound"],
    [["public", "kubernetes"], "Bound Bound"],
    [["public"], "Excluded NotKubernetes"],
    [["Kubernetes"], "Excluded NotKubernetes"],
    [[], "Excluded NotKubernetes"],
    [undefined, "Excluded NotKubernetes"],
    [null, "Excluded NotKubernetes"],
    ["kubernetes", "Excluded NotKubernetes"],
    [{ kubernetes: true }, "Excluded NotKubernetes"],
    [[["kubernetes"]], "Excluded NotKubernetes"],
    [Array(16).fill("kubernetes"), "Bound Bound"],
    [Array(17).fill("kubernetes"), "Excluded NotKubernetes"],
  ])("%j: %s", (bindings, verdict) => {
    expect(verdictOf({ bindings })).toBe(verdict);
  });
});

describe("the URL", () => {
  test.each([
    [{ url: undefined, public_url: "tcp://app.example:443" }, "Bound Bound"],
    [{ url: "", public_url: "tcp://app.example:443" }, "Bound Bound"],
    [{ url: "http://app.example", public_url: "nonsense" }, "Bound Bound"],
    [{ url: "app.example", proto: "http" }, "Bound Bound"],
    [{ url: "app.example", scheme: "http" }, "Bound Bound"],
    [{ url: "app.example", proto: "http", scheme: "HTTP" }, "Bound Bound"],
    [{ url: "app.example" }, "Rejected SchemeMissing"],
    [{ url: "app.example", proto: "http", scheme: "tcp" }, "Rejected SchemesDisagree"],
    [{ proto: "tcp" }, "Rejected SchemesDisagree"],
    [{ proto: ["http"] }, "Rejected SchemeNotString"],
    [{ url: undefined }, "Rejected URLMissing"],
    [{ url: 80 }, "Rejected URLNotString"],
    [{ url: ["http://app.example"], public_url: "http://app.example" }, "Rejected URLNotString"],
    [{ url: "https://app.example" }, "Rejected SchemeNotSupported"],
  ])("%j: %s", (fields, verdict) => {
    expect(verdictOf(fields)).toBe(verdict);
  });

  test("everything that is wrong with it is said, and where", () => {
    const verdict = judge(
      { ...ENDPOINT, url: undefined, public_url: "tcp://a.b.c/", proto: "tls" },
      policyOf(),
    );
    if (verdict.state !== "Rejected") throw new Error(verdict.state);
    expect(verdict.problems.map(({ at, reason }) => `${at} ${reason}`)).toEqual([
      "object.proto SchemesDisagree",
      "object.public_url HostnameNotTwoParts",
      "object.public_url PortMissing",
      "object.public_url PathNotAllowed",
    ]);
    for (const { at, message } of verdict.problems) expect(verdict.message).toContain(`${at}: ${message}`);
  });
});

describe("the order of the judges", () => {
  const policy = policyOf({ denied: "example", selectors: ["false"] });

  test.each([
    [{ bindings: [], url: 1 }, "Excluded NotKubernetes"],
    [{ url: 1 }, "Rejected URLNotString"],
    [{}, "Excluded NamespaceDenied"],
    [{ url: "http://app.other" }, "Excluded NotSelected"],
  ])("%j: %s", (fields, verdict) => {
    expect(verdictOf(fields, policy)).toBe(verdict);
  });
});

test("whatever an endpoint is made of, judging it never throws, and says the same again", () => {
  const policy = policyOf({
    allowed: "*-ok,app",
    selectors: ["endpoint.bindings[1] == 'x'", "endpoint.domain.id.matches('^x') && has(endpoint.metadata)"],
  });
  const names = ["url", "public_url", "proto", "scheme", "domain", "metadata", "created_at", "port"];
  const field = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom("http://a.app", "tcp://a.b-ok:1", "http", "tcp", "2026-01-02T03:04:05Z"),
  );
  const fields = fc.dictionary(fc.constantFrom(...names), field);
  fc.assert(
    fc.property(fields, fc.oneof(field, fc.constant(["kubernetes"])), (given, bindings) => {
      const endpoint = { id: "ep_1", ...given, bindings } as Endpoint;
      const verdict = judge(endpoint, policy);
      expect(["Bound", "Excluded", "Rejected"]).toContain(verdict.state);
      expect(verdict.message).not.toBe("");
      expect(judge(structuredClone(endpoint), policy)).toEqual(verdict);
    }),
    { numRuns: 1000 },
  );
});

describe("the account", () => {
  const one = { operatorNamespace: "ngrok-operator", accounts: undefined };
  const several = { operatorNamespace: "ngrok-operator", accounts: new Map([["ac_1", "team-a"]]) };

  test("without a map there is one, whatever the event says", () => {
    for (const account of [undefined, "ac_1", "anything"]) {
      expect(operatorNamespaceOf(account, one)).toEqual({ ok: true, namespace: "ngrok-operator" });
    }
  });

  test("with a map it must be in there", () => {
    expect(operatorNamespaceOf("ac_1", several)).toEqual({ ok: true, namespace: "team-a" });
    expect(operatorNamespaceOf("ac_2", several)).toMatchObject({
      ok: false,
      problem: { reason: "AccountUnknown" },
    });
    expect(operatorNamespaceOf("constructor", several)).toMatchObject({ ok: false });
    expect(operatorNamespaceOf(undefined, several)).toMatchObject({
      ok: false,
      problem: { reason: "AccountMissing" },
    });
  });
});
