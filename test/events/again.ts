import { expect } from "vitest";
import { TOMBSTONE_LIFE_MS } from "../../lib/settings/limits.ts";
import type { Answer, FunctionUnderTest } from "../support/function.ts";
import type { Scene } from "../support/scene.ts";

/** An instance for which every tombstone that is there has expired. */
export function afterTombstones(scene: Scene, env: Record<string, string> = {}): FunctionUnderTest {
  const later = scene.start(env);
  later.advance(2 * TOMBSTONE_LIFE_MS);
  return later;
}

/** Posts an event that was posted before. No write may reach the API server, not even one that it refuses. */
export async function onceMore(
  scene: Scene,
  fn: FunctionUnderTest,
  event: unknown,
  query = "",
): Promise<Answer> {
  const { answer, writes } = await observed(scene, () => fn.post(event, { query }));
  expect(writes).toEqual([]);
  return answer;
}

/** An answer, with the writes that the API server saw until then. */
export async function observed(
  scene: Scene,
  post: () => Promise<Answer>,
): Promise<{ answer: Answer; writes: string[] }> {
  const answers: Answer[] = [];
  const writes = await scene.writes(async () => answers.push(await post()));
  return { answer: answers[0] as Answer, writes };
}

/** What a delivery that was answered so is answered when it comes again. */
export function repeated({ status, body }: Answer): object {
  return { ...body, outcome: status === 400 ? "rejected" : "unchanged", changes: [] };
}
