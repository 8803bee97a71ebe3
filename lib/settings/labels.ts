/**
 * The syntax of labels and of the keys of annotations
 * (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set).
 */
import { isDNS1123Label } from "../endpoint/label.ts";
import { type Problem, quote } from "../endpoint/problem.ts";

const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

export function isLabelValue(text: string): boolean {
  return text === "" || (text.length <= 63 && NAME.test(text));
}

/** A name of up to 63 characters, with or without a DNS name of up to 253 and a slash before it. */
export function isLabelKey(text: string): boolean {
  const slash = text.indexOf("/");
  const name = text.slice(slash + 1);
  return name.length <= 63 && NAME.test(name) && (slash < 0 || isSubdomain(text.slice(0, slash)));
}

/** A DNS name in lower case (RFC 1123). */
export function isSubdomain(text: string): boolean {
  return text.length <= 253 && text.split(".").every(isDNS1123Label);
}

/** Keys that Pushbind sets itself; an object is known by them. */
const OWN_KEYS = /^app\.kubernetes\.io\/managed-by$|^(bindings\.k8s\.ngrok\.com|pushbind\.dev)\//;

/** What is wrong with the keys of labels or annotations that are to be added to the target Services. */
export function keyProblems(keys: readonly string[], at: string): Problem[] {
  return keys.flatMap((key) => {
    if (!isLabelKey(key)) {
      const message =
        `${quote(key)} is no key of a label or annotation; it must be up to 63 letters, digits, -, _ and ., ` +
        "a letter or digit at both ends, with or without a DNS name and a slash before it";
      return [{ at, reason: "KeyInvalid", message }];
    }
    if (!OWN_KEYS.test(key)) return [];
    const message =
      `${quote(key)} is set by Pushbind; it must be another key than app.kubernetes.io/managed-by and those of ` +
      "bindings.k8s.ngrok.com/ and pushbind.dev/";
    return [{ at, reason: "KeyReserved", message }];
  });
}

/** Reads `key=value,key=value`; spaces around the commas are ignored. */
export function parseSelector(
  text: string,
  at: string,
): { selector: Record<string, string>; problems: Problem[] } {
  const problems: Problem[] = [];
  const pairs = new Map<string, string>();
  for (const part of text.split(",").map((untrimmed) => untrimmed.trim())) {
    const [key = "", value, ...more] = part.split("=");
    if (!isLabelKey(key) || value === undefined || !isLabelValue(value) || more.length > 0) {
      const message = `${quote(part)} is no label; it must be key=value, several of them separated by commas`;
      problems.push({ at, reason: "LabelInvalid", message });
    } else if (pairs.has(key)) {
      const message = `${quote(key)} is there twice; it must be there once`;
      problems.push({ at, reason: "LabelRepeated", message });
    } else pairs.set(key, value);
  }
  return { selector: Object.fromEntries(pairs), problems };
}
