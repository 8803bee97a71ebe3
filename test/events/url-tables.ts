/**
 * URLs of endpoints and what is to come of them: the examples of ngrok's page on Kubernetes endpoints
 * (https://ngrok.com/docs/universal-gateway/bindings/), and every trap in the syntax of URLs and host names.
 */

const LONGEST = "a".repeat(63);
const KELVIN = "\u212a";

/** What is posted as `object.url`, and the canonical URL that it is bound to. */
export const ACCEPTED: [url: string, canonical: string, what: string][] = [
  ["http://app.example", "http://app.example:80", "http has port 80 without one"],
  ["http://app.example:12345", "http://app.example:12345", "http with a port"],
  ["tcp://app.example:443", "tcp://app.example:443", "tcp with a port"],
  ["tcp://app.example:12345", "tcp://app.example:12345", "tcp with another port"],
  ["http://app.example:80", "http://app.example:80", "the default port, written out"],
  ["http://App.Example", "http://app.example:80", "capitals in the host name"],
  ["HTTP://app.example", "http://app.example:80", "capitals in the scheme"],
  ["TCP://APP.EXAMPLE:443", "tcp://app.example:443", "capitals throughout"],
  ["http://xn--a.example", "http://xn--a.example:80", "a label that is Punycode by its looks only"],
  [`http://${LONGEST}.${LONGEST}`, `http://${LONGEST}.${LONGEST}:80`, "labels of 63 characters"],
  ["http://app.1example", "http://app.1example:80", "a namespace that starts with a digit"],
  ["http://a.b:1", "http://a.b:1", "the smallest port"],
  ["http://a.b:65535", "http://a.b:65535", "the largest port"],
  ["http://svc.ns:80", "http://svc.ns:80", "a vector of the hashed name"],
  ["http://my-bound-service.my-namespace:80", "http://my-bound-service.my-namespace:80", "another vector"],
];

/** Names that are known from elsewhere: UUID version 5 of the canonical URL. */
export const VECTORS: Record<string, string> = {
  "http://svc.ns:80": "ngrok-21122111-c26a-55b9-a5ac-4fe735c376c3",
  "http://my-bound-service.my-namespace:80": "ngrok-d942b8dc-39b9-531c-bf48-2e8677e600f0",
};

/** The URL in other fields of the Endpoint object. */
export const ELSEWHERE: [object: Record<string, unknown>, canonical: string, what: string][] = [
  [{ url: undefined, public_url: "http://public.b" }, "http://public.b:80", "in public_url"],
  [{ url: "", public_url: "http://public.b" }, "http://public.b:80", "in public_url, url being empty"],
  [{ url: "http://url.b", public_url: "https://no" }, "http://url.b:80", "in url, whatever public_url says"],
  [{ url: "a.b:81", proto: "http" }, "http://a.b:81", "without a scheme, which proto has"],
  [{ url: "a.b:82", scheme: "TCP" }, "tcp://a.b:82", "without a scheme, which scheme has"],
  [{ url: "http://a.b:83", proto: "HTTP", scheme: "http" }, "http://a.b:83", "with a scheme thrice"],
];

const FORM = "[http|tcp]://name.namespace[:port]";
const TWO_PARTS = "it must be two parts separated by a single dot, name.namespace";
const NAME =
  "the first part of the hostname names a Service, so it must be 1 to 63 letters a-z, digits and hyphens, " +
  "start with a letter and not end with a hyphen";
const NAMESPACE =
  "the second part of the hostname names a Namespace, so it must be 1 to 63 letters a-z, digits and hyphens, " +
  "and neither start nor end with a hyphen";
const PORT = "it must be a number from 1 to 65535, without leading zeros";
const NEEDS = `a Kubernetes endpoint needs a URL of the form ${FORM}`;

