import { created, deleted, type NgrokEvent } from "../support/events.ts";

/**
 * An endpoint was created, in an event of the usual size, 1 KB.
 *
 * @param url whatever it should be
 */
export function createdEvent(id: string, url: string, object: Record<string, unknown> = {}): NgrokEvent {
  return created(id, url, 0, {
    region: "us",
    updated_at: "2026-01-01T00:00:00Z",
    public_url: url,
    proto: "http",
    description: "the billing team's internal API, behind the gateway of the staging cluster",
    metadata: JSON.stringify({
      team: "billing",
      environment: "staging",
      owner: "billing@example.com",
      runbook: "https://runbooks.example.com/billing/api",
    }),
    principal: { id: "usr_2kAq5bJ0mXz6d7v1c9", uri: "https://api.ngrok.com/users/usr_2kAq5bJ0mXz6d7v1c9" },
    domain: {
      id: "rd_2kAq5bJ0mXz6d7v1c9",
      uri: "https://api.ngrok.com/reserved_domains/rd_2kAq5bJ0mXz6d7v1c9",
    },
    pooling_enabled: true,
    ...object,
  });
}

/** The same endpoint was deleted a second later. */
export function deletedEvent(id: string): NgrokEvent {
  return deleted(id, 1);
}
