import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import { type EndpointURL, formatEndpointURL, parseEndpointURL } from "../../../lib/endpoint/url.ts";

const AT = "object.url";

function canonicalOf(input: unknown, scheme?: unknown): string | undefined {
  const parsed = parseEndpointURL(input, AT, scheme);
  return parsed.ok ? parsed.url.canonical : undefined;
}

function reasonsOf(input: unknown, scheme?: unknown): string[] {
  const parsed = parseEndpointURL(input, AT, scheme);
  return parsed.ok ? [] : parsed.problems.map(({ reason }) => reason);
}

const LONGEST = "a".repeat(63);
const TOO_LONG = "a".repeat(64);

describe("the examples of ngrok's documentation on Kubernetes endpoints", () => {
  test.each([
    ["http://app.example", "http://app.example:80"],
    ["http://app.example:12345", "http://app.example:12345"],
    ["tcp://app.example:443", "tcp://app.example:443"],
    ["tcp://app.example:12345", "tcp://app.example:12345"],
  ])("%s is accepted", (input, canonical) => {
    expect(canonicalOf(input)).toBe(canonical);
  });

  test.each([
    ["https://app.example", "SchemeNotSupported", 'invalid scheme "https"'],
    ["tls://app.example:12345", "SchemeNotSupported", 'invalid scheme "tls"'],
    ["http://my.app.example", "HostnameNotTwoParts", "it must be two parts"],
    ["tcp://app.example", "PortMissing", "a tcp endpoint must specify a port"],
  ])("%s is rejected: %s", (input, reason, words) => {
    const parsed = parseEndpointURL(input, AT);
    if (parsed.ok) throw new Error(`${input} was accepted`);
    expect(parsed.problems).toEqual([{ at: AT, reason, message: expect.stringContaining(words) }]);
  });
});

describe("what is accepted", () => {
  test.each([
    ["http://App.Example", "http://app.example:80"],
    ["HTTP://app.example", "http://app.example:80"],
    ["TCP://APP.EXAMPLE:1", "tcp://app.example:1"],
    ["http://xn--a.example", "http://xn--a.example:80"],
    ["http://app.0", "http://app.0:80"],
    ["http://a.b:65535", "http://a.b:65535"],
    [`http://${LONGEST}.${LONGEST}`, `http://${LONGEST}.${LONGEST}:80`],
    ["tcp://app.example:80", "tcp://app.example:80"],
  ])("%s is %s", (input, canonical) => {
    expect(canonicalOf(input)).toBe(canonical);
  });

  test("the parts are told apart", () => {
    expect(parseEndpointURL("tcp://App.Example:443", AT)).toEqual({
      ok: true,
      url: {
        scheme: "tcp",
        name: "app",
        namespace: "example",
        port: 443,
        host: "app.example",
        canonical: "tcp://app.example:443",
      },
    });
  });
});

