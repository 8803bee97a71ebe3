/** What is expected of a delivery; only what is named is compared. */
export type Expectation = { status?: number; outcome?: string; reason?: string; ready?: boolean };

/** What the cluster is expected to hold in the end. */
export type End = {
  /** Services, as `Service namespace/name`, that there must be outside of the operator namespace, and no others. */
  services: string[];
  /** The condition Ready of each BoundEndpoint by its URL, and no others. */
  boundEndpoints: Record<string, string>;
};

/** One line of a stream. */
export type Step = { line: number; say: string } & (
  | { kind: "post"; event: unknown; expect: Expectation }
  | { kind: "apply"; object: Record<string, unknown> }
  | { kind: "end"; end: End }
);

/**
 * Reads a stream of JSON lines. A line is an event as it is posted, or one of
 *
 *     {"say": "...", "post": <event>, "expect": {"status": 200, "outcome": "bound", "reason": "Bound", "ready": true}}
 *     {"say": "...", "apply": <Kubernetes object>}
 *     {"say": "...", "end": {"services": [...], "boundEndpoints": {"<URL>": "True"}}}
 *
 * @throws Error that names every line that is none of these
 */
export function readSteps(text: string): Step[] {
  const wrong: string[] = [];
  const steps = text.split("\n").flatMap((source, index): Step[] => {
    if (source.trim() === "") return [];
    try {
      return [stepOf(JSON.parse(source), index + 1)];
    } catch (error) {
      wrong.push(`line ${index + 1}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  });
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  return steps;
}

function stepOf(value: unknown, line: number): Step {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error("it must be a JSON object: an event, or a step with post, apply or end");
  }
  const { say = "", post, expect = {}, apply, end } = value as Record<string, never>;
  if (post !== undefined) return { kind: "post", line, say, event: post, expect };
  if (apply !== undefined) return { kind: "apply", line, say, object: apply };
  if (end !== undefined) return { kind: "end", line, say, end };
  return { kind: "post", line, say: "", event: value, expect: {} };
}
