import { describe, test } from "vitest";
import { realCluster } from "../support/real-cluster.ts";
import { openScene, type Scene } from "../support/scene.ts";

/**
 * Tests with a part of the real API server of their own. Where there is none, the suite is reported as skipped.
 *
 * @param name of the target namespace; the operator namespace is `op-<name>`. No other suite may have it
 * @param env of the scene's function
 */
export function describeScene(
  title: string,
  name: string,
  tests: (scene: Scene) => void,
  env: Record<string, string> = {},
): void {
  describe(title, async () => {
    const cluster = await realCluster();
    if (cluster === undefined) test.skip("needs a real API server");
    else tests(await openScene(cluster, name, env));
  });
}
