import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseEndpointURL } from "../../../lib/endpoint/url.ts";
import { ENDPOINT_FIELDS } from "../../../lib/judge/selector-fields.ts";
import { compileSelectors } from "../../../lib/judge/selectors.ts";
import schema from "../../../schemas/endpoint.json" with { type: "json" };
import type { Endpoint } from "../../../schemas/types.ts";
import { selectorsOf } from "./policy.ts";

const ENDPOINT: Endpoint = {
  id: "ep_1",
  url: "http://App.Billing",
  bindings: ["kubernetes"],
  type: "agent",
  created_at: "2026-01-02T03:04:05.000000001Z",
  domain: { id: "rd_1" },
  metadata: '{"team":"x"}',
  pooling_enabled: true,
  brand_new: 1,
};

function urlOf(endpoint: Endpoint) {
  const parsed = parseEndpointURL(endpoint.url, "url");
  if (!parsed.ok) throw new Error("the URL is wrong");
  return parsed.url;
}

/** Why the selectors do not select, or nothing. */
function judge(sources: string[], endpoint = ENDPOINT) {
  return selectorsOf(...sources).judge(endpoint, urlOf(endpoint));
}

function problemsOf(...sources: string[]): string[] {
  const compiled = compileSelectors(sources);
  return compiled.ok ? [] : compiled.problems.map(({ at, message }) => `${at}: ${message}`);
}

describe("what can be asked", () => {
  test.each([
    ["true", true],
    ["false", false],
    ['endpoint.namespace == "billing"', true],
    ['endpoint.name == "app"', true],
    ["endpoint.port == 80", true],
    ["endpoint.port > 1024", false],
    ['endpoint.scheme == "http"', true],
    // The URL is the one that was sent; the parts of it are in lower case.
    ['endpoint.url == "http://App.Billing"', true],
    ['endpoint.url.contains(".staging")', false],
    ['endpoint.id.startsWith("ep_")', true],
    ['endpoint.type in ["agent", "cloud"]', true],
    ['"kubernetes" in endpoint.bindings', true],
    ['endpoint.bindings.exists(b, b.startsWith("kube"))', true],
    ["endpoint.bindings.size() == 1 && size(endpoint.bindings) == 1", true],
    ["endpoint.pooling_enabled", true],
    ['endpoint.domain.id == "rd_1"', true],
    ['endpoint.metadata.matches("\\"team\\": ?\\"x\\"")', true],
    ['matches(endpoint.url, "^http:") && !matches(endpoint.url, "^tcp:")', true],
    ['endpoint["url"] == endpoint.url', true],
    ['endpoint.created_at > timestamp("2026-01-02T03:04:05Z")', true],
    ['endpoint.created_at < timestamp("2026-01-02T03:04:05.000000002Z")', true],
    ["endpoint.created_at.getFullYear() == 2026", true],
    ['endpoint.port == 80 ? endpoint.type == "agent" : false', true],
    ['{"billing": 1}[endpoint.namespace] == 1', true],
    ["[endpoint.bindings].exists(list, list.exists(b, b == 'kubernetes'))", true],
  ])("%s: %s", (source, selected) => {
    expect(judge([source]) === undefined).toBe(selected);
  });

  test("a field that the endpoint lacks has its zero value", () => {
    const zero = [
      'endpoint.region == ""',
      'endpoint.principal.id == "" && endpoint.domain.uri == ""',
      'endpoint.updated_at == timestamp("1970-01-01T00:00:00Z")',
      '!endpoint.pooling_enabled && endpoint.type == ""',
      "endpoint.bindings.size() == 0",
    ];
    for (const source of zero) {
      expect(judge([source], { id: "ep_1", url: "http://a.b" }), source).toBeUndefined();
    }
  });

  test("a field of another type than it should have is as good as none", () => {
    const odd = { ...ENDPOINT, type: 7, domain: "x", bindings: [1, "kubernetes"], created_at: "soon" };
    const source = 'endpoint.type == "" && endpoint.domain.id == "" && endpoint.bindings == ["kubernetes"]';
    expect(judge([source], odd as unknown as Endpoint)).toBeUndefined();
  });

  test("has asks for what is there", () => {
    const there = ["url", "id", "domain", "domain.id", "name", "port", "pooling_enabled", "created_at"];
    const absent = ["region", "domain.uri", "principal", "principal.id", "updated_at", "public_url"];
    for (const field of there) expect(judge([`has(endpoint.${field})`]), field).toBeUndefined();
    for (const field of absent) expect(judge([`has(endpoint.${field})`]), field).toBeDefined();
  });

  test("every field that the schema of the endpoint has is there, but for the traffic policy", () => {
    const { traffic_policy: _, ...described } = schema.properties;
    expect(Object.keys(ENDPOINT_FIELDS)).toEqual(expect.arrayContaining(Object.keys(described)));
  });
});

