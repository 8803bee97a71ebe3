import type { ApiRequest, ApiResponse } from "../../lib/cluster/transport.ts";

/** An answer that a delivery was given. */
export type Answer = {
  /** As the function sees it. */
  readonly response: ApiResponse;
  /** Path of the object that was asked for, and its number. */
  readonly path: string;
  readonly object: number;
  /** What was asked and answered, without the version, as a number. */
  readonly content: number;
  /** The object's version, as this delivery counts them: the same where the object was not written in between. */
  readonly version: number;
  /** What the delivery can tell of the object by it later: that it still has this version, that it still is absent. */
  readonly tells: "version" | "absence" | "nothing";
};

/** What has happened to a delivery, in order. */
export type TraceItem =
  | { readonly kind: "answer"; readonly request: ApiRequest; readonly answer: Answer }
  /** It has lost a race, and waits before it tries again. */
  | { readonly kind: "pause" }
  /** It begins with a host. */
  | { readonly kind: "join"; readonly host: string }
  /** It is done with a host. */
  | { readonly kind: "leave"; readonly outcome: string };

/** What a delivery still knows of what it has been answered. */
export type Memory = {
  /** How far it is, and what came of what is done. */
  readonly phase: string;
  readonly answers: readonly Answer[];
};

/**
 * What a delivery remembers: between its phases it drops most of what it has read. So many histories come to one state,
 * and need to be followed once.
 *
 * - It begins with a host: it knows its record as it was last answered, and what came of the hosts before.
 * - It has written a ledger: besides, the ledger, and the claims that it has read in order to release them.
 * - It looks at a host again: the ledger is read again, so only the claims. How often it has looked does not count.
 * - It tries to write a register again: what it knew before the first attempt.
 *
 * `Machine` holds this to what the code does: deliveries that remember the same must make the same calls.
 */
export function memoryOf(trace: readonly TraceItem[]): Memory {
  let phase = "record";
  let record: Answer[] = [];
  let recent: Asked[] = [];
  let again = "";
  for (const item of trace) {
    switch (item.kind) {
      case "answer":
        recent = isWriteOf("boundhosts", item) ? [...recent.filter(isClaimRead), item] : [...recent, item];
        break;
      case "join":
        if (record.length === 0) record = recent.map(({ answer }) => answer).slice(-1);
        phase += ` ${item.host}`;
        recent = [];
        break;
      case "leave":
        phase += ` ${item.outcome}`;
        recent = [];
        again = "";
        break;
      case "pause":
        if (hasLostHost(recent.at(-1))) again = " again";
        recent = afterPause(recent);
    }
  }
  return { phase: phase + again, answers: [...record, ...recent.map(({ answer }) => answer)] };
}

type Asked = Extract<TraceItem, { kind: "answer" }>;

/** Whether it was a race over a host that was lost, not one over a register. */
function hasLostHost(last: Asked | undefined): boolean {
  if (last === undefined || isOf("endpointrecords", last)) return false;
  return !isOf("boundhosts", last) || last.request.method === "GET";
}

function afterPause(recent: Asked[]): Asked[] {
  const last = recent.at(-1);
  if (hasLostHost(last)) return recent.filter(isClaimRead);
  // It looks at the status of its record again: the record counts as it was remembered, and as it is now.
  const isRead = last?.request.method === "GET";
  return isRead ? recent : [];
}

function isWriteOf(plural: string, asked: Asked): boolean {
  return isOf(plural, asked) && asked.request.method !== "GET" && asked.answer.response.status < 300;
}

function isClaimRead(asked: Asked): boolean {
  return isOf("leases", asked) && asked.request.method === "GET";
}

function isOf(plural: string, { answer }: Asked): boolean {
  return answer.path.includes(`/${plural}/`);
}

/** A text that tells what is remembered from all else. */
export function memoryText({ phase, answers }: Memory): string {
  const texts = answers.map(({ object, content, version, tells }) => {
    const first = answers.findIndex((other) => other.object === object && other.version === version);
    return tells === "version" ? `${content}@${first}` : `${content}`;
  });
  return `${phase}: ${texts.join(" ")}`;
}

/** A version of the object that the delivery has not seen. */
export function unseenVersion({ answers }: Memory, object: number): number {
  return (
    Math.max(0, ...answers.filter((answer) => answer.object === object).map(({ version }) => version)) + 1
  );
}
