/** Events as ngrok's envelope has them, each with what makes it differ. */

const START = Date.parse("2026-01-01T00:00:00Z");

export type NgrokEvent = {
  event_id: string;
  event_type: string;
  event_timestamp: string;
  account_id?: string;
  object: Record<string, unknown>;
};

/** The time of the n-th event: a second after the one before. */
export function timeOf(n: number): string {
  return new Date(START + n * 1000).toISOString().replace(".000Z", "Z");
}

/** An endpoint was created, at second `n`. `object` adds to or overrides the endpoint's fields. */
export function created(id: string, url: unknown, n = 0, object: Record<string, unknown> = {}): NgrokEvent {
  return event("created", id, n, { url, ...object });
}

/** An endpoint was changed: moved, mostly. */
export function updated(
  id: string,
  url: unknown,
  n: number,
  object: Record<string, unknown> = {},
): NgrokEvent {
  return event("updated", id, n, { url, ...object });
}

/** An endpoint was deleted. */
export function deleted(id: string, n: number): NgrokEvent {
  const { object: _, ...envelope } = event("deleted", id, n, {});
  return { ...envelope, object: { id } };
}

function event(what: string, id: string, n: number, object: Record<string, unknown>): NgrokEvent {
  return {
    event_id: `ev_${id}_${what}_${n}`,
    event_type: `endpoint_${what}.v0`,
    event_timestamp: timeOf(n),
    account_id: "ac_test",
    object: {
      id,
      created_at: timeOf(0),
      type: "agent",
      bindings: ["kubernetes"],
      uri: `https://api.ngrok.com/endpoints/${id}`,
      ...object,
    },
  };
}
