/**
 * Endpoint selectors: CEL expressions (https://cel.dev) over `endpoint`, of which any one selects. What they can say
 * stands in `selector-fields.ts`.
 */
import { type CelEnv, celEnv, isCelError, parse, plan } from "@bufbuild/cel";
import type { Endpoint } from "../../schemas/types.ts";
import { type Problem, quote } from "../endpoint/problem.ts";
import { type EndpointURL, parseEndpointURL } from "../endpoint/url.ts";
import { MAX_SELECTORS, SELECTOR_LENGTH } from "../settings/limits.ts";
import { type SelectorInput, selectorInput } from "./selector-fields.ts";
import { GIVEN, guard } from "./selector-guard.ts";

/** Why no selector selects an endpoint: none does, or none does and some could not be evaluated. */
export type Unselected = { reason: "NotSelected" | "SelectorError"; message: string };

/** Selectors that were compiled: nothing about them can be wrong any more but what depends on an endpoint. */
export type Selectors = {
  readonly sources: readonly string[];
  /** Why no selector selects the endpoint, or nothing where one does. Never throws. */
  judge(endpoint: Endpoint, url: EndpointURL): Unselected | undefined;
};

/** One compiled expression: whether it selects, or in words why it could not be evaluated. */
type Selector = { readonly source: string; evaluate(variables: () => Variables): boolean | string };
type Variables = Record<string, SelectorInput["endpoint"]>;

/** Made when the first expression is compiled that is not simply `true`: loading the library is a fifth of a start. */
let library: CelEnv | undefined;

/**
 * Compiles a list of expressions and says everything that is wrong with each of them.
 *
 * @param at name of the variable that has the list, for the problems: `ENDPOINT_SELECTORS[0]`, ...
 */
export function compileSelectors(
  sources: readonly string[],
  at = "ENDPOINT_SELECTORS",
): { ok: true; selectors: Selectors } | { ok: false; problems: Problem[] } {
  if (sources.length > MAX_SELECTORS) {
    const message = `there are ${sources.length} selectors; there must be at most ${MAX_SELECTORS}`;
    return { ok: false, problems: [{ at, reason: "TooMany", message }] };
  }
  const compiled = sources.map(compile);
  const problems = compiled.flatMap((outcome, index) =>
    Array.isArray(outcome) ? outcome.map((message) => problemOf(message, `${at}[${index}]`)) : [],
  );
  if (problems.length > 0) return { ok: false, problems };
  const selectors = compiled.filter((outcome): outcome is Selector => !Array.isArray(outcome));
  return { ok: true, selectors: { sources, judge: (endpoint, url) => select(selectors, endpoint, url) } };
}

function problemOf(message: string, at: string): Problem {
  return { at, reason: "SelectorInvalid", message };
}

function select(
  selectors: readonly Selector[],
  endpoint: Endpoint,
  url: EndpointURL,
): Unselected | undefined {
  let made: Variables | undefined;
  const variables = () => {
    made ??= variablesOf(endpoint, url);
    return made;
  };
  const errors: string[] = [];
  for (const selector of selectors) {
    const selected = selector.evaluate(variables);
    if (selected === true) return undefined;
    if (selected !== false) errors.push(`${quote(selector.source)}: ${selected}`);
  }
  const sources = selectors.map(({ source }) => quote(source)).join(", ") || "there are none";
  if (errors.length === 0) {
    return { reason: "NotSelected", message: `none of the endpoint selectors selects it: ${sources}` };
  }
  const message = `none of the endpoint selectors selects it, and some fail on it: ${errors.join("; ")}`;
  return { reason: "SelectorError", message };
}

function variablesOf(endpoint: Endpoint, url: EndpointURL): Variables {
  const { endpoint: fields, given } = selectorInput(endpoint, url);
  return { endpoint: fields, [GIVEN]: given };
}

/** The compiled expression, or everything that is wrong with it. */
function compile(source: string): Selector | string[] {
  if (source.trim() === "") return ["it is empty; it must be an expression, such as true"];
  if (source.length > SELECTOR_LENGTH) {
    return [
      `it has ${source.length} characters and must have at most ${SELECTOR_LENGTH}; use several selectors`,
    ];
  }
  const literal = LITERALS.get(source.trim());
  if (literal !== undefined) return { source, evaluate: () => literal };
  library ??= celEnv();
  return compileExpression(source, library);
}

function compileExpression(source: string, env: CelEnv): Selector | string[] {
  const parsed = parseOrFault(source);
  if (typeof parsed === "string") return [parsed];
  const where = (id: bigint | undefined) => placeOf(source, parsed.sourceInfo?.positions[String(id)]);
  const faults = guard(parsed.expr, env);
  if (faults.length > 0) return faults.map(({ id, message }) => `${where(id)}: ${message}`);
  const run = plan(env, parsed.expr);
  const selector: Selector = {
    source,
    evaluate(variables) {
      const result = run(variables());
      if (isCelError(result)) return `${where(result.exprId)}: ${result.message}`;
      return typeof result === "boolean" ? result : NOT_BOOLEAN;
    },
  };
  const failure = tryOut(selector);
  return failure === undefined ? selector : [failure];
}

/** What needs no evaluation: `true` is the default. */
const LITERALS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false],
]);

const NOT_BOOLEAN = "its value is no boolean; a selector must be true or false";

function parseOrFault(source: string): ReturnType<typeof parse> | string {
  try {
    return parse(source);
  } catch (error) {
    // The parser calls itself for each level of brackets, until the stack is full.
    if (error instanceof RangeError) return "it is nested too deep";
    const text = error instanceof Error ? error.message : String(error);
    return text.replace(/^<input>:(\d+):(\d+): /, "line $1, column $2: ");
  }
}

/**
 * Mistakes that are the same for every endpoint show at once when the expression is evaluated on one that has all
 * fields. Other failures may be that endpoint's own, such as a list that is too short.
 */
function tryOut(selector: Selector): string | undefined {
  const result = selector.evaluate(() => {
    sample ??= sampleVariables();
    return sample;
  });
  if (typeof result === "boolean") return undefined;
  return result === NOT_BOOLEAN || /found no matching overload|error parsing regexp/.test(result)
    ? result
    : undefined;
}

let sample: Variables | undefined;

function sampleVariables(): Variables {
  const parsed = parseEndpointURL("http://app.example:80", "sample");
  if (!parsed.ok) throw new Error("the sample's URL is wrong");
  const reference = { id: "x_1", uri: "https://api.ngrok.com/x/x_1" };
  const time = "2026-01-02T03:04:05Z";
  const endpoint: Endpoint = {
    ...{ id: "ep_1", type: "cloud", bindings: ["kubernetes"], url: "http://app.example:80", region: "eu" },
    ...{
      created_at: time,
      updated_at: time,
      description: "a sample",
      domain: reference,
      principal: reference,
    },
    ...{
      host: "app.example",
      hostport: "app.example:80",
      metadata: "{}",
      pooling_enabled: true,
      proto: "http",
    },
    ...{ public_url: "http://app.example:80", uri: "https://api.ngrok.com/endpoints/ep_1" },
  };
  return variablesOf(endpoint, parsed.url);
}

function placeOf(source: string, offset: number | undefined): string {
  const before = source.slice(0, offset ?? 0);
  const line = before.split("\n").length;
  return `line ${line}, column ${before.length - before.lastIndexOf("\n")}`;
}
