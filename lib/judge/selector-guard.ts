/**
 * What the CEL library leaves to its user: a walk over the syntax tree, before anything is evaluated, that finds names,
 * fields and functions that do not exist, and bounds what an evaluation can cost.
 */
import type { CelEnv, parse } from "@bufbuild/cel";
import { SELECTOR_NESTED_MACROS, SELECTOR_NODES } from "../settings/limits.ts";
import { ENDPOINT_FIELDS, type FieldType } from "./selector-fields.ts";

export type Expr = ReturnType<typeof parse>["expr"];
type Select = Extract<Expr["exprKind"], { case: "selectExpr" }>["value"];
type Call = Extract<Expr["exprKind"], { case: "callExpr" }>["value"];
type Struct = Extract<Expr["exprKind"], { case: "structExpr" }>["value"];
type Comprehension = Extract<Expr["exprKind"], { case: "comprehensionExpr" }>["value"];

/** Something wrong with an expression: at which node, and what. */
export type Fault = { readonly id: bigint; readonly message: string };

/** The variable that `has(endpoint.domain.id)` is turned to: its keys are the paths of the fields that are there. */
export const GIVEN = "@given";

/** Operators that are no functions to the library. */
const OPERATORS: ReadonlySet<string> = new Set(["_&&_", "_||_", "_?_:_", "_[_]", "@not_strictly_false"]);
/** Names of types, which are values too: `type(x) == int`. */
const TYPES: ReadonlySet<string> = new Set(
  "bool bytes double int list map null_type string type uint".split(" "),
);

type Walk = { readonly env: CelEnv; readonly faults: Fault[]; nodes: number };
/** What surrounds a node: the variables of the macros around it, and how many macros those are. */
type Scope = { readonly variables: readonly string[]; readonly macros: number };

/**
 * Everything that is wrong with an expression. It is changed in two places that the library lacks or has otherwise:
 * `matches(text, pattern)` becomes `text.matches(pattern)`, and `has` asks for what the endpoint has, not for its zero
 * values.
 */
export function guard(expr: Expr, env: CelEnv): Fault[] {
  const walk: Walk = { env, faults: [], nodes: 0 };
  visit(expr, { variables: [], macros: 0 }, walk);
  if (walk.nodes > SELECTOR_NODES) {
    const message = `it has ${walk.nodes} nodes and must have at most ${SELECTOR_NODES}; use several selectors`;
    walk.faults.unshift({ id: expr.id, message });
  }
  return walk.faults;
}

function visit(expr: Expr | undefined, scope: Scope, walk: Walk): void {
  if (expr === undefined) return;
  walk.nodes++;
  const { exprKind } = expr;
  switch (exprKind.case) {
    case "identExpr":
      visitName(expr.id, exprKind.value.name, scope, walk);
      break;
    case "selectExpr":
      visitSelect(expr.id, exprKind.value, scope, walk);
      break;
    case "callExpr":
      visitCall(expr.id, exprKind.value, scope, walk);
      break;
    case "comprehensionExpr":
      visitMacro(expr.id, exprKind.value, scope, walk);
      break;
    case "listExpr":
      for (const element of exprKind.value.elements) visit(element, scope, walk);
      break;
    case "structExpr":
      visitMap(expr.id, exprKind.value, scope, walk);
      break;
  }
}

/** A map literal; the same node is a message of a type, of which there is none. */
function visitMap(id: bigint, struct: Struct, scope: Scope, walk: Walk): void {
  if (struct.messageName !== "") walk.faults.push({ id, message: `there is no type ${struct.messageName}` });
  for (const { keyKind, value } of struct.entries) {
    if (keyKind.case === "mapKey") visit(keyKind.value, scope, walk);
    visit(value, scope, walk);
  }
}

function visitName(id: bigint, name: string, scope: Scope, walk: Walk): void {
  if (name === "endpoint" || TYPES.has(name) || scope.variables.includes(name)) return;
  walk.faults.push({ id, message: `there is no variable ${name}; there is endpoint` });
}

function visitSelect(id: bigint, select: Select, scope: Scope, walk: Walk): void {
  visit(select.operand, scope, walk);
  checkField(id, select.operand, select.field, scope, walk);
  const path = select.testOnly ? pathOf(select.operand, scope) : undefined;
  if (path === undefined || select.operand === undefined) return;
  select.field = [...path, select.field].join(".");
  select.operand = { ...select.operand, exprKind: identifier(GIVEN) };
}

function identifier(name: string): Expr["exprKind"] {
  return { case: "identExpr", value: { $typeName: "cel.expr.Expr.Ident", name } };
}

function visitCall(id: bigint, call: Call, scope: Scope, walk: Walk): void {
  if (!OPERATORS.has(call.function) && walk.env.funcs.find(call.function) === undefined) {
    walk.faults.push({ id, message: `there is no function ${call.function}` });
  }
  visit(call.target, scope, walk);
  for (const arg of call.args) visit(arg, scope, walk);
  const [first, second] = call.args;
  if (call.function === "_[_]" && second?.exprKind.case === "constExpr") {
    const { constantKind } = second.exprKind.value;
    if (constantKind.case === "stringValue") checkField(id, first, constantKind.value, scope, walk);
  }
  if (call.function === "matches" && call.target === undefined && first && second) {
    call.target = first;
    call.args = [second];
  }
}

/** Macros such as `exists` are comprehensions by now: loops over a range, with variables of their own. */
function visitMacro(id: bigint, macro: Comprehension, scope: Scope, walk: Walk): void {
  const macros = scope.macros + 1;
  if (macros > SELECTOR_NESTED_MACROS) {
    const message = `macros must be nested at most ${SELECTOR_NESTED_MACROS} deep: each multiplies what it costs`;
    walk.faults.push({ id, message });
    return;
  }
  const around = { ...scope, macros };
  const own = [macro.iterVar, macro.iterVar2, macro.accuVar].filter((name) => name !== "");
  const within = { variables: [...scope.variables, ...own], macros };
  visit(macro.iterRange, around, walk);
  visit(macro.accuInit, around, walk);
  for (const part of [macro.loopCondition, macro.loopStep, macro.result]) visit(part, within, walk);
}

function checkField(id: bigint, operand: Expr | undefined, field: string, scope: Scope, walk: Walk): void {
  const path = pathOf(operand, scope);
  if (path === undefined) return;
  const type = typeAt(path);
  const place = ["endpoint", ...path].join(".");
  if (type === undefined) return;
  if (typeof type !== "object") {
    walk.faults.push({ id, message: `${place} has no fields, so no ${field}` });
  } else if (!Object.hasOwn(type, field)) {
    const known = Object.keys(type).sort().join(", ");
    walk.faults.push({ id, message: `${place} has no field ${field}; it has ${known}` });
  }
}

/** The fields that lead from `endpoint` to an expression; undefined where it does not start there. */
function pathOf(expr: Expr | undefined, scope: Scope): string[] | undefined {
  if (expr?.exprKind.case === "identExpr") {
    const { name } = expr.exprKind.value;
    return name === "endpoint" && !scope.variables.includes(name) ? [] : undefined;
  }
  if (expr?.exprKind.case !== "selectExpr" || expr.exprKind.value.testOnly) return undefined;
  const { operand, field } = expr.exprKind.value;
  return pathOf(operand, scope)?.concat(field);
}

function typeAt(path: readonly string[]): FieldType | undefined {
  let type: FieldType | undefined = ENDPOINT_FIELDS;
  for (const name of path) {
    if (typeof type !== "object" || !Object.hasOwn(type, name)) return undefined;
    type = type[name];
  }
  return type;
}
