import { _, type KeywordCxt, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import standalone from "ajv/dist/standalone/index.js";
import { formats } from "./formats.ts";

/**
 * Compiles JSON Schemas to the text of a module that exports a validator of each, by the names that they have here. To
 * compile them at every start would take longer than all else that the function does until its first event.
 */
export function compileValidators(schemas: Readonly<Record<string, object>>, options: Options): string {
  const ajv = new Ajv2020({
    ...options,
    allErrors: true,
    // Errors then carry the value and the schema that it breaks, whose description goes into the message.
    verbose: true,
    formats,
    code: { source: true, esm: true, formats: _`formats` },
  });
  countSeldom(ajv);
  for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(schema, name);
  const names = Object.fromEntries(Object.keys(schemas).map((name) => [name, name]));
  const imports = ['import { formats } from "../formats.ts";'];
  // What it needs of ajv it asks for in the manner of CommonJS, even in a module. What stands for the default export of
  // such a file, the file or what it exports as default, differs between Node and bundlers.
  const code = standalone
    .default(ajv, names)
    .replaceAll(/require\("([^"]+)"\)\.default/g, (_all, path: string) => {
      const name = `required${imports.length}`;
      imports.push(`import ${name} from "${path}.js";`);
      return `(${name}.default ?? ${name})`;
    });
  return `${imports.join("\n")}\n${code}\n`;
}

/** A string has no more characters than code units, which need no counting. Ajv counts the characters of every string. */
function countSeldom(ajv: Ajv2020): void {
  ajv.removeKeyword("maxLength");
  ajv.addKeyword({
    keyword: "maxLength",
    type: "string",
    schemaType: "number",
    error: { message: "too long", params: ({ schemaCode }) => _`{limit: ${schemaCode}}` },
    code(context: KeywordCxt) {
      const { data, schemaCode } = context;
      context.fail(_`${data}.length > ${schemaCode} && Array.from(${data}).length > ${schemaCode}`);
    },
  });
}

/** The types of such a module. */
export function declareValidators(names: readonly string[]): string {
  const declarations = names.map((name) => `export declare const ${name}: ValidateFunction;`);
  return `import type { ValidateFunction } from "ajv";\n\n${declarations.join("\n")}\n`;
}
