import { isObject } from "./json.ts";

type Step = { field: string } | { index: number } | { where: { field: string; equals: string } };

const STEP = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\[\?\(@\.([\w.-]+)\s*==\s*(?:"([^"]*)"|'([^']*)')\)\]/y;

/**
 * Compiles the JSONPath of a printer column: fields, indexes and filters for equality with a string
 * (`.status.conditions[?(@.type=="Ready")].status`). The first match counts. Throws on anything else.
 */
export function compilePath(path: string): (value: unknown) => unknown {
  const steps: Step[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < path.length) {
    const at = STEP.lastIndex;
    const match = STEP.exec(path);
    if (match === null)
      throw new Error(`JSONPath ${path}: what follows character ${at} is not supported here`);
    steps.push(stepOf(match));
  }
  return (value) => steps.reduce(take, value);
}

function stepOf([, field, index, filtered, quoted, single]: RegExpExecArray): Step {
  if (field !== undefined) return { field };
  if (index !== undefined) return { index: Number(index) };
  return { where: { field: filtered ?? "", equals: quoted ?? single ?? "" } };
}

function take(value: unknown, step: Step): unknown {
  if ("field" in step) return isObject(value) ? value[step.field] : undefined;
  if (!Array.isArray(value)) return undefined;
  if ("index" in step) return value[step.index];
  return value.find((item) => isObject(item) && item[step.where.field] === step.where.equals);
}
