import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { Normalizer } from "./normalize.ts";
import {
  type Answer,
  contractTargets,
  type Kubectl,
  type Method,
  type RequestOptions,
  type Target,
} from "./targets.ts";

export const TARGETS = await contractTargets();

export const MERGE_PATCH: RequestOptions = { contentType: "application/merge-patch+json" };
export const JSON_PATCH: RequestOptions = { contentType: "application/json-patch+json" };
export const STRATEGIC_MERGE_PATCH: RequestOptions = {
  contentType: "application/strategic-merge-patch+json",
};

/**
 * A target as one test uses it. Everything that it answers is kept, normalized, so that the answers of two targets can
 * be compared whole, beyond what the test itself asserts.
 */
export class Api {
  readonly target: Target;
  readonly transcript: unknown[] = [];
  readonly #namespaces = new Map<string, string>();
  readonly #normalizer = new Normalizer(this.#namespaces);

  constructor(target: Target) {
    this.target = target;
  }

  /** The name of a namespace that is nobody else's; it is not created. */
  freshName(): string {
    const name = `contract-${randomUUID().slice(0, 8)}`;
    this.#namespaces.set(name, `<namespace ${this.#namespaces.size + 1}>`);
    return name;
  }

  /** Creates a namespace that is nobody else's and returns its name. */
  async namespace(): Promise<string> {
    const name = this.freshName();
    const { status } = await this.post("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    });
    expect(status).toBe(201);
    return name;
  }

  async send(method: Method, path: string, body?: unknown, options?: RequestOptions): Promise<Answer> {
    const answer = await this.target.send(method, path, body, options);
    this.transcript.push({
      request: `${method} ${this.#normalizer.text(path)}`,
      ...(this.#normalizer.answer(answer) as object),
    });
    return answer;
  }

  get(path: string, options?: RequestOptions): Promise<Answer> {
    return this.send("GET", path, undefined, options);
  }

  post(path: string, body: unknown, options?: RequestOptions): Promise<Answer> {
    return this.send("POST", path, body, options);
  }

  /** A merge patch, unless the options say otherwise. */
  patch(path: string, body: unknown, options: RequestOptions = MERGE_PATCH): Promise<Answer> {
    return this.send("PATCH", path, body, options);
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.send("PUT", path, body);
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.send("DELETE", path, body);
  }

  /** Runs kubectl and returns what it printed, normalized; fails where it does not end with the code. */
  async kubectl(
    args: readonly string[],
    { input = "", code = 0 }: { input?: string; code?: number } = {},
  ): Promise<string> {
    const result = await this.#run(args, { input });
    return this.#keep(args, result.code, result.stdout + result.stderr, code);
  }

  /** Runs kubectl and acts as soon as it watches. What is returned is what it printed. */
  async kubectlWatching(args: readonly string[], act: () => Promise<unknown>): Promise<string> {
    let acting: Promise<unknown> | undefined;
    // At this verbosity, kubectl tells of each response.
    const result = await this.#run([...args, "-v=6"], {
      onErrorLine: (line) => {
        if (line.includes("watch=true")) acting ??= act();
      },
    });
    expect(acting, `kubectl ${args.join(" ")} watched nothing:\n${result.stderr}`).toBeDefined();
    await acting;
    return this.#keep(args, result.code, result.stdout, 0);
  }

  #run(...call: Parameters<Kubectl>): ReturnType<Kubectl> {
    if (this.target.kubectl === undefined) throw new Error("there is no kubectl");
    return this.target.kubectl(...call);
  }

  #keep(args: readonly string[], code: number | null, printed: string, expected: number): string {
    const output = this.#normalizer.output(printed);
    expect({ code, output }).toMatchObject({ code: expected });
    this.transcript.push({ kubectl: args.map((arg) => this.#normalizer.text(arg)), output });
    return output;
  }

  /** Keeps a value for the comparison. */
  note(value: unknown): void {
    this.transcript.push(this.#normalizer.value(value));
  }
}

/** One test for each target, and one that both gave the same answers throughout. */
export function contract(
  title: string,
  run: (api: Api) => Promise<void>,
  { needsKubectl = false } = {},
): void {
  const targets = TARGETS.filter(({ kubectl }) => !needsKubectl || kubectl !== undefined);
  describe.skipIf(targets.length === 0)(title, () => {
    const transcripts = new Map<string, unknown[]>();
    test.each(targets)("on the $name API", async (target) => {
      const api = new Api(target);
      await run(api);
      transcripts.set(target.name, api.transcript);
    });
    test.skipIf(targets.length < 2)("alike on both", () => {
      expect(transcripts.get("embedded")).toEqual(
        transcripts.get("real") ?? "the test on the real API failed",
      );
    });
  });
}
