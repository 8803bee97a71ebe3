import { isSameJSON } from "../event/json.ts";
import {
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  required,
  tooLong,
  wrongType,
} from "./field-error.ts";
import { type Draft, isObject } from "./json.ts";
import type { Schema } from "./schema.ts";

/** Checks a value against a structural schema; errors are added in the API server's words. */
export type Validator = (value: unknown, path: string, errors: FieldError[]) => void;

/** Compiles a structural schema into a validator. Absent (`undefined`) values are its caller's business. */
export function compileValidator(schema: Schema): Validator {
  const checks = checksOf(schema);
  const type = typeCheck(schema);
  return (value, path, errors) => {
    if (value === null && schema.nullable) return;
    const mismatch = type(value, path);
    if (mismatch.length > 0) errors.push(...mismatch);
    else for (const check of checks) check(value, path, errors);
  };
}

function checksOf(schema: Schema): Validator[] {
  return [
    ...enumCheck(schema),
    ...numberChecks(schema),
    ...textChecks(schema),
    ...formatCheck(schema),
    ...(schema.type === "object" ? [objectCheck(schema)] : []),
    ...(schema.type === "array" ? [listCheck(schema)] : []),
  ];
}

function typeCheck(schema: Schema): (value: unknown, path: string) => FieldError[] {
  const wanted = schema.type;
  if (wanted === undefined) return () => [];
  return (value, path) => {
    if (fits(value, wanted)) return [];
    if (wanted === "integer" && typeof value === "number" && schema.format !== undefined) {
      return fraction(path, schema.format);
    }
    const found = typeNameOf(value);
    return [wrongType(path, found, `${path} in body must be of type ${wanted}: ${JSON.stringify(found)}`)];
  };
}

/** A number with a fraction where an integer with a format should be gets two errors. */
function fraction(path: string, format: string): FieldError[] {
  const why = `Checked value must be of type integer with format ${format} in ${path}`;
  return [
    wrongType(path, "float64", `${path} in body must be of type ${format}: "float64"`),
    invalidValue("<nil>", "", why),
  ];
}

function fits(value: unknown, type: NonNullable<Schema["type"]>): boolean {
  if (type === "object") return isObject(value);
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

function typeNameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function enumCheck({ enum: allowed }: Schema): Validator[] {
  if (allowed === undefined) return [];
  return [
    (value, path, errors) => {
      if (!allowed.some((one) => isSameJSON(one, value))) errors.push(notSupported(path, value, allowed));
    },
  ];
}

function numberChecks({ minimum, maximum }: Schema): Validator[] {
  return [
    ...bound(minimum, (value, least) => value >= least, "greater than or equal to"),
    ...bound(maximum, (value, most) => value <= most, "less than or equal to"),
  ];
}

/** Of a text that is wrong in several ways, the first is told. */
function textChecks({ minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern }: Schema): Validator[] {
  if (minLength === 0 && maxLength === Number.POSITIVE_INFINITY && pattern === undefined) return [];
  const regexp = new RegExp(pattern ?? "");
  return [
    (value, path, errors) => {
      const text = value as string;
      const length = lengthOf(text);
      const wrong = (why: string) => errors.push(invalidValue(path, text, `${path} in body ${why}`));
      if (length > maxLength) errors.push(tooLong(path, maxLength));
      else if (length < minLength) wrong(`should be at least ${minLength} chars long`);
      else if (!regexp.test(text)) wrong(`should match '${pattern}'`);
    },
  ];
}

/** Length in characters, not in UTF-16 units. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

function bound(
  limit: number | undefined,
  holds: (value: number, limit: number) => boolean,
  words: string,
): Validator[] {
  if (limit === undefined) return [];
  return [
    (value, path, errors) => {
      if (!holds(value as number, limit))
        errors.push(invalidValue(path, value, `${path} in body should be ${words} ${limit}`));
    },
  ];
}

const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const INT32 = 2 ** 31;

function formatCheck({ type, format }: Schema): Validator[] {
  if (type === "string" && format === "date-time") {
    return [
      (value, path, errors) => {
        const text = value as string;
        if (DATE_TIME.test(text) && !Number.isNaN(Date.parse(text.toUpperCase()))) return;
        errors.push(
          wrongType(path, text, `${path} in body must be of type date-time: ${JSON.stringify(text)}`),
        );
      },
    ];
  }
  if (type !== "integer" || format !== "int32") return [];
  return [
    (value, path, errors) => {
      const number = value as number;
      if (number >= -INT32 && number < INT32) return;
      const why = `Checked value must be of type integer with format int32 in ${path}`;
      errors.push(invalidValue("<nil>", "", why));
    },
  ];
}

function objectCheck(schema: Schema): Validator {
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => [name, compileValidator(property)] as const,
  );
  const others = otherFieldsCheck(schema);
  const needed = schema.required ?? [];

  return (value, path, errors) => {
    const object = value as Draft;
    for (const [name, validate] of properties) {
      if (object[name] !== undefined) validate(object[name], at(path, name), errors);
    }
    others?.(object, path, errors);
    for (const name of needed) if (!Object.hasOwn(object, name)) errors.push(required(at(path, name)));
  };
}

/** Checks the values of a map: fields that `additionalProperties` describes. */
function otherFieldsCheck({ properties = {}, additionalProperties }: Schema): Validator | undefined {
  if (typeof additionalProperties !== "object") return undefined;
  const validate = compileValidator(additionalProperties);
  return (value, path, errors) => {
    const object = value as Draft;
    for (const name of Object.keys(object)) {
      if (!Object.hasOwn(properties, name)) validate(object[name], at(path, name), errors);
    }
  };
}

function at(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function listCheck(schema: Schema): Validator {
  const validate = compileValidator(schema.items ?? {});
  const keyOf = keyFunction(schema);
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;

  return (value, path, errors) => {
    const list = value as readonly unknown[];
    if (list.length < minItems) {
      errors.push(invalidValue(path, list.length, `${path} in body should have at least ${minItems} items`));
    }
    if (list.length > maxItems) {
      errors.push({
        reason: "FieldValueTooMany",
        field: path,
        message: `Too many: ${list.length}: must have at most ${maxItems} items`,
      });
    }
    for (const [index, item] of list.entries()) validate(item, `${path}[${index}]`, errors);
    if (keyOf !== undefined) errors.push(...duplicates(list, keyOf, path));
  };
}

type KeyOf = (item: unknown) => unknown;

/** What two items of one list may not share: the map keys of a list map, the whole item of a set. */
function keyFunction(schema: Schema): KeyOf | undefined {
  if (schema["x-kubernetes-list-type"] === "set") return (item) => item;
  const names = schema["x-kubernetes-list-map-keys"];
  if (names === undefined) return undefined;
  return (item) => (isObject(item) ? Object.fromEntries(names.map((name) => [name, item[name]])) : undefined);
}

function duplicates(list: readonly unknown[], keyOf: KeyOf, path: string): FieldError[] {
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const key = keyOf(item);
    if (key === undefined)
      return [invalidValue(`${path}[${index}]`, item, "must be an object for an array of list-type map")];
    const text = JSON.stringify(key);
    if (seen.has(text)) return [duplicate(`${path}[${index}]`, key)];
    seen.add(text);
    return [];
  });
}
