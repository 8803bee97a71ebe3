import { type FieldError, forbiddenField, notSupported } from "./field-error.ts";
import { type JsonObject, listAt } from "./json.ts";
import type { Query } from "./route.ts";
import { invalid } from "./status.ts";

/** What the query of a write asks for. The field manager is accepted; nothing here keeps managed fields. */
export type WriteOptions = {
  readonly dryRun: boolean;
  readonly fieldValidation: "Ignore" | "Warn" | "Strict";
};

const FIELD_VALIDATIONS = ["", "Ignore", "Strict", "Warn"];
const PLAIN: WriteOptions = { dryRun: false, fieldValidation: "Warn" };

/** Reads the options of a write; `kind` is what errors call them (`CreateOptions`). Throws an `ApiError`. */
export function writeOptions(query: Query, kind: string, body: JsonObject = {}): WriteOptions {
  if (query.size === 0 && body.dryRun === undefined) return PLAIN;
  const fieldValidation = query.get("fieldValidation") ?? "";
  const dryRun = query.has("dryRun") ? [query.get("dryRun")] : listAt(body, "dryRun");
  const errors: FieldError[] = [
    ...(query.get("force") !== undefined && kind === "PatchOptions"
      ? [forbiddenField("force", "may not be specified for non-apply patch")]
      : []),
    ...(dryRun.every((one) => one === "All") ? [] : [notSupported("dryRun", dryRun, ["All"])]),
    ...(FIELD_VALIDATIONS.includes(fieldValidation)
      ? []
      : [notSupported("fieldValidation", fieldValidation, FIELD_VALIDATIONS)]),
  ];
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind, name: "" }, errors);
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: (fieldValidation || "Warn") as WriteOptions["fieldValidation"],
  };
}
