/**
 * Names of Kubernetes objects that are DNS labels, as
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ has them.
 */
import { MAX_LABEL_LENGTH } from "../settings/limits.ts";

/** Whether `text` can name a Service: an RFC 1035 label. */
export function isDNS1035Label(text: string): boolean {
  return text.length <= MAX_LABEL_LENGTH && /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

/** Whether `text` can name a Namespace: an RFC 1123 label, which may start with a digit. */
export function isDNS1123Label(text: string): boolean {
  return text.length <= MAX_LABEL_LENGTH && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

/** Lower case for A to Z alone. Unicode's mapping would make a `k` of the Kelvin sign and let it into a host name. */
export function foldASCII(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : text;
}
