/**
 * Every limit and fixed duration of the project, in one place.
 */

/**
 * Time that one delivery may take, in milliseconds; then no further write is sent for it, and it is answered 503. Below
 * the 30 s after which Knative Eventing gives up waiting.
 */
export const REQUEST_DEADLINE_MS = 20_000;

/** Time that a single call to the API server may take, in milliseconds. */
export const CALL_DEADLINE_MS = 10_000;

/**
 * How long a tombstone is kept, in milliseconds: it has to outlive every pass that may still be in flight when it is
 * written, with room for clocks that differ.
 */
export const TOMBSTONE_LIFE_MS = 10 * REQUEST_DEADLINE_MS;

/**
 * How far in the future an event's time may lie, in milliseconds. Beyond it the time is an error: it would win over
 * every later event until the clock has caught up with it.
 */
export const MAX_FUTURE_MS = 5 * 60_000;

/** Size of a request's body, in bytes. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/** Depth of nested lists and objects in an event. ngrok's events have three. */
export const MAX_JSON_DEPTH = 32;

/** Digits in the fraction of a second that are kept, and compared. ngrok sends up to nine. */
export const MAX_FRACTION_DIGITS = 30;

/** Characters of what was sent that a message repeats. */
export const QUOTED_LENGTH = 80;

/** Length of a DNS label (RFC 1035), so of the name of a Service and of a Namespace. */
export const MAX_LABEL_LENGTH = 63;

/**
 * Bindings that an endpoint may have and still be looked at. ngrok documents one; more than these are not ngrok's, and
 * selectors may loop over them.
 */
export const MAX_BINDINGS = 16;

/** Characters in one selector. */
export const SELECTOR_LENGTH = 2048;

/** Nodes in the syntax tree of one selector, macros expanded. */
export const SELECTOR_NODES = 512;

/** Macros (`exists`, `map`, ...) of a selector within each other: each multiplies what an evaluation costs. */
export const SELECTOR_NESTED_MACROS = 2;

/** Selectors in `ENDPOINT_SELECTORS`. */
export const MAX_SELECTORS = 64;

/** The ports that forwarders may listen on, inclusive. `PORT_RANGE` lies within. */
export const FIRST_PORT = 10_000;
export const LAST_PORT = 65_535;

/**
 * How long the CA, the token and the connections to the API server are used, in milliseconds. Kubernetes rotates them
 * in place, and a client is to read a service account's token again at least once a minute.
 */
export const CREDENTIALS_LIFE_MS = 30_000;

/** How often a write of a register is tried against other writers before the delivery is answered 503. */
export const REGISTER_ATTEMPTS = 20;

/** How often a host is looked at in one delivery before it is answered 503. */
export const RECONCILE_ROUNDS = 20;

/** The pause before attempt n is random: up to BACKOFF_BASE_MS * 2^n, at most BACKOFF_MAX_MS, in milliseconds. */
export const BACKOFF_BASE_MS = 5;
export const BACKOFF_MAX_MS = 500;

/** Ports that are tried one by one before the claims are listed. */
export const PORT_CANDIDATES = 16;

/** How often a port that the list showed as free may turn out to be taken before the delivery is answered 503. */
export const PORT_RACES = 16;

/** Requests that are handled at once; more are answered 503. */
export const REQUESTS_AT_ONCE = 256;

/** Events of one batch that are handled at once. */
export const BATCH_AT_ONCE = 8;

/** What senders are asked to wait where the API server named no time, in seconds. */
export const RETRY_AFTER_SECONDS = 5;

/** How long a process that was told to end waits for what is in flight, in milliseconds. */
export const DRAIN_MS = REQUEST_DEADLINE_MS + 5_000;

/** Size of a request's body that the embedded API takes, in bytes: what the real API server takes. */
export const EMBEDDED_BODY_LIMIT_BYTES = 3 * 1024 * 1024;

/** How many changes the embedded API remembers, for watches to go on from where they ended. */
export const EMBEDDED_WATCH_HISTORY = 1_000;

/** Where the embedded API listens, on loopback. */
export const EMBEDDED_PORT = 6480;
