import type { JsonObject } from "./json.ts";
import { metadataOf, nameOf, type Resource } from "./resource.ts";

/** True where a request would rather have a table than objects, as `kubectl get` would. */
export function wantsTable(accept: string | undefined): boolean {
  return accept?.includes("as=Table") ?? false;
}

/** True where a request wants only the metadata of an object. */
export function wantsMetadata(accept: string | undefined): boolean {
  return accept?.includes("as=PartialObjectMetadata;") ?? false;
}

/** The object with its metadata only. */
export function metadataOnly(object: JsonObject): JsonObject {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: metadataOf(object) };
}

/**
 * A `meta.k8s.io/v1` Table of some objects. `include` says what of the object a row carries: its metadata, the
 * whole, or nothing. Later events of a watch leave the columns out.
 */
export function tableOf(
  resource: Resource,
  objects: readonly JsonObject[],
  { now, resourceVersion, include = "Metadata", columns = true }: TableOptions,
): JsonObject {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion },
    columnDefinitions: columns ? definitions(resource) : null,
    rows: objects.map((object) => ({
      cells: [nameOf(object), ...resource.columns.map((column) => column.cell(object, now))].slice(
        firstCell(resource),
      ),
      object: rowObject(object, include),
    })),
  };
}

export type TableOptions = {
  now: Date;
  resourceVersion: string;
  include?: string | undefined;
  columns?: boolean;
};

const NAME = { name: "Name", type: "string", format: "name", description: "The object's name.", priority: 0 };

/** Events have their name last, and only in wide tables. */
function firstCell(resource: Resource): number {
  return resource.columns.some(({ format }) => format === "name") ? 1 : 0;
}

function definitions(resource: Resource): JsonObject[] {
  const own = resource.columns.map(({ name, type, format = "", description = "", priority = 0 }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  return [NAME, ...own].slice(firstCell(resource));
}

function rowObject(object: JsonObject, include: string): unknown {
  if (include === "None") return null;
  return include === "Object" ? object : metadataOnly(object);
}
