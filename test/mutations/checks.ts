import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RunResult, run } from "../support/run.ts";
import type { Found } from "./hunt.ts";
import type { CheckName } from "./mutation.ts";

/** What a check made of a copy of the project. */
export type Result = {
  /** What it found wrong, in a line; undefined where nothing is. */
  caught?: string;
  /** How many tests failed, or how many histories or scenarios it took; where nothing was caught, of how many. */
  effort: number;
};

export type SearchOptions = {
  /** Of the first random history; the next have the numbers after it. */
  seed: number;
  /** How many random histories are played at most. */
  histories: number;
};

/** A check that takes longer than this, in milliseconds, is no check to run often. */
const DEADLINE_MS = 15 * 60_000;

/** Of a copy: only what ships, since a mutation changes nothing else, and what it leaves unused is no error. */
const COMPILER_OPTIONS = {
  extends: "./tsconfig.json",
  compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
  include: ["functions", "lib"],
};

/**
 * Compiles the copy. A mutation that does not compile would show nothing: no test is needed to catch it.
 *
 * @throws Error with what the compiler says
 */
export async function compile(folder: string): Promise<void> {
  const config = join(folder, "tsconfig.mutation.json");
  await writeFile(config, JSON.stringify(COMPILER_OPTIONS));
  const { code, stdout } = await runIn(folder, ["node_modules/typescript/bin/tsc", "-p", config]);
  if (code !== 0) throw new Error(`it does not compile: ${stdout}`);
}

/**
 * Runs one check in a copy of the project.
 *
 * @throws Error where the check itself could not be run: then it has shown nothing
 */
export function check(name: CheckName, folder: string, options: SearchOptions): Promise<Result> {
  return name === "unit" ? runUnitTests(folder) : hunt(name, folder, options);
}

async function runUnitTests(folder: string): Promise<Result> {
  const file = join(folder, "report.json");
  const how = ["run", "--reporter=json", `--outputFile=${file}`, "--cache=false"];
  const { stderr } = await runIn(folder, [
    "node_modules/vitest/vitest.mjs",
    ...how,
    "test/unit/plan",
    "test/unit/register",
  ]);
  const { numTotalTests, numFailedTests, testResults } = await readReport(file, stderr);
  const broken = testResults.find(({ assertionResults }) => assertionResults.length === 0);
  if (broken !== undefined) throw new Error(`${broken.name} could not be loaded: ${broken.message}`);
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === "failed");
  if (failed === undefined) return { effort: numTotalTests };
  return { caught: failed.fullName.trim(), effort: numFailedTests };
}

async function hunt(
  name: CheckName,
  folder: string,
  { seed, histories: limit }: SearchOptions,
): Promise<Result> {
  const how = [`--check=${name}`, `--seed=${seed}`, `--histories=${limit}`];
  const { code, stdout, stderr } = await runIn(folder, ["test/mutations/hunt.ts", ...how]);
  if (code !== 0) throw new Error(`the search did not end (${code ?? "out of time"}): ${tail(stderr)}`);
  const { violation, effort } = JSON.parse(stdout) as Found;
  return { ...(violation === undefined ? {} : { caught: violation }), effort };
}

/** Of Vitest's JSON reporter, what is read here. */
type Report = {
  numTotalTests: number;
  numFailedTests: number;
  testResults: {
    name: string;
    message: string;
    assertionResults: { status: string; fullName: string }[];
  }[];
};

async function readReport(file: string, stderr: string): Promise<Report> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) throw new Error(`the unit tests did not run: ${tail(stderr)}`);
  return JSON.parse(text) as Report;
}

/** Runs a script of the copy with this very Node. */
function runIn(folder: string, args: string[]): Promise<RunResult> {
  return run(process.execPath, args, { cwd: folder, deadline: DEADLINE_MS });
}

function tail(text: string): string {
  return text.trim().split("\n").slice(-20).join("\n");
}
