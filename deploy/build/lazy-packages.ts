import type { Plugin } from "rolldown";

const PREFIX = "\0lazy:";

/**
 * A plugin of rolldown that keeps packages in files of their own, which are loaded when something of theirs is first used,
 * not when they are imported: in their place stands a module that has all their exports as getters.
 *
 * @param names of packages that export an object
 * @param fileOf where a package is, seen from what is bundled
 */
export function lazyPackages(names: readonly string[], fileOf: (name: string) => string): Plugin {
  return {
    name: "lazy-packages",
    resolveId(source) {
      if (names.some((name) => source === `./${fileOf(name)}`)) return { id: source, external: "relative" };
      return names.includes(source) ? PREFIX + source : null;
    },
    async load(id) {
      if (!id.startsWith(PREFIX)) return null;
      const name = id.slice(PREFIX.length);
      const exported = Object.keys(await import(name));
      return { code: lazyModule(`./${fileOf(name)}`, exported), moduleType: "js" };
    },
  };
}

function lazyModule(path: string, exported: readonly string[]): string {
  const getters = exported
    .map((name) => JSON.stringify(name))
    .map((name) => `  get ${name}() { return require(${JSON.stringify(path)})[${name}]; },`);
  return `module.exports = {\n${getters.join("\n")}\n};\n`;
}
