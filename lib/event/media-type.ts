/** How a delivery's body is to be read, from its content type. */
export type BodyForm = "json" | "cloudevent" | "cloudevents-batch";

/** The content types that events may have, for messages. */
export const CONTENT_TYPES =
  "application/json, application/cloudevents+json or application/cloudevents-batch+json";

/**
 * The form that a `Content-Type` header says, parameters such as `charset` ignored; undefined where the body is no
 * JSON.
 */
export function bodyFormOf(contentType: string): BodyForm | undefined {
  const type = mediaType(contentType);
  switch (type) {
    case "application/cloudevents+json":
      return "cloudevent";
    case "application/cloudevents-batch+json":
      return "cloudevents-batch";
    default:
      return isJSON(type) ? "json" : undefined;
  }
}

/** Whether a media type says JSON: `application/json`, `text/json`, or `+json` at its end (RFC 6839). */
export function isJSONMediaType(contentType: string): boolean {
  return isJSON(mediaType(contentType));
}

function isJSON(type: string): boolean {
  return type === "application/json" || /^text\/json$|^[^\s/]+\/[^\s/]+\+json$/.test(type);
}

function mediaType(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}
