/**
 * Every limit and fixed duration of the project, in one place.
 */

/** Time that one delivery may take, in milliseconds. A pass that is past it sends no further write. */
export const REQUEST_DEADLINE_MS = 30_000;

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
 * How long credentials read from files are used, in milliseconds. Kubernetes rotates them in place, and a client is to
 * read a service account's token again at least once a minute.
 */
export const CREDENTIALS_LIFE_MS = 60_000;
