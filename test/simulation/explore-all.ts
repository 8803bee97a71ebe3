import { type ExploreOptions, explore } from "./explore.ts";
import { PAIRS, type Scenario, TRIPLES } from "./scenarios.ts";

type Exploration = { scenario: Scenario; options: ExploreOptions };

/**
 * Two events with two crashes and each call apart; three with one crash, the calls that a delivery makes side by side
 * together: with each call apart, one of those alone has more than sixteen million states, those with several URLs many more.
 */
const EXPLORATIONS: Exploration[] = [
  ...PAIRS.flatMap((scenario) =>
    [false, true].map((lastFirst) => ({ scenario, options: { crashes: 2, lastFirst } })),
  ),
  ...TRIPLES.map((scenario) => ({ scenario, options: { crashes: 1, together: true } })),
];

/**
 * Explores every scenario whole.
 *
 * @param only a text that the scenario's name has to contain
 * @returns whether all of them are right
 */
export async function exploreAll(
  print: (line: string) => void,
  only = "",
  onProgress: (states: number) => void = () => undefined,
): Promise<boolean> {
  const start = performance.now();
  let states = 0;
  for (const { scenario, options } of EXPLORATIONS) {
    if (!scenario.name.includes(only)) continue;
    const explored = await exploreOne(scenario, { ...options, onProgress }, print);
    if (explored === undefined) return false;
    states += explored;
  }
  print(`${states} states in ${secondsSince(start)} s, none wrong`);
  return true;
}

async function exploreOne(
  scenario: Scenario,
  options: ExploreOptions,
  print: (line: string) => void,
): Promise<number | undefined> {
  const start = performance.now();
  const { states, ends, failure } = await explore(scenario, options);
  print(
    `${scenario.events.length} events, ${options.crashes} crashes: ${scenario.name}: ${states} states, ${ends} ends, ${secondsSince(start)} s`,
  );
  if (failure === undefined) return states;
  for (const step of failure.steps) print(`  ${step}`);
  for (const violation of failure.violations) print(`VIOLATED  ${violation}`);
  return undefined;
}

function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 1000);
}