describe("what is rejected", () => {
  test.each([
    ["http://10.5", ["NameInvalid"]],
    ["http://1.2.3.4", ["HostnameIsAddress"]],
    ["http://[::1]", ["HostnameIsAddress"]],
    ["http://[::1]:80", ["HostnameIsAddress"]],
    ["http://app.example.", ["HostnameNotTwoParts"]],
    ["http://app", ["HostnameNotTwoParts"]],
    ["http://a.b.c", ["HostnameNotTwoParts"]],
    ["http://*.example", ["HostnameWildcard"]],
    ["http://app.*", ["HostnameWildcard"]],
    ["http://", ["HostnameMissing"]],
    ["http://:80", ["HostnameMissing"]],
    ["http://.", ["NameInvalid", "NamespaceInvalid"]],
    ["http://.example", ["NameInvalid"]],
    ["http://app.", ["NamespaceInvalid"]],
    ["http://-app.example", ["NameInvalid"]],
    ["http://app-.example", ["NameInvalid"]],
    ["http://1app.example", ["NameInvalid"]],
    ["http://app.-example", ["NamespaceInvalid"]],
    ["http://app.example-", ["NamespaceInvalid"]],
    ["http://my_app.example", ["NameInvalid"]],
    [`http://${TOO_LONG}.example`, ["NameInvalid"]],
    [`http://app.${TOO_LONG}`, ["NamespaceInvalid"]],
    ["http://äpp.example", ["NameInvalid"]],
    // The Kelvin sign, which Unicode folds to a k, and the dotted I, which it folds to an i and a dot.
    ["http://\u212Aube.example", ["NameInvalid"]],
    ["http://app.example\u0130", ["NamespaceInvalid"]],
    // Full-width letters and the ideographic full stop, which IDNA would map.
    ["http://ａpp.example", ["NameInvalid"]],
    ["http://app。example", ["HostnameNotTwoParts"]],
    ["http://app.example/", ["PathNotAllowed"]],
    ["http://app.example/x", ["PathNotAllowed"]],
    ["http://app.example\\x", ["NamespaceInvalid"]],
    ["http://app.example?x=1", ["QueryNotAllowed"]],
    ["http://app.example#x", ["FragmentNotAllowed"]],
    ["http://user@app.example", ["UserInfoNotAllowed"]],
    ["http://@app.example", ["UserInfoNotAllowed"]],
    ["http://user:secret@app.example", ["UserInfoNotAllowed"]],
    ["http://app.example:", ["PortInvalid"]],
    ["http://app.example:080", ["PortInvalid"]],
    ["http://app.example:+80", ["PortInvalid"]],
    ["http://app.example:8e1", ["PortInvalid"]],
    ["http://app.example:80:80", ["PortInvalid"]],
    ["http://app.example:٨٠", ["PortInvalid"]],
    ["http://app.example:0", ["PortOutOfRange"]],
    ["http://app.example:65536", ["PortOutOfRange"]],
    ["http://app.example:4294967297", ["PortOutOfRange"]],
    ["http://app.example:-1", ["PortInvalid"]],
    [" http://app.example", ["SchemeNotSupported"]],
    ["http://app.example ", ["NamespaceInvalid"]],
    ["http://app.example\n", ["NamespaceInvalid"]],
    ["http://app.example:80\n", ["PortInvalid"]],
    ["http:// app.example", ["NameInvalid"]],
    ["http://app .example", ["NameInvalid"]],
    ["http://app.exa\tmple", ["NamespaceInvalid"]],
    ["http://app\0.example", ["NameInvalid"]],
    ["http://app.example\0", ["NamespaceInvalid"]],
    ["://app.example", ["SchemeNotSupported"]],
    ["ftp://app.example", ["SchemeNotSupported"]],
    ["", ["URLMissing"]],
    [undefined, ["URLMissing"]],
    [null, ["URLMissing"]],
    [80, ["URLNotString"]],
    [["http://app.example"], ["URLNotString"]],
    [{}, ["URLNotString"]],
    [true, ["URLNotString"]],
  ])("%j: %j", (input, reasons) => {
    expect(reasonsOf(input)).toEqual(reasons);
  });

  test("everything that is wrong is said at once", () => {
    expect(reasonsOf("ftp://user@1.-:080/x?y#z")).toEqual([
      "SchemeNotSupported",
      "NameInvalid",
      "NamespaceInvalid",
      "PortInvalid",
      "UserInfoNotAllowed",
      "PathNotAllowed",
      "QueryNotAllowed",
      "FragmentNotAllowed",
    ]);
  });

  test("a message shows what cannot be seen, cuts what is long, and keeps a password to itself", () => {
    const messageOf = (input: string) => JSON.stringify(parseEndpointURL(input, AT));
    expect(messageOf("http://\u212Aube.example")).toContain("\\\\u212aube");
    expect(messageOf("http://app.example\0")).toContain("\\\\u0000");
    expect(messageOf(`http://${"x".repeat(1_000_000)}.example`).length).toBeLessThan(1000);
    expect(messageOf("http://user:secret@app.example")).not.toContain("secret");
  });
});

