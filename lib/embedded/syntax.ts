import { type FieldError, invalidValue, tooLong } from "./field-error.ts";
import { type JsonObject, stringAt } from "./json.ts";

// Names, labels and annotations as the API server checks them, in its words.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and .../labels/

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = String.raw`${LABEL}(\.${LABEL})*`;
const QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const VALUE = `(${QUALIFIED})?`;

const LABEL_PATTERN = new RegExp(`^${LABEL}$`);
const SUBDOMAIN_PATTERN = new RegExp(`^${SUBDOMAIN}$`);
const QUALIFIED_PATTERN = new RegExp(`^${QUALIFIED}$`);
const VALUE_PATTERN = new RegExp(`^${VALUE}$`);

const LABEL_WORDS =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " +
  `with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`;
const SUBDOMAIN_WORDS =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  `end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`;
const QUALIFIED_WORDS =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}')`;
const VALUE_WORDS =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
  `end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${VALUE}')`;

const LABEL_LENGTH = 63;
const SUBDOMAIN_LENGTH = 253;
const ANNOTATIONS_BYTES = 256 * 1024;

/** What is wrong with a DNS-1123 label; nothing where it is one. */
export function labelProblems(text: string): string[] {
  const long = text.length > LABEL_LENGTH ? [`must be no more than ${LABEL_LENGTH} characters`] : [];
  if (LABEL_PATTERN.test(text)) return long;
  return [...long, SUBDOMAIN_PATTERN.test(text) ? "must not contain dots" : LABEL_WORDS];
}

/** What is wrong with a DNS-1123 subdomain. */
export function subdomainProblems(text: string): string[] {
  return [
    ...(text.length > SUBDOMAIN_LENGTH ? [`must be no more than ${SUBDOMAIN_LENGTH} characters`] : []),
    ...(SUBDOMAIN_PATTERN.test(text) ? [] : [SUBDOMAIN_WORDS]),
  ];
}

/** What is wrong with a qualified name: the key of a label or an annotation. */
export function qualifiedNameProblems(key: string): string[] {
  const parts = key.split("/");
  if (parts.length > 2) {
    return [
      `a valid label key ${QUALIFIED_WORDS} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const [prefix, name] = parts.length === 2 ? [parts[0] ?? "", parts[1] ?? ""] : [undefined, key];
  return [...prefixProblems(prefix), ...namePartProblems(name)];
}

function prefixProblems(prefix: string | undefined): string[] {
  if (prefix === undefined) return [];
  if (prefix === "") return ["prefix part must be non-empty"];
  return subdomainProblems(prefix).map((problem) => `prefix part ${problem}`);
}

function namePartProblems(name: string): string[] {
  return [
    ...(name === "" ? ["name part must be non-empty"] : []),
    ...(name.length > LABEL_LENGTH ? [`name part must be no more than ${LABEL_LENGTH} bytes`] : []),
    ...(QUALIFIED_PATTERN.test(name) ? [] : [`name part ${QUALIFIED_WORDS}`]),
  ];
}

/** Errors in a map of labels, and in a label selector's map. */
export function labelErrors(labels: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of Object.keys(labels)) {
    for (const problem of qualifiedNameProblems(key)) errors.push(invalidValue(field, key, problem));
    const value = stringAt(labels, key);
    if (value.length > LABEL_LENGTH) {
      errors.push(invalidValue(field, value, `must be no more than ${LABEL_LENGTH} bytes`));
    }
    if (!VALUE_PATTERN.test(value)) errors.push(invalidValue(field, value, VALUE_WORDS));
  }
  return errors;
}

/** Errors in a map of annotations: keys are folded to lower case first; values are free, up to a size. */
export function annotationErrors(annotations: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key of Object.keys(annotations)) {
    for (const problem of qualifiedNameProblems(key.toLowerCase()))
      errors.push(invalidValue(field, key, problem));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(stringAt(annotations, key));
  }
  if (bytes > ANNOTATIONS_BYTES) errors.push(tooLong(field, ANNOTATIONS_BYTES));
  return errors;
}

/** What is wrong with the name of a port (an IANA service name, RFC 6335). */
export function portNameProblems(name: string): string[] {
  return [
    ...(name.length > 15 ? ["must be no more than 15 characters"] : []),
    ...(/^[-a-z0-9]+$/.test(name)
      ? []
      : ["must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"]),
    ...(/[a-z]/.test(name) ? [] : ["must contain at least one letter (a-z)"]),
    ...(name.includes("--") ? ["must not contain consecutive hyphens"] : []),
    ...(/^-|-$/.test(name) ? ["must not begin or end with a hyphen"] : []),
  ];
}
