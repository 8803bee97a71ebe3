import { findParts } from "./cluster-parts.ts";

// Builds what the tests on a real API server need, ahead of them, so that the build has the machine to itself.

const found = await findParts((line) => console.log(line));
if (!found.ok) {
  console.error(found.missing);
  process.exitCode = 1;
}
