/** Environment variables as `schemas/settings.json` has them: present or by default, of the right types. */
import type { ErrorObject } from "ajv";
import { validateEnvironment } from "../../schemas/generated/settings-validators.js";
import schema from "../../schemas/settings.json" with { type: "json" };
import type { Environment } from "../../schemas/types.ts";
import { describe, type Problem, quote } from "../endpoint/problem.ts";
import { pointerPath } from "../event/json.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** What is right for a variable, in words. */
export function right(name: keyof typeof schema.properties): string {
  return `it must be ${schema.properties[name].description}`;
}

/**
 * Reads the variables and says everything in which they break the schema. What is wrong is replaced in the result, by
 * its default or by something that is right, so that everything else about them can be checked all the same.
 */
export function readEnvironment(env: Variables): { environment: Environment; problems: Problem[] } {
  const { values, problems } = readVariables(env);
  if (!validateEnvironment(values)) {
    const errors = validateEnvironment.errors ?? [];
    problems.push(...toProblems(errors));
    errors.forEach((error, index) => {
      replace(values, pointerPath(error.instancePath), `x${index}`);
    });
    // Fills in the defaults of what was taken out.
    validateEnvironment(values);
  }
  return { environment: values as unknown as Environment, problems };
}

/** Variables whose text is JSON. */
const JSON_VARIABLES = ["ENDPOINT_SELECTORS", "TARGET_LABELS", "TARGET_ANNOTATIONS", "ACCOUNTS"];

function readVariables(env: Variables): { values: Record<string, unknown>; problems: Problem[] } {
  const values: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const name of Object.keys(schema.properties) as (keyof typeof schema.properties)[]) {
    const text = env[name]?.trim() ?? "";
    if (text === "") continue;
    try {
      values[name] = JSON_VARIABLES.includes(name) ? JSON.parse(text) : text;
    } catch {
      problems.push({ at: name, reason: "NotJSON", message: `${quote(text)} is no JSON; ${right(name)}` });
    }
  }
  return { values, problems };
}

/** One problem for each place, whatever the number of rules that it breaks. */
function toProblems(errors: readonly ErrorObject[]): Problem[] {
  const byPlace = new Map(errors.toReversed().map((error) => [error.instancePath, error]));
  return [...byPlace.values()].reverse().map((error) => {
    const [name = "", ...path] = pointerPath(error.instancePath);
    const at = name + path.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`)).join("");
    const message = `${found(error)}; it must be ${error.parentSchema?.description}`;
    return { at, reason: "SettingInvalid", message };
  });
}

function found({ data, keyword }: ErrorObject): string {
  if (keyword === "minProperties") return "it is empty";
  return typeof data === "string" ? `${quote(data)} is not right` : `it is ${describe(data)}`;
}

/** Takes a variable out, or puts another text in the place of a member. */
function replace(values: Record<string, unknown>, path: readonly string[], text: string): void {
  const [name = "", member] = path;
  if (member === undefined) delete values[name];
  else if (Array.isArray(values[name])) values[name][Number(member)] = "true";
  else (values[name] as Record<string, unknown>)[member] = text;
}
