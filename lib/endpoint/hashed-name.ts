/**
 * Names that follow from what they name (UUID version 5, RFC 9562 section 5.5), so that every delivery finds the
 * objects of an earlier one, and the API server itself refuses a second one.
 */
import { hash } from "node:crypto";

/** The namespace for URLs, 6ba7b811-9dad-11d1-80b4-00c04fd430c8 (RFC 9562 section 6.6). */
const URL_NAMESPACE = Buffer.from("6ba7b8119dad11d180b400c04fd430c8", "hex");

/**
 * The name of the BoundEndpoint and of the upstream Service of a URL, as ngrok's documentation shows them.
 *
 * @param canonical `scheme://name.namespace:port`, see `EndpointURL.canonical`
 */
export function hashedName(canonical: string): string {
  return `ngrok-${uuidV5(canonical)}`;
}

/** The name of an endpoint's EndpointRecord. Ids have capitals and underscores, which names of objects have not. */
export function recordName(id: string): string {
  return `ep-${uuidV5(id)}`;
}

function uuidV5(name: string): string {
  const hex = hash("sha1", Buffer.concat([URL_NAMESPACE, Buffer.from(name)]), "hex");
  // The version goes into the high half of byte 6, the variant into the two highest bits of byte 8.
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
