import { type JsonObject, objectAt } from "./json.ts";
import { metadataOf, nameOf, namespaceOf, type Resource } from "./resource.ts";
import { badRequest } from "./status.ts";

export type Matches = (object: JsonObject) => boolean;

type Requirement = (value: string | undefined) => boolean;

const KEY = "[A-Za-z0-9][-A-Za-z0-9_./]*";
const SET_BASED = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)$`);
const EXISTENCE = new RegExp(`^(!?)\\s*(${KEY})$`);

/**
 * Compiles a label selector: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas.
 * Throws an `ApiError` where it is none.
 */
export function compileLabelSelector(selector: string): Matches {
  const terms = splitTerms(selector).map(compileTerm);
  return (object) => {
    const labels = objectAt(metadataOf(object), "labels");
    return terms.every(({ key, holds }) => holds(labels[key] as string | undefined));
  };
}

/** Splits at the commas that stand outside of parentheses. */
function splitTerms(selector: string): string[] {
  if (selector.trim() === "") return [];
  return selector.split(/,(?![^(]*\))/).map((term) => term.trim());
}

function compileTerm(term: string): { key: string; holds: Requirement } {
  const [, setKey = "", operator, list = ""] = SET_BASED.exec(term) ?? [];
  if (operator !== undefined) {
    const values = list.split(",").map((value) => value.trim());
    const among = (value: string | undefined) => value !== undefined && values.includes(value);
    return { key: setKey, holds: operator === "in" ? among : (value) => !among(value) };
  }
  const [, key = "", sign, wanted] = EQUALITY.exec(term) ?? [];
  if (sign !== undefined) return { key, holds: (value) => (value === wanted) !== (sign === "!=") };
  const [, not, present] = EXISTENCE.exec(term) ?? [];
  if (present === undefined)
    throw badRequest(`unable to parse requirement: found '${term}', expected: identifier`);
  return { key: present, holds: (value) => (value === undefined) === (not === "!") };
}

/** Compiles a field selector (`metadata.name=x,metadata.namespace!=y`). Throws an `ApiError` for an unknown field. */
export function compileFieldSelector(selector: string, resource: Resource): Matches {
  const others = Object.keys(resource.selectableFields({}));
  const terms = splitTerms(selector).map((term) => {
    const [, field = "", sign = "", value = ""] = /^([^=!]*)(==|=|!=)(.*)$/.exec(term) ?? [];
    if (sign === "") throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
    if (!["metadata.name", "metadata.namespace", ...others].includes(field))
      throw unknownField(field, resource);
    return { field, value, equal: sign !== "!=" };
  });
  return (object) =>
    terms.every(({ field, value, equal }) => (fieldOf(object, field, resource) === value) === equal);
}

function fieldOf(object: JsonObject, field: string, resource: Resource): string {
  if (field === "metadata.name") return nameOf(object);
  if (field === "metadata.namespace") return namespaceOf(object);
  return resource.selectableFields(object)[field] ?? "";
}

function unknownField(field: string, { custom, group }: Resource): Error {
  if (custom || group === "") return badRequest(`field label not supported: ${field}`);
  return badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
}
