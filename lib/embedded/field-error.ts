/** One thing that is wrong with an object: a cause of a `Status` with reason Invalid. */
export type FieldError = { readonly reason: string; readonly field: string; readonly message: string };

export function invalidValue(field: string, value: unknown, why: string): FieldError {
  return { reason: "FieldValueInvalid", field, message: `Invalid value: ${JSON.stringify(value)}: ${why}` };
}

export function wrongType(field: string, found: string, why: string): FieldError {
  return {
    reason: "FieldValueTypeInvalid",
    field,
    message: `Invalid value: ${JSON.stringify(found)}: ${why}`,
  };
}

export function required(field: string, why = ""): FieldError {
  return {
    reason: "FieldValueRequired",
    field,
    message: why === "" ? "Required value" : `Required value: ${why}`,
  };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { reason: "FieldValueDuplicate", field, message: `Duplicate value: ${JSON.stringify(value)}` };
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): FieldError {
  const list = supported.map((one) => JSON.stringify(one)).join(", ");
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`;
  return { reason: "FieldValueNotSupported", field, message };
}

export function forbiddenField(field: string, why: string): FieldError {
  return { reason: "FieldValueForbidden", field, message: `Forbidden: ${why}` };
}

export function tooLong(field: string, bytes: number): FieldError {
  return { reason: "FieldValueTooLong", field, message: `Too long: may not be more than ${bytes} bytes` };
}