/** What is posted as `object.url`, and the one thing that is wrong with it. */
export const REJECTED: [url: unknown, reason: string, message: string][] = [
  // The examples of ngrok's page on Kubernetes endpoints.
  [
    "https://app.example",
    "SchemeNotSupported",
    'invalid scheme "https": it must be http or tcp, https and tls are not supported',
  ],
  [
    "tls://app.example:12345",
    "SchemeNotSupported",
    'invalid scheme "tls": it must be http or tcp, https and tls are not supported',
  ],
  [
    "http://app.example.com",
    "HostnameNotTwoParts",
    `invalid hostname "app.example.com": it has 3 parts; ${TWO_PARTS}`,
  ],
  [
    "tcp://app.example",
    "PortMissing",
    "a tcp endpoint must specify a port number from 1 to 65535, as in tcp://name.namespace:443",
  ],
  // Host names.
  ["http://app", "HostnameNotTwoParts", `invalid hostname "app": it has one part; ${TWO_PARTS}`],
  ["http://a.b.c", "HostnameNotTwoParts", `invalid hostname "a.b.c": it has 3 parts; ${TWO_PARTS}`],
  [
    "http://app.example.",
    "HostnameNotTwoParts",
    `invalid hostname "app.example.": it has a trailing dot; ${TWO_PARTS}`,
  ],
  [
    "http://*.example",
    "HostnameWildcard",
    `invalid hostname "*.example": wildcards are not allowed; ${TWO_PARTS}`,
  ],
  ["http://10.5", "NameInvalid", `invalid name "10": ${NAME}`],
  [
    "http://1.2.3.4",
    "HostnameIsAddress",
    `invalid hostname "1.2.3.4": an IP address names no Service; ${TWO_PARTS}`,
  ],
  [
    "http://[::1]",
    "HostnameIsAddress",
    `invalid hostname "[::1]": an IP address names no Service; ${TWO_PARTS}`,
  ],
  [
    "http://[::1]:80",
    "HostnameIsAddress",
    `invalid hostname "[::1]": an IP address names no Service; ${TWO_PARTS}`,
  ],
  ["http://", "HostnameMissing", `invalid hostname "": it is empty; ${TWO_PARTS}`],
  ["http://:80", "HostnameMissing", `invalid hostname "": it is empty; ${TWO_PARTS}`],
  ["http://.example", "NameInvalid", `invalid name "": ${NAME}`],
  ["http://app.", "NamespaceInvalid", `invalid namespace "": ${NAMESPACE}`],
  ["http://1app.example", "NameInvalid", `invalid name "1app": ${NAME}`],
  ["http://-app.example", "NameInvalid", `invalid name "-app": ${NAME}`],
  ["http://app-.example", "NameInvalid", `invalid name "app-": ${NAME}`],
  ["http://app.example-", "NamespaceInvalid", `invalid namespace "example-": ${NAMESPACE}`],
  ["http://a_b.example", "NameInvalid", `invalid name "a_b": ${NAME}`],
  ["http://\u00e4pp.example", "NameInvalid", `invalid name "\\u00e4pp": ${NAME}`],
  [`http://boo${KELVIN}.example`, "NameInvalid", `invalid name "boo\\u212a": ${NAME}`],
  [`http://${LONGEST}a.example`, "NameInvalid", `invalid name "${LONGEST}a": ${NAME}`],
  [`http://app.${LONGEST}a`, "NamespaceInvalid", `invalid namespace "${LONGEST}a": ${NAMESPACE}`],
  [" http://app.example", "SchemeNotSupported", 'invalid scheme " http": it must be http or tcp'],
  ["http://app.example ", "NamespaceInvalid", `invalid namespace "example ": ${NAMESPACE}`],
  ["http://app .example", "NameInvalid", `invalid name "app ": ${NAME}`],
  ["http://app.exa\tmple", "NamespaceInvalid", `invalid namespace "exa\\tmple": ${NAMESPACE}`],
  ["http://app.example\n", "NamespaceInvalid", `invalid namespace "example\\n": ${NAMESPACE}`],
  ["http://app\u0000.example", "NameInvalid", `invalid name "app\\u0000": ${NAME}`],
  // Ports.
  ["http://app.example:080", "PortInvalid", `invalid port "080": ${PORT}`],
  ["http://app.example:", "PortInvalid", `invalid port "": ${PORT}`],
  ["http://app.example:-1", "PortInvalid", `invalid port "-1": ${PORT}`],
  ["http://app.example:80a", "PortInvalid", `invalid port "80a": ${PORT}`],
  ["http://app.example:0", "PortOutOfRange", `port "0" is out of range: ${PORT}`],
  ["http://app.example:65536", "PortOutOfRange", `port "65536" is out of range: ${PORT}`],
  ["http://app.example:4294967297", "PortOutOfRange", `port "4294967297" is out of range: ${PORT}`],
  // What follows or precedes the host name.
  ["http://app.example/", "PathNotAllowed", `the URL has the path "/"; it must be ${FORM} alone`],
  ["http://app.example/a/b", "PathNotAllowed", `the URL has the path "/a/b"; it must be ${FORM} alone`],
  ["http://app.example?a=b", "QueryNotAllowed", `the URL has a query; it must be ${FORM} alone`],
  ["http://app.example#a", "FragmentNotAllowed", `the URL has a fragment; it must be ${FORM} alone`],
  [
    "http://user@app.example",
    "UserInfoNotAllowed",
    `the URL has user info before an @; it must be ${FORM} alone`,
  ],
  [
    "http://user:secret@app.example",
    "UserInfoNotAllowed",
    `the URL has user info before an @; it must be ${FORM} alone`,
  ],
  // What is no URL at all.
  [
    "app.example",
    "SchemeMissing",
    "the URL has no scheme, and neither proto nor scheme supplies one; it must start with http:// or tcp://",
  ],
  [80, "URLNotString", `the URL is a number, not a string; ${NEEDS}`],
  [["http://app.example"], "URLNotString", `the URL is a list, not a string; ${NEEDS}`],
  [{ host: "app.example" }, "URLNotString", `the URL is an object, not a string; ${NEEDS}`],
  [true, "URLNotString", `the URL is a boolean, not a string; ${NEEDS}`],
  [null, "URLMissing", `there is no URL; ${NEEDS}`],
  ["", "URLMissing", `there is no URL; ${NEEDS}`],
  [undefined, "URLMissing", `there is no URL; ${NEEDS}`],
];

/** Fields that together have more than one thing wrong: where, and what kind of wrong. */
export const SEVERAL: [
  object: Record<string, unknown>,
  errors: [at: string, reason: string][],
  what: string,
][] = [
  [
    { url: "ftp://me:secret@a_b.-c:65536/x?y#z" },
    [
      ["object.url", "SchemeNotSupported"],
      ["object.url", "NameInvalid"],
      ["object.url", "NamespaceInvalid"],
      ["object.url", "PortOutOfRange"],
      ["object.url", "UserInfoNotAllowed"],
      ["object.url", "PathNotAllowed"],
      ["object.url", "QueryNotAllowed"],
      ["object.url", "FragmentNotAllowed"],
    ],
    "in every part",
  ],
  [
    { url: "http://app.example", proto: "tcp", scheme: 7 },
    [
      ["object.scheme", "SchemeNotString"],
      ["object.proto", "SchemesDisagree"],
    ],
    "in the fields that name the scheme",
  ],
  [
    { url: undefined, public_url: "https://app.example.com:0" },
    [
      ["object.public_url", "SchemeNotSupported"],
      ["object.public_url", "HostnameNotTwoParts"],
      ["object.public_url", "PortOutOfRange"],
    ],
    "in public_url",
  ],
];
