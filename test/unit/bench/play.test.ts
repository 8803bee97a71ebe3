import { expect, it } from "vitest";
import type { Answer, Client } from "../../bench/client.ts";
import { playAll } from "../../bench/play.ts";
import { type Call, type Script, single } from "../../bench/script.ts";

type Sent = { path: string; body: string | undefined };

/** Answers in turn, each a while after it was asked. */
function clientOf(answer: (call: Call) => Answer): { client: Client; sent: Sent[]; atOnce: () => number } {
  const sent: Sent[] = [];
  let open = 0;
  let most = 0;
  const client: Client = {
    async send(call, body) {
      sent.push({ path: call.path, body });
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open--;
      return answer(call);
    },
  };
  return { client, sent, atOnce: () => most };
}

const get = (path: string): Call => ({ method: "GET", path, status: 200, isNeeded: true });
const fine = (): Answer => ({ status: 200, text: "{}" });

it("fills in what earlier calls were answered", async () => {
  const script: Script = [
    [get("/a"), get("/b")],
    [
      {
        ...get("/c"),
        method: "PATCH",
        body: ['{"at":"', { call: 1, field: "resourceVersion" }, '","of":"', { call: 0, field: "uid" }, '"}'],
      },
    ],
  ];
  const { client, sent } = clientOf(({ path }) => ({
    status: 200,
    text: `{"metadata":{"labels":{"x":"\\"uid\\":\\"no\\""},"resourceVersion":"7${path}","uid":"u${path}"},"uid":"no"}`,
  }));
  const { unexpected } = await playAll(client, [script], { concurrency: 1, warmUp: 0 });
  expect(sent.at(-1)).toEqual({ path: "/c", body: '{"at":"7/b","of":"u/a"}' });
  expect(unexpected).toEqual({ count: 0, first: undefined });
});

it("sends the calls of a stage side by side, and no more scripts at once than asked for", async () => {
  const script: Script = [[get("/a")], [get("/b"), get("/c")]];
  const { client, sent, atOnce } = clientOf(fine);
  await playAll(client, Array<Script>(10).fill(script), { concurrency: 3, warmUp: 3 });
  expect(sent).toHaveLength(30);
  expect(atOnce()).toBe(6);
});

it("measures from the end of the warm-up to the start of the last", async () => {
  const { client } = clientOf(fine);
  const scripts = Array.from({ length: 20 }, (_, n) => single(get(`/${n}`)));
  const { latencies, rate, seconds } = await playAll(client, scripts, { concurrency: 4, warmUp: 5 });
  // Of the twenty, five come before, and those that run while the last one starts end after.
  expect(latencies).toHaveLength(20 - 5 - 4);
  expect(rate).toBeGreaterThan(0);
  expect(seconds).toBeGreaterThan(0);
});

it("measures to the end where there is one at a time", async () => {
  const { client } = clientOf(fine);
  const scripts = Array.from({ length: 8 }, (_, n) => single(get(`/${n}`)));
  const { latencies } = await playAll(client, scripts, { concurrency: 1, warmUp: 2 });
  expect(latencies).toHaveLength(6);
});

it("says how many answers were not as they should be, and what the first of them was", async () => {
  const { client } = clientOf(({ path }) => ({ status: path === "/2" ? 409 : 200, text: "taken" }));
  const scripts = Array.from({ length: 4 }, (_, n) => single(get(`/${n}`)));
  const { unexpected } = await playAll(client, scripts, { concurrency: 2, warmUp: 0 });
  expect(unexpected).toEqual({ count: 1, first: "GET /2: 409 instead of 200: taken" });
});
