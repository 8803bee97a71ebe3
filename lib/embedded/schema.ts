/**
 * An OpenAPI v3 schema, as far as the CRDs and the built-in kinds here use it. One schema drives decoding,
 * pruning, validation, strategic merge and the published OpenAPI documents.
 */
export type Schema = {
  readonly type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  readonly format?: string;
  readonly description?: string;
  /** In built-in kinds the name of the Go struct, which the API server's decoding errors show. */
  readonly title?: string;
  readonly properties?: { readonly [name: string]: Schema };
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
  readonly "x-kubernetes-patch-strategy"?: "merge";
  readonly "x-kubernetes-patch-merge-key"?: string;
};

/** A CustomResourceDefinition of apiextensions.k8s.io/v1, parsed; what the embedded API reads of it. */
export type CustomResourceDefinition = {
  readonly spec: {
    readonly group: string;
    readonly scope: "Namespaced" | "Cluster";
    readonly names: {
      readonly kind: string;
      readonly listKind?: string;
      readonly plural: string;
      readonly singular?: string;
      readonly shortNames?: readonly string[];
      readonly categories?: readonly string[];
    };
    readonly versions: ReadonlyArray<{
      readonly name: string;
      readonly storage: boolean;
      readonly subresources?: { readonly status?: object };
      readonly additionalPrinterColumns?: readonly PrinterColumn[];
      readonly schema: { readonly openAPIV3Schema: Schema };
    }>;
  };
};

export type PrinterColumn = {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly description?: string;
  readonly format?: string;
  readonly priority?: number;
};

const KEYWORDS: ReadonlySet<string> = new Set([
  "type",
  "format",
  "description",
  "properties",
  "additionalProperties",
  "items",
  "required",
  "enum",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "minItems",
  "maxItems",
  "nullable",
  "default",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  // Says only how owners of fields are kept, which are not kept here.
  "x-kubernetes-map-type",
]);

/**
 * Throws where a schema has a keyword that is not understood here (CEL rules, `anyOf`, ...): it would be passed over,
 * and objects accepted that a cluster refuses. `place` is what the error calls the schema.
 */
export function checkKeywords(schema: Schema, place: string): void {
  const strange = Object.keys(schema).find((keyword) => !KEYWORDS.has(keyword));
  if (strange !== undefined)
    throw new Error(`${place}: the embedded API does not know the keyword ${strange}`);
  const { properties = {}, items, additionalProperties } = schema;
  for (const [name, property] of Object.entries(properties)) checkKeywords(property, `${place}, ${name}`);
  if (items !== undefined) checkKeywords(items, `${place}, items`);
  if (typeof additionalProperties === "object") checkKeywords(additionalProperties, `${place}, values`);
}
