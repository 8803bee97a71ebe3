import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

const SUMMARY = join(import.meta.dirname, "summary.ts");

function summary(
  report: object | undefined,
  check: string,
  tests: string,
): { line: string; code: number | null } {
  const folder = mkdtempSync(join(tmpdir(), "pushbind-summary-"));
  const file = join(folder, "report.json");
  if (report !== undefined) writeFileSync(file, JSON.stringify(report));
  const { stdout, status } = spawnSync(process.execPath, [SUMMARY, file, check, tests], { encoding: "utf8" });
  rmSync(folder, { recursive: true });
  return { line: stdout, code: status };
}

const report = (change: object = {}) => ({
  numPassedTests: 7,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ status: "passed", assertionResults: [{ status: "passed" }] }],
  ...change,
});
const brokenFile = { testResults: [{ status: "failed", assertionResults: [] }] };

it.each([
  ["all is well", report(), "passed", "passed", "8 passed, 0 failed", 0],
  [
    "tests were skipped",
    report({ numPendingTests: 2 }),
    "passed",
    "passed",
    "8 passed, 0 failed, 2 skipped",
    0,
  ],
  ["a test failed", report({ numFailedTests: 1 }), "passed", "failed", "8 passed, 1 failed", 1],
  ["a file could not be read", report(brokenFile), "passed", "failed", "8 passed, 1 failed", 1],
  ["the check failed", report(), "failed", "passed", "7 passed, 1 failed", 1],
  ["an error came after the tests", report(), "passed", "failed", "8 passed, 1 failed", 1],
  ["the run wrote no report", undefined, "passed", "failed", "1 passed, 1 failed", 1],
])("counts when %s", (_, results, check, tests, line, code) => {
  expect(summary(results, check, tests)).toEqual({ line: `${line}\n`, code });
});
