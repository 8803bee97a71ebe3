import type { Answer, Client } from "./client.ts";
import type { Call, Script } from "./script.ts";

export type PlayOptions = {
  /** How many scripts are under way at once. */
  readonly concurrency: number;
  /** How many of the first scripts are not measured: they open connections and fill caches. */
  readonly warmUp: number;
};

export type Played = {
  /**
   * Scripts a second while as many as asked for were under way: from the end of the warm-up to the start of the last.
   */
  readonly rate: number;
  /** From the start of the first script to the end of the last. */
  readonly seconds: number;
  /** What each script took that ended in that time, in milliseconds. */
  readonly latencies: number[];
  /** How many calls were answered otherwise than they should be, and the first of them in words. */
  readonly unexpected: { readonly count: number; readonly first: string | undefined };
};

/** Plays scripts, each as a sender or the function would: the next as soon as one has ended. */
export async function playAll(
  client: Client,
  scripts: readonly Script[],
  { concurrency, warmUp }: PlayOptions,
): Promise<Played> {
  const unexpected: string[] = [];
  const ended: { at: number; took: number }[] = [];
  const start = performance.now();
  let from = start;
  let until = Number.POSITIVE_INFINITY;
  const queue = scripts.entries();
  const work = async () => {
    for (const [index, script] of queue) {
      const begun = performance.now();
      if (index === scripts.length - 1 && concurrency > 1) until = begun;
      await play(client, script, unexpected);
      const now = performance.now();
      ended.push({ at: now, took: now - begun });
      if (ended.length === warmUp) from = now;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const measured = ended.filter(({ at }, index) => index >= warmUp && at <= until);
  const last = ended.at(-1)?.at ?? start;
  return {
    rate: (measured.length / (Math.min(until, last) - from)) * 1000,
    seconds: (last - start) / 1000,
    latencies: measured.map(({ took }) => took),
    unexpected: { count: unexpected.length, first: unexpected[0] },
  };
}

async function play(client: Client, script: Script, unexpected: string[]): Promise<void> {
  const answers: Answer[] = [];
  for (const stage of script) {
    const sent = stage.map((call) => client.send(call, textOf(call, answers)));
    const received = await Promise.all(sent);
    answers.push(...received);
    for (const [index, call] of stage.entries()) check(call, received[index] as Answer, unexpected);
  }
}

function check({ method, path, status }: Call, answer: Answer, unexpected: string[]): void {
  if (answer.status === status) return;
  unexpected.push(`${method} ${path}: ${answer.status} instead of ${status}: ${answer.text.slice(0, 300)}`);
}

function textOf({ body }: Call, answers: readonly Answer[]): string | undefined {
  if (body === undefined) return undefined;
  return body
    .map((piece) =>
      typeof piece === "string" ? piece : valueIn(answers[piece.call]?.text ?? "", piece.field),
    )
    .join("");
}

/**
 * A field of an object's metadata in its JSON. The first of that name is the object's own: the API server writes the
 * metadata first, and within a string the quotes would be escaped.
 */
function valueIn(text: string, field: "resourceVersion" | "uid"): string {
  const before = `"${field}":"`;
  const start = text.indexOf(before) + before.length;
  return text.slice(start, text.indexOf('"', start));
}
