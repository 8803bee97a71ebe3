import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import type { CustomResourceDefinition } from "./schema.ts";

const FOLDER = new URL("../../schemas/crds/", import.meta.url);

/** The project's CRDs, as `schemas/crds` has them. */
export function projectCrds(): CustomResourceDefinition[] {
  const documents = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".yaml"))
    .sort()
    .map((name) => parse(readFileSync(new URL(name, FOLDER), "utf8")) as { kind: string });
  return documents.filter(
    ({ kind }) => kind === "CustomResourceDefinition",
  ) as unknown as CustomResourceDefinition[];
}
