import { pathToFileURL } from "node:url";
import type { Plugin } from "rolldown";

const PREFIX = "\0lazy:";

/**
 * A plugin of rolldown that lets packages be loaded when something of theirs is first used, not when they are imported:
 * in their place stands a module that has all their exports as getters.
 *
 * @param names of packages that export an object
 */
export function lazyPackages(names: readonly string[]): Plugin {
  return {
    name: "lazy-packages",
    async resolveId(source, importer) {
      if (!names.includes(source)) return null;
      const resolved = await this.resolve(source, importer, { skipSelf: true });
      return resolved === null ? null : PREFIX + resolved.id;
    },
    async load(id) {
      if (!id.startsWith(PREFIX)) return null;
      const path = id.slice(PREFIX.length);
      const exported = Object.keys(await import(pathToFileURL(path).href));
      return { code: lazyModule(path, exported), moduleType: "js" };
    },
  };
}

function lazyModule(path: string, exported: readonly string[]): string {
  const getters = exported
    .map((name) => JSON.stringify(name))
    .map((name) => `  get ${name}() { return require(${JSON.stringify(path)})[${name}]; },`);
  return `module.exports = {\n${getters.join("\n")}\n};\n`;
}
