import type { Problem } from "../endpoint/problem.ts";

/** A value and where the sender will find it. */
export type Placed<T> = { readonly at: string; readonly value: T };

/** What an envelope says, before the endpoint in it is looked at. What it does not say is undefined. */
export type Reading = {
  readonly problems: readonly Problem[];
  readonly kind: "upsert" | "delete" | undefined;
  readonly time: Placed<string> | undefined;
  readonly eventId: string | undefined;
  readonly account: string | undefined;
  /** The endpoint's id as the envelope has it. */
  readonly subject: Placed<string> | undefined;
  readonly endpoint: Placed<unknown>;
};

const KINDS: ReadonlyMap<unknown, "upsert" | "delete"> = new Map([
  ["endpoint_created.v0", "upsert"],
  ["endpoint_updated.v0", "upsert"],
  ["endpoint_deleted.v0", "delete"],
  ["com.ngrok.endpoint.created", "upsert"],
  ["com.ngrok.endpoint.updated", "upsert"],
  ["com.ngrok.endpoint.deleted", "delete"],
]);

/** What an event type of ngrok's, or a CloudEvent's, does to the endpoint. */
export function kindOf(eventType: unknown): "upsert" | "delete" | undefined {
  return KINDS.get(eventType);
}

/** The event types of CloudEvents, for messages. */
export const EVENT_TYPES: readonly unknown[] = [...KINDS.keys()];

/** The path of a member: `object.url` in `object`, `url` at the top, where the place is empty. */
export function placeIn(place: string, path: readonly string[]): string {
  const within = path.filter((part) => part !== "").join(".");
  if (place === "") return within || "body";
  return within === "" ? place : `${place}.${within}`;
}

/** The value where it is a string, else undefined: what is of another type has been reported by the schema. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The same with its place. */
export function placedText(at: string, value: unknown): Placed<string> | undefined {
  return typeof value === "string" ? { at, value } : undefined;
}
