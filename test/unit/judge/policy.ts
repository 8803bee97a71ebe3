import type { Policy } from "../../../lib/judge/judge.ts";
import { parseGlobs } from "../../../lib/judge/namespaces.ts";
import { compileSelectors, type Selectors } from "../../../lib/judge/selectors.ts";

export function selectorsOf(...sources: string[]): Selectors {
  const compiled = compileSelectors(sources);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.selectors;
}

type Given = { selectors?: string[]; allowed?: string; denied?: string; operators?: string[] };

export function policyOf({ selectors, allowed, denied, operators }: Given = {}): Policy {
  const globs = (list: string | undefined) => {
    const parsed = parseGlobs(list ?? "", "LIST");
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.globs;
  };
  return {
    selectors: selectorsOf(...(selectors ?? ["true"])),
    namespaces: {
      allowed: globs(allowed),
      denied: globs(denied),
      operators: new Set(operators ?? ["ngrok-operator"]),
    },
  };
}
