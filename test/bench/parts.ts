import type { Part } from "./part.ts";
import { decide } from "./parts/decide.ts";
import { create, excluded, rejected, remove, update } from "./parts/events.ts";
import { hotHost } from "./parts/hot-host.ts";
import { replay } from "./parts/replay.ts";
import { scale } from "./parts/scale.ts";
import { start } from "./parts/start.ts";

/** Every part, in the order in which they are measured: what leaves something behind comes last. */
export const PARTS: readonly { readonly name: string; readonly measures: string; readonly run: Part }[] = [
  { name: "decide", measures: "decoding, judging, merging and planning alone", run: decide },
  { name: "create", measures: "a new endpoint on a new host, at 1, 8, 32 and 128 at once", run: create },
  { name: "replay", measures: "an event that was handled before", run: replay },
  { name: "update", measures: "a second endpoint of a URL", run: update },
  { name: "delete", measures: "the last endpoint of a host goes", run: remove },
  { name: "excluded", measures: "an endpoint that is not for this cluster", run: excluded },
  { name: "rejected", measures: "an endpoint whose URL is against the rules", run: rejected },
  { name: "start", measures: "from the start of the process to the first event handled; memory", run: start },
  { name: "hot-host", measures: "1,000 endpoints of one URL, 128 at once", run: hotHost },
  { name: "scale", measures: "create and replay with 10, 1,000 and 5,000 endpoints present", run: scale },
];
