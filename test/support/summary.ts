import { readFileSync } from "node:fs";

// Prints the one line that a run of all checks ends with: summary.ts <JSON report of vitest> <check> <tests>, where
// the last two are how `npm run check` and `npm test` ended.

type Report = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
};

const [file = "", check = "", tests = ""] = process.argv.slice(2);
const report = readReport();
const passed = report.numPassedTests + (check === "passed" ? 1 : 0);
const skipped = report.numPendingTests + report.numTodoTests;
let failed = report.numFailedTests + filesWithoutTests() + (check === "passed" ? 0 : 1);
// What no test accounts for, such as an error after the last one.
if (tests !== "passed" && failed === 0) failed = 1;

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;

/** Files that failed before or after their tests, so that none of these says so. */
function filesWithoutTests(): number {
  return report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((assertion) => assertion.status === "failed"),
  ).length;
}

/** A run that died before it wrote its report has no tests to count. */
function readReport(): Report {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  }
}
