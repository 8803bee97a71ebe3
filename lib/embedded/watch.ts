import { type JsonObject, stringAt } from "./json.ts";
import { matcher, select } from "./read.ts";
import { apiVersionOf, metadataOf, nameOf, namespaceOf, type Resource, withMetadata } from "./resource.ts";
import type { Query, Route } from "./route.ts";
import type { Matches } from "./selector.ts";
import { ApiError } from "./status.ts";
import type { Change, Storage } from "./storage.ts";
import { tableOf, wantsTable } from "./table.ts";

/** An event of a watch, as it goes over the wire. */
export type WatchEvent = { readonly type: string; readonly object: unknown };

export type WatchOptions = { storage: Storage; now: () => Date; accept: string | undefined };

const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

/**
 * Starts a watch: `send` gets what is there already (unless the watch starts at a revision) and then each change
 * that the watch selects. Returns what ends it. Throws an `ApiError`: the selectors are wrong, or the changes
 * since the revision are no longer all known (410).
 */
export function watch(
  at: Route,
  query: Query,
  options: WatchOptions,
  send: (event: WatchEvent) => void,
): () => void {
  const { storage } = options;
  const matches = matcher(at.resource, query);
  const show = presenter(at.resource, query, options);
  const since = Number(query.get("resourceVersion") ?? 0);
  const initial = since === 0 || query.get("sendInitialEvents") === "true";
  const missed = initial ? [] : storage.changesSince(since);
  if (missed === undefined) throw expired(since, storage.revision);

  if (initial) for (const object of select(storage, at, matches)) send(show("ADDED", object));
  if (query.get("sendInitialEvents") === "true") send(bookmark(at.resource, storage.revision));
  const forward = (change: Change) => {
    const type = typeFor(change, at, matches);
    if (type !== undefined) send(show(type, shownOf(change, type)));
  };
  for (const change of missed) forward(change);
  return storage.subscribe(forward);
}

function expired(since: number, revision: number): ApiError {
  return new ApiError(410, "Expired", `too old resource version: ${since} (${revision})`);
}

/** What a change is to a watch: an object that begins or ceases to match is added or deleted. */
function typeFor(
  { type, resource, object, previous }: Change,
  at: Route,
  matches: Matches,
): string | undefined {
  if (resource !== at.resource) return undefined;
  if (at.namespace !== "" && namespaceOf(object) !== at.namespace) return undefined;
  if (at.name !== "" && nameOf(object) !== at.name) return undefined;
  const before = previous !== undefined && matches(previous);
  const after = type !== "DELETED" && matches(object);
  if (before && after) return "MODIFIED";
  if (after) return "ADDED";
  return before ? "DELETED" : undefined;
}

/** An object that ceases to match is shown as it was when it last did, at the revision of the change. */
function shownOf({ type, object, previous }: Change, shownType: string): JsonObject {
  if (type === "DELETED" || shownType !== "DELETED" || previous === undefined) return object;
  return withMetadata(previous, { resourceVersion: metadataOf(object).resourceVersion });
}

type Show = (type: string, object: JsonObject) => WatchEvent;

/** Events show objects, or tables of one row, of which only the first says what its columns are. */
function presenter(resource: Resource, query: Query, { now, accept }: WatchOptions): Show {
  if (!wantsTable(accept)) return (type, object) => ({ type, object });
  let columns = true;
  return (type, object) => {
    const resourceVersion = stringAt(metadataOf(object), "resourceVersion");
    const include = query.get("includeObject");
    const table = tableOf(resource, [object], { now: now(), resourceVersion, include, columns });
    columns = false;
    return { type, object: table };
  };
}

function bookmark(resource: Resource, revision: number): WatchEvent {
  const metadata = { resourceVersion: String(revision), annotations: { [INITIAL_EVENTS_END]: "true" } };
  return { type: "BOOKMARK", object: { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata } };
}
