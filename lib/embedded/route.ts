import type { Resource } from "./resource.ts";
import { methodNotAllowed, unknownResource } from "./status.ts";

export type Query = ReadonlyMap<string, string>;

/** Where a request goes: a resource, in a namespace or in all, one object of it or all, and maybe a subresource. */
export type Route = {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
};

const EMPTY: Query = new Map();

export function splitPath(target: string): { path: string; query: Query } {
  const mark = target.indexOf("?");
  if (mark < 0) return { path: target, query: EMPTY };
  return { path: target.slice(0, mark), query: new Map(new URLSearchParams(target.slice(mark + 1))) };
}

/** Resources by `<group>/<version>/<plural>`. */
export type Resources = ReadonlyMap<string, Resource>;

export function resourceKey(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`;
}

/**
 * Finds what a path names; undefined where it is not the path of a resource at all. Throws an `ApiError` where
 * the API has no such resource.
 */
export function route(path: string, resources: Resources): Route | undefined {
  const located = locate(path.split("/"));
  if (located === undefined) return undefined;
  const { group, version, namespace, place } = located;
  const [plural = "", name = "", ...more] = place;
  const resource = resources.get(resourceKey(group, version, plural));
  if (resource === undefined) return refuseIfServed(group, version, resources);
  if (more.length > 1) throw unknownResource();
  checkScope(resource, namespace, name);
  return { resource, namespace: decode(namespace), name: decode(name), subresource: more[0] ?? "" };
}

type Location = { group: string; version: string; namespace: string; place: readonly string[] };

/** Splits `/api/v1/...` and `/apis/<group>/<version>/...` at the namespace. */
function locate(parts: readonly string[]): Location | undefined {
  const group = parts[1] === "api" ? "" : parts[2];
  const rest = parts.slice(parts[1] === "api" ? 2 : 3);
  const [version, first, namespace] = rest;
  if ((parts[1] !== "api" && parts[1] !== "apis") || group === undefined) return undefined;
  if (version === undefined || first === undefined || first === "") return undefined;
  const within = first === "namespaces" && rest.length > 3;
  return { group, version, namespace: within ? (namespace ?? "") : "", place: rest.slice(within ? 3 : 1) };
}

/** In a group that is served, what is missing is the resource. */
function refuseIfServed(group: string, version: string, resources: Resources): undefined {
  for (const one of resources.values())
    if (one.group === group && one.version === version) throw unknownResource();
}

function decode(part: string): string {
  if (!part.includes("%")) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    throw unknownResource();
  }
}

function checkScope(resource: Resource, namespace: string, name: string): void {
  if (!resource.namespaced && namespace !== "") throw unknownResource();
  if (resource.namespaced && namespace === "" && name !== "") throw methodNotAllowed();
}
