import type { Endpoint } from "../../schemas/types.ts";
import type { Instant } from "./instant.ts";

export type { Endpoint };

/** What an event says of one endpoint, whatever envelope it came in. */
export type EndpointChange = {
  /** The endpoint's id: 1 to 256 characters, no control characters. The same as `endpoint.id`. */
  readonly id: string;
  readonly kind: "upsert" | "delete";
  /**
   * When it happened. Undefined only for a delete that no time came with: the time of the endpoint's record is taken
   * for it.
   */
  readonly time: Instant | undefined;
  /** The event's id, or `sha256-` and the hash of its body where it has none. At most 256 characters. */
  readonly eventId: string;
  /** The ngrok account, where the event names one. */
  readonly account: string | undefined;
  /** As received, `cleaned`, without `traffic_policy`; `{id}` at least. */
  readonly endpoint: Endpoint;
};
