/** The formats that the schemas name. */
import { isDNS1123Label } from "../lib/endpoint/label.ts";
import { parseInstant } from "../lib/event/instant.ts";
import { isJSONMediaType } from "../lib/event/media-type.ts";
import { isLabelValue, isSubdomain } from "../lib/settings/labels.ts";

export const formats = {
  instant: (text: string) => parseInstant(text) !== undefined,
  printable: (text: string) => !/\p{Cc}/u.test(text),
  "json-media-type": isJSONMediaType,
  namespace: isDNS1123Label,
  subdomain: isSubdomain,
  "label-value": isLabelValue,
};
