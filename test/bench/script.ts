import type { ApiRequest } from "../../lib/cluster/transport.ts";
import { isWrite, type RecordedCall, type Recording } from "./recorder.ts";

/** What one answer says that a later call has to repeat. */
export type Hole = {
  /** The number of the call in its script, counted from 0 over all stages. */
  readonly call: number;
  readonly field: "resourceVersion" | "uid";
};

/** One request, ready to be sent but for what earlier answers say. */
export type Call = {
  readonly method: ApiRequest["method"];
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  /** Its text in pieces. */
  readonly body?: readonly (string | Hole)[];
  /** The status that it has to be answered with. */
  readonly status: number;
  /** Whether a later call has a hole for what this one is answered. */
  readonly isNeeded: boolean;
};

/** Calls in stages: those of a stage are sent side by side, once all of the stage before are answered. */
export type Script = readonly (readonly Call[])[];

/** Exactly the calls that the function makes for an event, with the versions that the real API server will give. */
export function scriptOf(recording: Recording): Script {
  const calls = recording.stages.flat();
  const bodies = calls.map(({ request }, index) => piecesOf(request.body, calls.slice(0, index)));
  const needed = new Set(bodies.flat().flatMap((piece) => (typeof piece === "string" ? [] : [piece.call])));
  let index = 0;
  return recording.stages.map((stage) =>
    stage.map((call) => {
      const number = index++;
      return callOf(call, bodies[number] ?? [], needed.has(number));
    }),
  );
}

/**
 * The writes that any system needs which makes these objects of these events: of BoundEndpoints and Services, less the
 * registers, and less every precondition.
 */
export function neededWrites(recording: Recording): Script {
  return recording.stages
    .map((stage) => stage.filter(isNeededByAnySystem).map((call) => callOf(call, unconditional(call), false)))
    .filter((stage) => stage.length > 0);
}

/** Whether a write is of an object that users see. */
export function isNeededByAnySystem({ request }: RecordedCall): boolean {
  return isWrite(request) && /\/(?:services|boundendpoints)(?:[/?]|$)/.test(request.path);
}

/** A script of one call. */
export function single(call: Omit<Call, "isNeeded">): Script {
  return [[{ ...call, isNeeded: false }]];
}

function callOf({ request, response }: RecordedCall, body: Call["body"], isNeeded: boolean): Call {
  const { method, path, accept, contentType } = request;
  return {
    method,
    path,
    ...(accept === undefined ? {} : { accept }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(body === undefined || body.length === 0 ? {} : { body }),
    status: response.status,
    isNeeded,
  };
}

const HOLE = /@hole (\d+) (resourceVersion|uid)@/;

function piecesOf(body: unknown, before: readonly RecordedCall[]): (string | Hole)[] {
  if (body === undefined) return [];
  const text = JSON.stringify(body, (field, value) => {
    if (field !== "resourceVersion" && field !== "uid") return value;
    const call = before.findLastIndex(({ response }) => versionsIn(response.body)[field] === value);
    if (call < 0) throw new Error(`no earlier call was answered with the ${field} ${JSON.stringify(value)}`);
    return `@hole ${call} ${field}@`;
  });
  // Every third piece is the number of a call, the next one the field.
  const pieces = text.split(HOLE);
  return pieces.flatMap((piece, index): (string | Hole)[] => {
    if (index % 3 === 0) return [piece];
    return index % 3 === 1 ? [{ call: Number(piece), field: pieces[index + 1] as Hole["field"] }] : [];
  });
}

function versionsIn(body: unknown): Partial<Record<string, unknown>> {
  return (body as { metadata?: Record<string, unknown> } | undefined)?.metadata ?? {};
}

function unconditional({ request }: RecordedCall): string[] {
  // A delete has nothing but preconditions to say.
  if (request.method === "DELETE") return [];
  return [JSON.stringify(request.body, (field, value) => (field === "resourceVersion" ? undefined : value))];
}
