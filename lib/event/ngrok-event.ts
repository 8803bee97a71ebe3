/**
 * ngrok's own envelope: `{event_id, event_type, event_timestamp, account_id, object}`
 * (https://ngrok.com/docs/obs/events).
 */
import { isObject, type JSONObject } from "./json.ts";
import { kindOf, placedText, placeIn, type Reading, textOf } from "./reading.ts";
import { validate } from "./validate.ts";

/** Whether a value is meant as an event of ngrok's, well-formed or not; an Endpoint has none of these fields. */
export function isNgrokEvent(value: unknown): value is JSONObject {
  return (
    isObject(value) &&
    (Object.hasOwn(value, "event_type") || Object.hasOwn(value, "event_id") || isObject(value.object))
  );
}

/** @param place of the event in what was sent; empty where it is the body */
export function readNgrokEvent(event: JSONObject, place: string): Reading {
  const at = (...path: string[]) => placeIn(place, path);
  return {
    problems: validate("ngrokEvent", event, (path) => at(...path)),
    kind: kindOf(event.event_type),
    time: placedText(at("event_timestamp"), event.event_timestamp),
    eventId: textOf(event.event_id),
    account: textOf(event.account_id),
    subject: undefined,
    endpoint: { at: at("object"), value: event.object },
  };
}
