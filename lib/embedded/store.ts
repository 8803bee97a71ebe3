import type { ApiRequest, ApiResponse } from "../cluster/transport.ts";
import { EMBEDDED_WATCH_HISTORY } from "../settings/limits.ts";
import { decodeBody } from "./body.ts";
import { BUILTIN_RESOURCES } from "./builtin.ts";
import { customResource } from "./custom-resource.ts";
import { remove } from "./delete.ts";
import { discovery } from "./discovery.ts";
import { type JsonObject, stringAt } from "./json.ts";
import { NAMESPACES } from "./namespace.ts";
import { openApi } from "./openapi.ts";
import { compilePatch } from "./patch.ts";
import { get, listOf, matcher, select } from "./read.ts";
import { metadataOf, type Resource } from "./resource.ts";
import { type Query, type Resources, type Route, resourceKey, route, splitPath } from "./route.ts";
import type { CustomResourceDefinition } from "./schema.ts";
import { ApiError, json, methodNotAllowed, notFound, unsupportedMediaType } from "./status.ts";
import { type Listener, type Snapshot, Storage } from "./storage.ts";
import { metadataOnly, tableOf, wantsMetadata, wantsTable } from "./table.ts";
import { type Context, create, update, type Written } from "./write.ts";
import { writeOptions } from "./write-options.ts";

export type StoreOptions = {
  /** The only source of time: same clock, same uids, same requests, same answers. */
  clock: () => Date;
  uid: () => string;
  crds: readonly CustomResourceDefinition[];
  /** Namespaces that are there from the start. */
  namespaces?: readonly string[];
  /** How many changes are remembered for watches to resume from; 0 remembers none. */
  historyLimit?: number;
};

/** A Kubernetes API without a network: synchronous, deterministic, in memory. */
export type Store = {
  /** Answers one request. Never throws; a watch is not a request (see `subscribe`). What it answers is frozen. */
  handle(request: ApiRequest): ApiResponse;
  /** Calls the listener after each change from now on; returns what ends that. */
  subscribe(listener: Listener): () => void;
  /** Everything stored, at the price of a few pointers. */
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
  readonly storage: Storage;
  readonly resources: Resources;
};

/** The namespaces of a new cluster. */
export const INITIAL_NAMESPACES: readonly string[] = [
  "default",
  "kube-node-lease",
  "kube-public",
  "kube-system",
];

export function createStore(options: StoreOptions): Store {
  const {
    clock,
    uid,
    crds,
    namespaces = INITIAL_NAMESPACES,
    historyLimit = EMBEDDED_WATCH_HISTORY,
  } = options;
  const storage = new Storage(historyLimit);
  const context: Context = { storage, clock, uid };
  const all: readonly Resource[] = [...BUILTIN_RESOURCES, ...crds.map(customResource)];
  const resources: Resources = new Map(
    all.map((one) => [resourceKey(one.group, one.version, one.plural), one]),
  );
  const at: Route = { resource: NAMESPACES, namespace: "", name: "", subresource: "" };
  for (const name of new Set(namespaces))
    create(context, at, { metadata: { name } }, writeOptions(new Map(), "CreateOptions"));

  function handle(request: ApiRequest): ApiResponse {
    try {
      const { path, query } = splitPath(request.path);
      const found = route(path, resources);
      if (found !== undefined) return answer(context, found, request, query);
      return discovery(path, all) ?? openApi(path, all) ?? NOT_FOUND;
    } catch (error) {
      if (error instanceof ApiError) return error.response();
      throw error;
    }
  }

  return {
    handle,
    subscribe: (listener) => storage.subscribe(listener),
    snapshot: () => storage.snapshot(),
    restore: (snapshot) => storage.restore(snapshot),
    storage,
    resources,
  };
}

const NOT_FOUND: ApiResponse = {
  status: 404,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: "404 page not found\n",
};

function answer(context: Context, at: Route, request: ApiRequest, query: Query): ApiResponse {
  checkSubresource(at, request.method);
  if (at.name === "") return onCollection(context, at, request, query);
  switch (request.method) {
    case "GET":
      return shown(context, at, get(context.storage, at), request, query);
    case "PUT":
      return written(put(context, at, request, query));
    case "PATCH":
      return written(patch(context, at, request, query));
    case "DELETE":
      if (at.subresource !== "") throw methodNotAllowed();
      return json(200, remove(context, at, request.body, query));
    default:
      throw methodNotAllowed();
  }
}

function checkSubresource({ resource, name, subresource }: Route, method: string): void {
  if (subresource === "") return;
  // An unknown subresource of a custom resource is reported as if the object were not there.
  if (subresource !== "status" || !resource.hasStatus)
    throw notFound({ group: resource.group, kind: resource.plural, name });
  if (method === "POST") throw methodNotAllowed();
}

function onCollection(context: Context, at: Route, request: ApiRequest, query: Query): ApiResponse {
  if (request.method === "GET") {
    const objects = select(context.storage, at, matcher(at.resource, query));
    if (!wantsTable(request.accept)) return json(200, listOf(context.storage, at.resource, objects));
    const resourceVersion = String(context.storage.revision);
    return json(
      200,
      tableOf(at.resource, objects, {
        now: context.clock(),
        resourceVersion,
        include: query.get("includeObject"),
      }),
    );
  }
  if (request.method !== "POST" || (at.resource.namespaced && at.namespace === "")) throw methodNotAllowed();
  checkContentType(request);
  return written(create(context, at, request.body, writeOptions(query, "CreateOptions")));
}

const BODY_TYPES = ["application/json", "application/yaml"];

function checkContentType({ contentType }: ApiRequest): void {
  if (contentType !== undefined && !BODY_TYPES.includes(mediaType(contentType)))
    throw unsupportedMediaType(BODY_TYPES);
}

function mediaType(contentType: string): string {
  const end = contentType.indexOf(";");
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

function shown(
  context: Context,
  { resource }: Route,
  object: JsonObject,
  { accept }: ApiRequest,
  query: Query,
): ApiResponse {
  if (wantsMetadata(accept)) return json(200, metadataOnly(object));
  if (!wantsTable(accept)) return json(200, object);
  const resourceVersion = stringAt(metadataOf(object), "resourceVersion");
  return json(
    200,
    tableOf(resource, [object], {
      now: context.clock(),
      resourceVersion,
      include: query.get("includeObject"),
    }),
  );
}

function put(context: Context, at: Route, request: ApiRequest, query: Query): Written {
  checkContentType(request);
  const options = writeOptions(query, "UpdateOptions");
  const decoded = decodeBody(at.resource, request.body, options);
  const precondition = stringAt(metadataOf(decoded.object), "uid");
  return update(
    context,
    at,
    () => ({ ...decoded, precondition }),
    options,
    at.resource.createOnUpdate && at.subresource === "",
  );
}

function patch(context: Context, at: Route, request: ApiRequest, query: Query): Written {
  const options = writeOptions(query, "PatchOptions");
  const change = compilePatch(at.resource, mediaType(request.contentType ?? ""), request.body, options);
  return update(context, at, change, options, false);
}

function written({ object, warnings, created }: Written): ApiResponse {
  const response = json(created ? 201 : 200, object);
  if (warnings.length === 0) return response;
  const warning = warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(", ");
  return { ...response, headers: { ...response.headers, warning } };
}
