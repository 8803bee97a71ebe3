import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Plugin, rolldown } from "rolldown";
import { DIST, REPOSITORY } from "./dist.ts";
import { lazyPackages } from "./lazy-packages.ts";

/**
 * What only some kubeconfigs need (OpenID Connect, other clouds' plugins, proxies), or only where one names a token file;
 * and what only selectors other than `true` need.
 */
export const SELDOM = [
  ...["openid-client", "jsonpath-plus", "socks", "socks-proxy-agent", "hpagent", "yaml"],
  ...["@bufbuild/cel", "@bufbuild/protobuf", "@bufbuild/protobuf/wkt"],
];

const SELDOM_FOLDER = "seldom";

/** Makes `dist/`, all that the function needs at run time: its code and that of its packages, in as few files as it loads. */
export async function bundle(): Promise<void> {
  await rm(DIST, { recursive: true, force: true });
  const entries = { server: "functions/server.ts", "node-version": "lib/node-version.js" };
  // Where it is, seen from here, its source is too: it reads the CRDs that lie beside it.
  await write(entries, DIST, "lib/embedded/[name].cjs", lazyPackages(SELDOM, seldomFile));
  await write(
    Object.fromEntries(SELDOM.map((name) => [name, name])),
    join(DIST, SELDOM_FOLDER),
    "[name].cjs",
  );
  await cp(join(REPOSITORY, "schemas", "crds"), join(DIST, "schemas", "crds"), { recursive: true });
  await cp(join(import.meta.dirname, "start.cjs"), join(DIST, "start.cjs"));
}

/** Where a package of {@link SELDOM} is, seen from `dist/`. */
export function seldomFile(name: string): string {
  return `${SELDOM_FOLDER}/${name}.cjs`;
}

async function write(
  input: Record<string, string>,
  dir: string,
  chunkFileNames: string,
  plugin?: Plugin,
): Promise<void> {
  const bundled = await rolldown({
    cwd: REPOSITORY,
    input,
    platform: "node",
    // Else every model of the Kubernetes API comes along, of which none is used.
    treeshake: {
      moduleSideEffects: [{ test: /node_modules\/@kubernetes\/client-node\//, sideEffects: false }],
    },
    resolve: { alias: { undici: join(import.meta.dirname, "undici.js") } },
    plugins: [plugin],
    // A package may have a default beside its other exports.
    checks: { mixedExports: false },
  });
  await bundled.write({
    dir,
    // In a module, Node reads every property of the built-in ones that are imported, and with that of node:http it loads
    // its own fetch.
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames,
    // Names and lines stay as they are, for stack traces: source maps nearly double what a start takes.
    minify: false,
    comments: false,
    // V8 takes text without other characters for half as large.
    charset: "ascii",
  });
}
