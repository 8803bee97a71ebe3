import { isSameJSON } from "../event/json.ts";
import { OBJECT_META } from "./builtin-schemas.ts";
import { compileDecoder } from "./decoder.ts";
import type { FieldError } from "./field-error.ts";
import { type Draft, isObject, type JsonObject } from "./json.ts";
import { compilePath } from "./json-path.ts";
import { compilePruner } from "./prune.ts";
import { type Column, metadataOf, type Resource, withFields, withMetadata } from "./resource.ts";
import { type CustomResourceDefinition, checkKeywords, type PrinterColumn, type Schema } from "./schema.ts";
import { subdomainProblems } from "./syntax.ts";
import { age } from "./time.ts";
import { compileValidator } from "./validate.ts";

/** What a CRD defines, in its storage version. Throws where it has none, or a schema that is not understood here. */
export function customResource({ spec }: CustomResourceDefinition): Resource {
  const { group, names } = spec;
  const version = spec.versions.find(({ storage }) => storage);
  if (version === undefined) throw new Error(`the CRD of ${names.plural}.${group} has no storage version`);
  const schema = version.schema.openAPIV3Schema;
  checkKeywords(schema, `the CRD of ${names.plural}.${group}`);
  const hasStatus = version.subresources?.status !== undefined;
  const decode = bodyDecoder(schema);
  const { metadata: _, ...properties } = schema.properties ?? {};
  const validate = compileValidator({ ...schema, properties });

  return {
    group,
    version: version.name,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: spec.scope === "Namespaced",
    custom: true,
    hasStatus,
    schema,
    columns: (version.additionalPrinterColumns ?? [{ ...AGE }]).map(columnOf),
    createOnUpdate: false,
    unconditionalUpdate: false,
    echoesDeleted: false,
    keyPrefix: `/registry/${group}/${names.plural}`,
    nameProblems: subdomainProblems,
    decode,
    prepareCreate: (object) =>
      withMetadata(hasStatus ? withFields(object, { status: undefined }) : object, { generation: 1 }),
    prepareUpdate: (object, old) =>
      bumpGeneration(hasStatus ? withFields(object, { status: old.status }) : object, old, hasStatus),
    validate(object, _old, subresource) {
      const errors: FieldError[] = [];
      validate(object, "", errors);
      return subresource === "status" ? errors.filter(inStatus).map(pathWithinStatus) : errors;
    },
    assign: (object) => object,
    selectableFields: () => ({}),
  };
}

/** A write of the status is held to the status' schema alone. */
function inStatus({ field }: FieldError): boolean {
  return !field.startsWith("spec") || field === "<nil>";
}

/** Errors in a write of the status name the field in full, but their texts begin below the status. */
function pathWithinStatus(error: FieldError): FieldError {
  const below = error.field.replace(/^status\./, "");
  return { ...error, message: error.message.replace(`: ${error.field} in body`, `: ${below} in body`) };
}

/**
 * `metadata` is decoded as Go does; the rest is pruned to the schema. The paths of unknown fields come out sorted.
 */
function bodyDecoder(schema: Schema): Resource["decode"] {
  const decodeMetadata = compileDecoder(OBJECT_META);
  const prune = compilePruner(schema);
  return (body, unknown) => {
    const { metadata, ...rest } = body;
    const found: string[] = [];
    const pruned: Draft = { ...(prune(rest, found) as JsonObject) };
    const foundInMetadata: string[] = [];
    pruned.metadata = decodeMetadata(isObject(metadata) ? metadata : {}, foundInMetadata);
    unknown.push(...[...found, ...foundInMetadata.map((field) => `metadata.${field}`)].sort());
    return Object.freeze(pruned);
  };
}

/** The generation counts changes of everything but metadata and, where it is a subresource, status. */
function bumpGeneration(object: JsonObject, old: JsonObject, hasStatus: boolean): JsonObject {
  const bare = (whole: JsonObject) =>
    withFields(whole, { metadata: undefined, ...(hasStatus ? { status: undefined } : {}) });
  const generation = Number(metadataOf(old).generation ?? 0);
  return withMetadata(object, {
    generation: isSameJSON(bare(object), bare(old)) ? generation : generation + 1,
  });
}

const AGE: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

function columnOf(column: PrinterColumn): Column {
  const read = compilePath(column.jsonPath);
  const described = {
    ...column,
    description:
      column.description ?? `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
  };
  return { ...described, cell: (object, now) => cellOf(read(object), column.type, now) };
}

function cellOf(value: unknown, type: string, now: Date): unknown {
  if (value === undefined || value === null) return null;
  if (type === "date") return age(value, now);
  if (type === "string") return typeof value === "object" ? JSON.stringify(value) : String(value);
  return value;
}
