import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/cluster-setup.ts"],
    // Tests on the real API server run kubectl and whole streams of events, on machines with two cores.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
