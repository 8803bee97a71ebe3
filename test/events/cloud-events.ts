/** CloudEvents around endpoints, and how they are sent (https://cloudevents.io). */

import { created, timeOf } from "../support/events.ts";

export const STRUCTURED = { "content-type": "application/cloudevents+json; charset=utf-8" };
export const BATCH = { "content-type": "application/cloudevents-batch+json" };

/** A CloudEvent in structured mode, `id` being the endpoint's. */
export function cloudEvent(id: string, url: string, attributes: Record<string, unknown> = {}) {
  const { object } = created(id, url);
  return {
    specversion: "1.0",
    id: `ce_${id}`,
    source: "https://api.ngrok.com/accounts/ac_test",
    type: "com.ngrok.endpoint.created",
    subject: id,
    time: timeOf(0),
    data: object,
    ...attributes,
  };
}

/** The same in binary mode: its headers. */
export function headersOf({ data: _, ...attributes }: ReturnType<typeof cloudEvent>): Record<string, string> {
  const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, String(value)]);
  return { "content-type": "application/json", ...Object.fromEntries(headers) };
}
