import { request } from "undici";
import { afterAll } from "vitest";
import type { ReplyBody } from "../../functions/reply.ts";
import type { HttpFunction } from "../support/function.ts";
import type { Scene } from "../support/scene.ts";
import { spawnFunction } from "./spawned.ts";

/** The bundle as a process, with a scene's rights and operator namespace; it ends when the file is done. */
export function startShipped(scene: Scene, env: Record<string, string> = {}): HttpFunction {
  const cleanUps: (() => Promise<void>)[] = [];
  afterAll(async () => {
    for (const work of cleanUps) await work();
  });
  const cleanUp = (work: () => Promise<void>) => void cleanUps.push(work);
  let url: Promise<string> | undefined;
  const start = async () => {
    const theirs = { KUBECONFIG: scene.kubeconfig, OPERATOR_NAMESPACE: scene.operator };
    const spawned = await spawnFunction({ ...theirs, ...env }, { cleanUp });
    return spawned.url();
  };

  const ask: HttpFunction["request"] = async ({ method, path, headers = {}, body = null }) => {
    url ??= start();
    const response = await request((await url) + path, { method, headers, body });
    const text = await response.body.text();
    return {
      status: response.statusCode,
      headers: response.headers,
      body: text === "" ? ({} as ReplyBody) : JSON.parse(text),
      text,
    };
  };
  return {
    request: ask,
    post: (event, { query = "", headers = {} } = {}) =>
      ask({
        method: "POST",
        path: `/events${query}`,
        headers: { "content-type": "application/json", ...headers },
        body: typeof event === "string" ? event : JSON.stringify(event),
      }),
  };
}
