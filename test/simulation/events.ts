import { type ChangeResult, decode } from "../../lib/event/decode.ts";
import { instantOf } from "../../lib/event/instant.ts";

/** When simulated time begins; events are older. */
export const START = Date.parse("2026-01-02T00:00:00Z");

/** An event as histories are made of: small, and readable where one fails. */
export type SimEvent = {
  /** Of the event; no two of a history have the same. */
  n: number;
  /** Of the endpoint. The n-th endpoint was created in the n-th second. */
  endpoint: number;
  kind: "upsert" | "delete";
  /** Second of the event: two events may have the same. */
  at: number;
  url: string;
  /** False: its bindings are not for Kubernetes. */
  kubernetes?: boolean;
  /** Which account it belongs to; the first if left out. */
  account?: number;
};

export const ACCOUNTS = ["ac_0", "ac_1"] as const;
export const OPERATORS = ["op-0", "op-1"] as const;

export function endpointId({ endpoint, account = 0 }: Pick<SimEvent, "endpoint" | "account">): string {
  return account === 0 ? `ep_${endpoint}` : `ep_${endpoint}_of_${account}`;
}

/** As it is decoded from ngrok's envelope. */
export function changeOf(event: SimEvent): ChangeResult {
  const { n, kind, at, url, kubernetes = true, account = 0 } = event;
  const id = endpointId(event);
  const created = new Date(START - 7_200_000 + event.endpoint * 1000).toISOString();
  const upserted = { id, url, bindings: kubernetes ? ["kubernetes"] : ["public"], created_at: created };
  const decoded = decode({
    contentType: "application/json",
    headers: {},
    query: {},
    now: instantOf(new Date(START)),
    body: {
      event_id: `ev_${n}`,
      event_type: kind === "delete" ? "endpoint_deleted.v0" : "endpoint_updated.v0",
      event_timestamp: new Date(START - 3_600_000 + at * 1000).toISOString(),
      account_id: ACCOUNTS[account],
      object: kind === "delete" ? { id } : upserted,
    },
  });
  const change = decoded.ok ? decoded.changes[0] : undefined;
  if (change?.ok !== true)
    throw new Error(`${JSON.stringify(event)} is no event: ${JSON.stringify(decoded)}`);
  return change;
}

/** Which of two events of one endpoint is newer: positive where `a` is. As the registers order them. */
export function compareEvents(a: SimEvent, b: SimEvent): number {
  const byKind = Number(a.kind === "delete") - Number(b.kind === "delete");
  return a.at - b.at || byKind || (`ev_${a.n}` < `ev_${b.n}` ? -1 : 1);
}

/** The newest event of each endpoint. */
export function newestOf(events: readonly SimEvent[]): SimEvent[] {
  const newest = new Map<string, SimEvent>();
  for (const event of events) {
    const known = newest.get(endpointId(event));
    if (known === undefined || compareEvents(event, known) > 0) newest.set(endpointId(event), event);
  }
  return [...newest.values()];
}

/** One event in one line. */
export function inShort(event: SimEvent): string {
  const what =
    event.kind === "delete" ? "deleted" : `at ${event.url}${event.kubernetes === false ? ", public" : ""}`;
  return `ev_${event.n} (second ${event.at}): ${endpointId(event)} ${what}`;
}