describe("several selectors", () => {
  test("one is enough", () => {
    expect(judge(["false", "endpoint.port == 80"])).toBeUndefined();
  });

  test("where none selects, all are named", () => {
    expect(judge(["false", "endpoint.port == 81"])).toEqual({
      reason: "NotSelected",
      message: 'none of the endpoint selectors selects it: "false", "endpoint.port == 81"',
    });
    expect(judge([])?.reason).toBe("NotSelected");
  });

  test("one that fails does not select, keeps no other from it, and is named where none does", () => {
    const fails = 'endpoint.bindings[3] == "x"';
    expect(judge([fails, "true"])).toBeUndefined();
    expect(judge([fails, "false"])).toEqual({
      reason: "SelectorError",
      message: expect.stringContaining("line 1, column 1: index 3 out of bounds"),
    });
    expect(judge(["1 / (endpoint.port - 80) == 1"])?.message).toContain("divide by zero");
  });
});

describe("what does not compile", () => {
  test.each([
    ["true $", "line 1, column 6: found $"],
    ["", "it is empty"],
    ["endpoint.foo == 1", "line 1, column 9: endpoint has no field foo; it has bindings, created_at"],
    ["has(endpoint.foo)", "endpoint has no field foo"],
    ['endpoint["foo"] == 1', "endpoint has no field foo"],
    ["endpoint.domain.foo == 1", "endpoint.domain has no field foo; it has id, uri"],
    ["endpoint.url.foo == 1", "endpoint.url has no fields, so no foo"],
    ["true ||\n  foo", "line 2, column 3: there is no variable foo"],
    ["url == ''", "there is no variable url; there is endpoint"],
    ["constructor == 1", "there is no variable constructor"],
    ["[1].exists(x, y == x)", "there is no variable y"],
    ["foo(1)", "there is no function foo"],
    ["endpoint.url.reverse() == ''", "there is no function reverse"],
    ["cel.bind(a, 1, a == 1)", "there is no function bind"],
    ["google.protobuf.Timestamp{seconds: 1} == timestamp(1)", "there is no type google.protobuf.Timestamp"],
    ["endpoint.url", "its value is no boolean"],
    ["endpoint.port", "its value is no boolean"],
    ['endpoint.port.startsWith("8")', "found no matching overload"],
    ["size(endpoint.port) == 1", "found no matching overload"],
    ['endpoint.url.matches("(")', "error parsing regexp"],
    ["[1].all(a, [1].all(b, [1].all(c, true)))", "macros must be nested at most 2 deep"],
    ["[[[1].map(a, a)].map(b, b)].map(c, c) == []", "macros must be nested at most 2 deep"],
  ])("%j: %s", (source, message) => {
    const [problem] = problemsOf(source);
    expect(problem).toContain("ENDPOINT_SELECTORS[0]: ");
    expect(problem).toContain(message);
  });

  test("what is too large", () => {
    expect(problemsOf("x".repeat(2049))).toEqual([
      expect.stringContaining("it has 2049 characters and must have at most 2048"),
    ]);
    const manyNodes = `[${"1,".repeat(520)}1] == []`;
    expect(problemsOf(manyNodes)).toEqual([
      expect.stringContaining("it has 524 nodes and must have at most 512"),
    ]);
    expect(problemsOf("[".repeat(1000) + "]".repeat(1000))).toEqual([
      expect.stringContaining("it is nested too deep"),
    ]);
  });

  test("everything is said at once", () => {
    expect(problemsOf("true", "endpoint.a || b", "(")).toEqual([
      expect.stringMatching(/^ENDPOINT_SELECTORS\[1\]: line 1, column 9: .*no field a/),
      expect.stringMatching(/^ENDPOINT_SELECTORS\[1\]: line 1, column 15: .*no variable b/),
      expect.stringMatching(/^ENDPOINT_SELECTORS\[2\]: line 1, column 2: /),
    ]);
    expect(problemsOf(...Array(65).fill("true"))).toEqual([
      expect.stringContaining("there must be at most 64"),
    ]);
  });
});

