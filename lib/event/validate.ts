/**
 * Validation of what comes in against the JSON Schemas in `schemas/`, every error at once, in words.
 */
import type { ErrorObject, ValidateFunction } from "ajv";
import {
  validateCloudEvent,
  validateEndpoint,
  validateNgrokEvent,
} from "../../schemas/generated/event-validators.js";
import { describe, type Problem, quote } from "../endpoint/problem.ts";
import { pointerPath } from "./json.ts";

const validators = {
  endpoint: validateEndpoint,
  ngrokEvent: validateNgrokEvent,
  cloudEvent: validateCloudEvent,
} satisfies Record<string, ValidateFunction>;

/** The schemas that values can be checked against. */
export type SchemaName = keyof typeof validators;

/**
 * What is wrong with a value, by its schema.
 *
 * @param placeOf turns the names that lead to a member, `["domain", "id"]`, into where it was for the sender
 */
export function validate(
  schema: SchemaName,
  value: unknown,
  placeOf: (path: readonly string[]) => string,
): Problem[] {
  const validator = validators[schema];
  if (validator(value)) return [];
  return (validator.errors ?? []).map((error) => toProblem(error, placeOf));
}

function toProblem(error: ErrorObject, placeOf: (path: readonly string[]) => string): Problem {
  const path = pointerPath(error.instancePath);
  if (error.keyword === "required") path.push(error.params.missingProperty);
  const [reason, wrong] = sayWhatIsWrong(error);
  const meant = descriptionOf(error);
  return { at: placeOf(path), reason, message: meant === undefined ? wrong : `${wrong} (${meant})` };
}

/** What the schema says that the value, or the one that is missing, is. */
function descriptionOf(error: ErrorObject): string | undefined {
  const { parentSchema } = error;
  const missing = parentSchema?.properties?.[error.params.missingProperty];
  return (error.keyword === "required" ? missing : parentSchema)?.description;
}

/** Reason and message of one error. Every keyword that the schemas use has its own words. */
function sayWhatIsWrong({ keyword, params, data }: ErrorObject): [string, string] {
  switch (keyword) {
    case "required":
      return ["FieldMissing", "it is missing and must be there"];
    case "type":
      return ["WrongType", `it is ${describe(data)} and must be ${article(params.type)}`];
    case "minLength":
      return ["Empty", "it is empty and must not be"];
    case "maxLength":
      return [
        "TooLong",
        `it has ${[...String(data)].length} characters and must have at most ${params.limit}`,
      ];
    case "minimum":
    case "maximum":
      return ["OutOfRange", `it is ${data} and must be ${params.comparison} ${params.limit}`];
    case "enum":
      return ["NotSupported", `${show(data)} is not known; it must be one of ${list(params.allowedValues)}`];
    case "const":
      return ["NotSupported", `${show(data)} is not known; it must be ${quote(params.allowedValue)}`];
    case "format":
      return sayFormat(params.format, data);
    default:
      throw new Error(`the schemas use ${keyword}, for which there are no words`);
  }
}

function sayFormat(format: string, data: unknown): [string, string] {
  if (format === "instant") {
    return [
      "NotATime",
      `${show(data)} is no RFC 3339 time; it must be one, such as 2026-01-02T03:04:05.678Z`,
    ];
  }
  if (format === "printable")
    return ["CharacterNotAllowed", `${show(data)} must not contain control characters`];
  return ["NotSupported", `${show(data)} is not JSON; it must be application/json, or end in +json`];
}

function show(value: unknown): string {
  return typeof value === "string" ? quote(value) : describe(value);
}

function list(values: unknown[]): string {
  return values.map(show).join(", ");
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