describe("a scheme beside the URL", () => {
  test.each([
    ["app.example", "http", "http://app.example:80"],
    ["app.example:443", "TCP", "tcp://app.example:443"],
    ["http://app.example", "http", "http://app.example:80"],
    ["http://app.example", "", "http://app.example:80"],
  ])("%s with %j is %s", (input, scheme, canonical) => {
    expect(canonicalOf(input, scheme)).toBe(canonical);
  });

  test.each([
    ["app.example", undefined, ["SchemeMissing"]],
    ["app.example", "", ["SchemeMissing"]],
    ["app.example", "https", ["SchemeNotSupported"]],
    ["app.example", "tcp", ["PortMissing"]],
    ["app.example", 80, ["SchemeNotString"]],
    ["http://app.example", "tcp", ["SchemesDisagree"]],
    ["https://app.example", "http", ["SchemeNotSupported", "SchemesDisagree"]],
    ["//app.example", "http", ["HostnameMissing", "PathNotAllowed"]],
    ["app.example/http://x.y", "http", ["PathNotAllowed"]],
  ])("%s with %j: %j", (input, scheme, reasons) => {
    expect(reasonsOf(input, scheme)).toEqual(reasons);
  });
});

describe("laws", () => {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const chars = fc.constantFrom(...letters, ..."0123456789");
  const label = (first: fc.Arbitrary<string>) =>
    fc
      .tuple(first, fc.array(fc.oneof(chars, fc.constant("-")), { maxLength: 61 }), fc.option(chars))
      .map(([head, middle, tail]) => (tail === null ? head : head + middle.join("") + tail));
  const parts = fc.record({
    scheme: fc.constantFrom("http" as const, "tcp" as const),
    name: label(fc.constantFrom(...letters)),
    namespace: label(chars),
    port: fc.integer({ min: 1, max: 65_535 }),
  });

  test("parse(format(x)) = x, in any case of letters", () => {
    fc.assert(
      fc.property(parts, fc.boolean(), (given, upper) => {
        const text = formatEndpointURL(given);
        const parsed = parseEndpointURL(upper ? text.toUpperCase() : text, AT);
        if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
        expect(parsed.url).toMatchObject(given);
        expect(formatEndpointURL(parsed.url)).toBe(parsed.url.canonical);
      }),
    );
  });

  test("whatever comes in, it never throws, and what is not accepted has a reason", () => {
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.webUrl({ withQueryParameters: true }));
    const near = fc
      .tuple(parts, fc.nat(), fc.string({ unit: "binary", maxLength: 2 }))
      .map(([given, at, extra]) => {
        const url = formatEndpointURL(given);
        return url.slice(0, at % url.length) + extra + url.slice(at % url.length);
      });
    fc.assert(
      fc.property(fc.oneof(text, near, fc.anything()), fc.option(fc.anything()), (input, scheme) => {
        const parsed = parseEndpointURL(input, AT, scheme);
        if (parsed.ok) {
          // What is accepted is canonical already, or reads the same once it is.
          expect(parseEndpointURL(parsed.url.canonical, AT)).toEqual(parsed);
          expect(parsed.url.canonical).toMatch(
            /^(http|tcp):\/\/[a-z][a-z0-9-]*\.[a-z0-9-]+:[1-9][0-9]{0,4}$/,
          );
        } else {
          expect(parsed.problems.length).toBeGreaterThan(0);
          for (const { reason, message } of parsed.problems) {
            expect(reason).toMatch(/^[A-Z][A-Za-z]+$/);
            expect(message).toMatch(/^[ -~]+$/);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test("a string is no EndpointURL, and its parts cannot be changed", () => {
  expectTypeOf<string>().not.toExtend<EndpointURL>();
  const change = (url: EndpointURL) => {
    // @ts-expect-error: readonly
    url.port = 1;
    // @ts-expect-error: https is not among the schemes
    formatEndpointURL({ ...url, scheme: "https" });
  };
  expect(change).toBeTypeOf("function");
});
