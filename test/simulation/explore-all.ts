import { type ExploreOptions, explore } from "./explore.ts";
import { PAIRS, type Scenario, TRIPLES } from "./scenarios.ts";

/**
 * Explores every scenario whole: two events with two crashes, three with one.
 *
 * @returns whether all of them are right
 */
export async function exploreAll(print: (line: string) => void): Promise<boolean> {
  const start = performance.now();
  let states = 0;
  for (const [scenarios, crashes] of [
    [PAIRS, 2],
    [TRIPLES, 1],
  ] as const) {
    for (const scenario of scenarios) {
      for (const lastFirst of [false, true]) {
        const explored = await exploreOne(scenario, { crashes, lastFirst }, print);
        if (explored === undefined) return false;
        states += explored;
      }
    }
  }
  print(`${states} states in ${Math.round((performance.now() - start) / 1000)} s, none wrong`);
  return true;
}

async function exploreOne(
  scenario: Scenario,
  options: ExploreOptions,
  print: (line: string) => void,
): Promise<number | undefined> {
  const start = performance.now();
  const { states, ends, failure } = await explore(scenario, options);
  const seconds = Math.round((performance.now() - start) / 1000);
  print(
    `${scenario.events.length} events, ${options.crashes} crashes: ${scenario.name}: ${states} states, ${ends} ends, ${seconds} s`,
  );
  if (failure === undefined) return states;
  for (const step of failure.steps) print(`  ${step}`);
  for (const violation of failure.violations) print(`VIOLATED  ${violation}`);
  return undefined;
}
