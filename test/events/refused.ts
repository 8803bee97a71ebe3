import { expect } from "vitest";
import type { Answer, HttpFunction } from "../support/function.ts";
import type { Scene } from "../support/scene.ts";

/** Posts what must come to nothing, and holds the answer to being a problem (RFC 9457). */
export type Refused = (
  event: unknown,
  options?: Parameters<HttpFunction["post"]>[1],
  by?: HttpFunction,
) => Promise<Answer>;

/** The API server is not asked for anything. */
export function refusing(scene: Scene): Refused {
  return async (event, options = {}, by = scene.fn) => {
    let answer: Answer | undefined;
    const requests = await scene.requests(async () => {
      answer = await by.post(event, options);
    });
    expect(requests).toEqual([]);
    const { status, headers, body } = answer as Answer;
    expect(headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(body).toMatchObject({ status, type: expect.stringMatching(/^urn:pushbind:problem:[a-z-]+$/) });
    expect(body.title).toMatch(/^[A-Z][a-z ]+/);
    return answer as Answer;
  };
}

/** Where something is wrong, and what kind of wrong it is. */
export const wrongOf = ({ body }: Answer): [at: string, reason: string][] | undefined =>
  body.errors?.map(({ at, reason }) => [at, reason]);
