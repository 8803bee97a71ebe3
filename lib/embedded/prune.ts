import { setMember } from "../event/json.ts";
import { type Draft, frozenCopy, isObject } from "./json.ts";
import type { Schema } from "./schema.ts";

/**
 * Prunes a custom resource to its structural schema: unknown fields are dropped (their paths are added to
 * `unknown`) unless the schema preserves them, nulls that are not allowed are dropped, defaults are set. The
 * result is frozen and shares nothing with the input. What has the wrong type is left for validation.
 *
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
export type Pruner = (value: unknown, unknown: string[]) => unknown;

export function compilePruner(schema: Schema): Pruner {
  if (schema.type === "array") return pruneList(schema);
  if (schema.type === "object") return pruneObject(schema);
  return frozenCopy;
}

type Field = { prune: Pruner; nullable: boolean; fallback: unknown };

function fieldOf(schema: Schema): Field {
  return {
    prune: compilePruner(schema),
    nullable: schema.nullable === true,
    fallback: frozenCopy(schema.default),
  };
}

function pruneObject(schema: Schema): Pruner {
  const fields = new Map(
    Object.entries(schema.properties ?? {}).map(([name, field]) => [name, fieldOf(field)]),
  );
  const defaults = [...fields].filter(([, { fallback }]) => fallback !== undefined);
  const others = otherFields(schema);

  return (value, unknown) => {
    if (!isObject(value)) return frozenCopy(value);
    const out: Draft = {};
    for (const key of Object.keys(value)) {
      const field = fields.get(key) ?? others;
      if (field === undefined) unknown.push(key);
      else pruneInto(out, key, field, value[key], unknown);
    }
    for (const [key, { fallback }] of defaults) if (!Object.hasOwn(out, key)) out[key] = fallback;
    return Object.freeze(out);
  };
}

function otherFields(schema: Schema): Field | undefined {
  if (schema["x-kubernetes-preserve-unknown-fields"])
    return { prune: frozenCopy, nullable: true, fallback: undefined };
  const values = schema.additionalProperties;
  if (values === undefined || values === false) return undefined;
  return values === true ? { prune: frozenCopy, nullable: true, fallback: undefined } : fieldOf(values);
}

function pruneInto(out: Draft, key: string, field: Field, value: unknown, unknown: string[]): void {
  if (value === undefined || (value === null && !field.nullable)) return;
  const before = unknown.length;
  setMember(out, key, field.prune(value, unknown));
  for (let i = before; i < unknown.length; i++) {
    unknown[i] = unknown[i]?.startsWith("[") ? key + unknown[i] : `${key}.${unknown[i]}`;
  }
}

function pruneList(schema: Schema): Pruner {
  const prune = compilePruner(schema.items ?? {});
  return (value, unknown) => {
    if (!Array.isArray(value)) return frozenCopy(value);
    return Object.freeze(
      value.map((item, index) => {
        const before = unknown.length;
        const pruned = prune(item, unknown);
        for (let i = before; i < unknown.length; i++) unknown[i] = `[${index}].${unknown[i]}`;
        return pruned;
      }),
    );
  };
}
