/**
 * Writes from the JSON Schemas and the CRDs beside this file `types.ts`, the TypeScript types of everything that comes in
 * and of the custom resources, and in `generated/` what validates the former. With `--check` it writes nothing and fails
 * where a file is stale.
 *
 *     npm run generate [-- --check]
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { compile, type JSONSchema } from "json-schema-to-typescript";
import { parse } from "yaml";
import { compileValidators, declareValidators } from "./compile.ts";

const here = new URL("./", import.meta.url);
const HEADER = `/**
 * Generated from the JSON Schemas and the CRDs in this folder by \`npm run generate\`. Do not edit.
 */
`;

/** A schema and the name of the type that is made of it. */
type Named = { name: string; schema: JSONSchema; open: boolean };

await main(process.argv.slice(2));

async function main(args: string[]): Promise<void> {
  const schemas = await readSchemas();
  const files = new Map([
    ["types.ts", await render([...schemas, ...(await readCRDs())])],
    ...validatorFiles("settings-validators", schemas, ["Environment"], { useDefaults: true }),
    ...validatorFiles("event-validators", schemas, ["Endpoint", "NgrokEvent", "CloudEvent"], {}),
  ]);
  for (const [name, text] of files) {
    if (args.includes("--check")) await check(name, text);
    else await write(name, text);
  }
}

async function write(name: string, text: string): Promise<void> {
  await mkdir(new URL("generated/", here), { recursive: true });
  await writeFile(new URL(name, here), text);
}

async function check(name: string, text: string): Promise<void> {
  const present = await readFile(new URL(name, here), "utf8").catch(() => undefined);
  if (present === text) return;
  const state = present === undefined ? "missing" : "stale";
  console.error(
    `schemas/${name} is ${state}: the schemas and CRDs say something else. Run: npm run generate`,
  );
  process.exitCode = 1;
}

/** A module that validates some of the schemas, named by their titles, and its types. */
function validatorFiles(
  file: string,
  schemas: readonly Named[],
  titles: readonly string[],
  options: { useDefaults?: boolean },
): [string, string][] {
  const chosen = schemas.filter(({ name }) => titles.includes(name));
  const code = compileValidators(
    Object.fromEntries(chosen.map(({ name, schema }) => [`validate${name}`, schema])),
    options,
  );
  const types = declareValidators(chosen.map(({ name }) => `validate${name}`));
  return [
    [`generated/${file}.js`, HEADER + code],
    [`generated/${file}.d.ts`, HEADER + types],
  ];
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