test("a regular expression that backtracks for ever elsewhere takes no time", () => {
  const bomb = { ...ENDPOINT, metadata: `${"a".repeat(16_000)}!` };
  const start = performance.now();
  expect(judge(['endpoint.metadata.matches("^(a+)+$")'], bomb)?.reason).toBe("NotSelected");
  expect(judge(['endpoint.metadata.matches("(a|a)*(a|a)*b")'], bomb)?.reason).toBe("NotSelected");
  expect(performance.now() - start).toBeLessThan(2000);
});

describe("laws", () => {
  const fields = [
    "url",
    "id",
    "port",
    "bindings",
    "domain",
    "domain.id",
    "created_at",
    "pooling_enabled",
    "foo",
  ];
  const atom = fc.oneof(
    fc.constantFrom(...fields.map((field) => `endpoint.${field}`)),
    fc.constantFrom("true", "0", "1u", "1.5", "null", '"x"', "[]", "{}", "int", "endpoint", "x"),
  );
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { depthSize: "small" },
      atom,
      fc
        .tuple(tie("expression"), fc.constantFrom("==", "<", "+", "/", "in", "&&", "||"), tie("expression"))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc
        .tuple(fc.constantFrom("!", "-", "size", "has", "int", "string"), tie("expression"))
        .map(([name, operand]) => `${name}(${operand})`),
      fc
        .tuple(tie("expression"), fc.constantFrom("exists", "all", "map", "filter"), tie("expression"))
        .map(([range, macro, body]) => `${range}.${macro}(x, ${body})`),
      fc.tuple(tie("expression"), tie("expression")).map(([list, index]) => `${list}[${index}]`),
      fc.tuple(tie("expression"), tie("expression")).map(([text, pattern]) => `${text}.matches(${pattern})`),
    ),
  }));

  test("whatever the expression, compiling and judging never throw", () => {
    let compiled = 0;
    const source = fc.oneof(
      { arbitrary: expression, weight: 4 },
      expression.map((text) => `${text} == endpoint.url || true`),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(source, (text) => {
        const outcome = compileSelectors([text]);
        if (!outcome.ok) {
          expect(outcome.problems.length).toBeGreaterThan(0);
          return;
        }
        compiled++;
        for (const endpoint of [ENDPOINT, { id: "ep_2", url: "tcp://a.b:1" }]) {
          const unselected = outcome.selectors.judge(endpoint, urlOf(endpoint));
          if (unselected) expect(["NotSelected", "SelectorError"]).toContain(unselected.reason);
          expect(outcome.selectors.judge(endpoint, urlOf(endpoint))).toEqual(unselected);
        }
      }),
      { numRuns: 2000 },
    );
    expect(compiled).toBeGreaterThan(100);
  });
});
