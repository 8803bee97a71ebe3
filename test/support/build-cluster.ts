import { findParts } from "./cluster-parts.ts";

// Builds what the tests on a real API server need, ahead of them, so that the build has the machine to itself.

const { missing } = await findParts((line) => console.log(line));
for (const line of missing) console.error(line);
if (missing.length > 0) process.exitCode = 1;
