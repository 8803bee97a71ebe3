import type { KubeObject } from "../cluster/objects.ts";
import type { End, Expectation, Step } from "./steps.ts";

/** Where a stream is played to. */
export type Stage = {
  /** `http://127.0.0.1:8080`: the function. */
  function: string;
  /** `http://127.0.0.1:6480`: the Kubernetes API. */
  api: string;
  operatorNamespace: string;
  print: (line: string) => void;
};

/** What came back for an event. */
type Answer = Record<string, unknown> & { status: number };

/**
 * Plays a stream over HTTP and prints what comes back.
 *
 * @returns whatever was not as the stream says it must be, in words
 * @throws Error where the function or the API cannot be reached
 */
export async function play(steps: Step[], stage: Stage): Promise<string[]> {
  const surprises: string[] = [];
  for (const step of steps) {
    const found = await playStep(step, stage);
    surprises.push(...found.map((surprise) => `line ${step.line}: ${surprise}`));
  }
  return surprises;
}

async function playStep(step: Step, stage: Stage): Promise<string[]> {
  switch (step.kind) {
    case "apply":
      await create(step.object, stage);
      printCreated(step, stage.print);
      return [];
    case "post": {
      const answer = await post(step.event, stage);
      printAnswer(step, answer, stage.print);
      return compare(step.expect, answer);
    }
    case "end":
      return compareEnd(step.end, stage);
  }
}

async function create(object: Record<string, unknown>, { api }: Stage): Promise<void> {
  const { kind, metadata } = object as unknown as KubeObject;
  const plurals: Record<string, string> = { Namespace: "namespaces", Service: "services" };
  const plural = plurals[kind];
  if (plural === undefined) throw new Error(`apply knows Namespace and Service, not ${kind}`);
  const scope = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  const response = await fetch(`${api}/api/v1${scope}/${plural}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(object),
  });
  // A namespace that is there already is as good.
  if (!response.ok && response.status !== 409)
    throw new Error(`${kind} ${metadata.name}: ${await response.text()}`);
}

async function post(event: unknown, stage: Stage): Promise<Answer> {
  const response = await fetch(`${stage.function}/events`, {
    method: "POST",
    headers: { "content-type": contentTypeOf(event) },
    body: JSON.stringify(event),
  });
  return { ...((await response.json()) as object), status: response.status };
}

function printCreated({ object, say }: Step & { kind: "apply" }, print: Stage["print"]): void {
  const { kind, metadata } = object as unknown as KubeObject;
  const name = metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
  print("");
  print(`kubectl create ${kind} ${name}${say === "" ? "" : `   # ${say}`}`);
}

function contentTypeOf(event: unknown): string {
  return typeof event === "object" && event !== null && "specversion" in event
    ? "application/cloudevents+json"
    : "application/json";
}

function printAnswer(step: Step & { kind: "post" }, answer: Answer, print: Stage["print"]): void {
  const { status, outcome, reason, ready, changes = [], message, detail } = answer;
  const state = ready === undefined ? "" : ready ? "ready" : "not ready";
  print("");
  print(`POST ${labelOf(step.event)}${step.say === "" ? "" : `   # ${step.say}`}`);
  print(`     ${[status, outcome, reason, state].filter((part) => part !== "").join("  ")}`);
  for (const error of (answer.errors as { at: string; message: string }[] | undefined) ?? []) {
    print(`     ${error.at}: ${error.message}`);
  }
  if (answer.errors === undefined && reason !== "Bound") print(`     ${message ?? detail}`);
  for (const { action, kind, namespace, name } of changes as Record<string, string>[]) {
    print(`     ${words[action ?? ""]} ${kind} ${namespace}/${name}`);
  }
}

const words: Record<string, string> = {
  created: "+",
  changed: "~",
  statusChanged: "~ status of",
  deleted: "-",
};

function labelOf(event: unknown): string {
  const { event_type, type, object, data } = event as Record<string, Record<string, unknown>>;
  const { id, url } = object ?? data ?? (event as Record<string, unknown>);
  return [event_type ?? type, id, url].filter((part) => part !== undefined).join("  ");
}

function compare(expected: Expectation, answer: Answer): string[] {
  return Object.entries(expected)
    .filter(([field, value]) => answer[field] !== value)
    .map(
      ([field, value]) => `${field} is ${JSON.stringify(answer[field])}, expected ${JSON.stringify(value)}`,
    );
}

async function compareEnd(end: End, stage: Stage): Promise<string[]> {
  const services = (await list(`${stage.api}/api/v1/services`))
    .filter(
      ({ metadata }) => metadata.namespace !== stage.operatorNamespace && metadata.name !== "kubernetes",
    )
    .map(({ metadata }) => `Service ${metadata.namespace}/${metadata.name}`);
  const boundEndpoints = await list(`${stage.api}/apis/bindings.k8s.ngrok.com/v1alpha1/boundendpoints`);
  const ready = Object.fromEntries(boundEndpoints.map((object) => [urlOf(object), readyOf(object)]));
  return [
    ...differences("Services", end.services, services),
    ...differences("BoundEndpoints", pairs(end.boundEndpoints), pairs(ready)),
  ];
}

function differences(what: string, expected: string[], found: string[]): string[] {
  const missing = expected
    .filter((item) => !found.includes(item))
    .map((item) => `${what}: ${item} is missing`);
  const extra = found
    .filter((item) => !expected.includes(item))
    .map((item) => `${what}: ${item} was not expected`);
  return [...missing, ...extra];
}

function pairs(map: Record<string, string>): string[] {
  return Object.entries(map).map(([url, status]) => `${url} Ready=${status}`);
}

async function list(url: string): Promise<KubeObject[]> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`GET ${url}: ${response.status}`);
  return ((await response.json()) as { items: KubeObject[] }).items;
}

function urlOf(object: KubeObject): string {
  return (object.spec as { endpointURL: string }).endpointURL;
}

function readyOf(object: KubeObject): string {
  const { conditions = [] } = (object.status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions.find(({ type }) => type === "Ready")?.status ?? "";
}
