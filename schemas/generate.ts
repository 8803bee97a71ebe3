/**
 * Writes `schemas/types.ts`, the TypeScript types of everything that comes in and of the custom resources, from the
 * JSON Schemas and the CRDs beside this file. With `--check` it writes nothing and fails where the file is stale.
 *
 *     npm run generate [-- --check]
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { compile, type JSONSchema } from "json-schema-to-typescript";
import { parse } from "yaml";

const here = new URL("./", import.meta.url);
const output = new URL("types.ts", here);

const HEADER = `/**
 * Generated from the JSON Schemas and the CRDs in this folder by \`npm run generate\`. Do not edit.
 */
`;

/** A schema and the name of the type that is made of it. */
type Named = { name: string; schema: JSONSchema; open: boolean };

await main(process.argv.slice(2));

async function main(args: string[]): Promise<void> {
  const text = await render([...(await readSchemas()), ...(await readCRDs())]);
  if (!args.includes("--check")) {
    await writeFile(output, text);
    return;
  }
  const present = await readFile(output, "utf8").catch(() => undefined);
  if (present === text) return;
  const state = present === undefined ? "missing" : "stale";
  console.error(
    `schemas/types.ts is ${state}: the schemas and CRDs say something else. Run: npm run generate`,
  );
  process.exitCode = 1;
}

/** Each JSON Schema, named by its title. */
async function readSchemas(): Promise<Named[]> {
  const schemas = await readAll(here, ".json", JSON.parse);
  return schemas.map((schema) => ({ name: String(schema.title), schema: schema as JSONSchema, open: true }));
}

/** Spec and status of each custom resource: `BoundEndpointSpec`, `BoundEndpointStatus`, ... */
async function readCRDs(): Promise<Named[]> {
  const documents = await readAll(new URL("crds/", here), ".yaml", parse);
  const crds = documents.filter((document) => document.kind === "CustomResourceDefinition") as CRD[];
  return crds.flatMap(({ spec }) => {
    const { properties } = spec.versions.find(({ storage }) => storage)?.schema.openAPIV3Schema ?? {
      properties: {},
    };
    return ["spec", "status"].flatMap((part) => {
      const schema = properties[part];
      const name = `${spec.names.kind}${part === "spec" ? "Spec" : "Status"}`;
      return schema === undefined ? [] : [{ name, schema: withOpenObjects(schema), open: false }];
    });
  });
}

type CRD = {
  spec: {
    names: { kind: string };
    versions: { storage: boolean; schema: { openAPIV3Schema: { properties: Record<string, JSONSchema> } } }[];
  };
};

/** Says in JSON Schema's words what `x-kubernetes-preserve-unknown-fields` says: any field may be there. */
function withOpenObjects(schema: JSONSchema): JSONSchema {
  return mapNodes(schema, (node) =>
    node["x-kubernetes-preserve-unknown-fields"] === true ? { ...node, additionalProperties: true } : node,
  );
}

/** The compiler takes a schema with nothing but a description for an object; it is that of any value. */
function withUnknowns(schema: JSONSchema): JSONSchema {
  return mapNodes(schema, (node) =>
    Object.keys(node).join() === "description" && typeof node.description === "string"
      ? { ...node, tsType: "unknown" }
      : node,
  );
}

function mapNodes(schema: JSONSchema, change: (node: Record<string, unknown>) => unknown): JSONSchema {
  const isNode = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  return JSON.parse(JSON.stringify(schema, (_key, value) => (isNode(value) ? change(value) : value)));
}

async function readAll(
  folder: URL,
  extension: string,
  read: (text: string) => unknown,
): Promise<Record<string, unknown>[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(extension)).sort();
  const texts = await Promise.all(names.map((name) => readFile(new URL(name, folder), "utf8")));
  return texts.map((text) => read(text) as Record<string, unknown>);
}

async function render(types: Named[]): Promise<string> {
  const parts = [HEADER];
  for (const { name, schema, open } of types) {
    // Title and id would win over the name.
    const { title: _title, $id: _id, ...nameless } = schema;
    parts.push(
      await compile(withUnknowns(nameless), name, {
        bannerComment: "",
        additionalProperties: open,
        // A bound on the length of a list would become a union of tuples.
        ignoreMinAndMaxItems: true,
        style: { printWidth: 110 },
        unknownAny: true,
      }),
    );
  }
  return parts.join("\n");
}
