import { findParts } from "./cluster-parts.ts";

// Builds what the tests on a real API server need, ahead of them, so that the build has the machine to itself.

const { missing } = await findParts((line) => console.log(line));
if (missing !== undefined) {
  console.error(missing);
  process.exitCode = 1;
}
