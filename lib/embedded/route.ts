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
  const parts = path.split("/");
  const core = parts[1] === "api";
  if (!core && parts[1] !== "apis") return undefined;
  const [group, version, rest] = core
    ? ["", parts[2], parts.slice(3)]
    : [parts[2] ?? "", parts[3], parts.slice(4)];
  if (version === undefined || rest.length === 0 || rest[0] === "") return undefined;
  const [namespace, place] =
    rest[0] === "namespaces" && rest.length > 2 ? [rest[1] ?? "", rest.slice(2)] : ["", rest];
  const [plural = "", name = "", ...more] = place;
  const resource = resources.get(resourceKey(group, version, plural));
  if (resource === undefined) {
    if ([...resources.values()].some((one) => one.group === group && one.version === version))
      throw unknownResource();
    return undefined;
  }
  if (more.length > 1) throw unknownResource();
  checkScope(resource, namespace, name);
  return { resource, namespace: decode(namespace), name: decode(name), subresource: more[0] ?? "" };
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
