import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { DIST, REPOSITORY } from "./dist.ts";
import { lazyPackages } from "./lazy-packages.ts";

/**
 * What only some kubeconfigs need (OpenID Connect, other clouds' plugins, proxies), or only where one names a token file.
 */
const SELDOM = ["openid-client", "jsonpath-plus", "socks", "socks-proxy-agent", "hpagent", "yaml"];

/** Makes `dist/`, all that the function needs at run time: one file of its code and that of its packages. */
export async function bundle(): Promise<void> {
  await rm(DIST, { recursive: true, force: true });
  const bundled = await rolldown({
    cwd: REPOSITORY,
    input: { server: "functions/server.ts", "node-version": "lib/node-version.js" },
    platform: "node",
    // Else every model of the Kubernetes API comes along, of which none is used.
    treeshake: {
      moduleSideEffects: [{ test: /node_modules\/@kubernetes\/client-node\//, sideEffects: false }],
    },
    resolve: { alias: { undici: join(import.meta.dirname, "undici.js") } },
    plugins: [lazyPackages(SELDOM)],
  });
  await bundled.write({
    dir: DIST,
    // In a module, Node reads every property of the built-in ones that are imported, and with that of node:http it loads
    // its own fetch.
    format: "cjs",
    entryFileNames: "[name].cjs",
    // Where it is, seen from here, its source is too: it reads the CRDs that lie beside it.
    chunkFileNames: "lib/embedded/[name].cjs",
    // Names and lines stay as they are, for stack traces: source maps nearly double what a start takes.
    minify: false,
    comments: false,
    // V8 takes text without other characters for half as large.
    charset: "ascii",
  });
  await cp(join(REPOSITORY, "schemas", "crds"), join(DIST, "schemas", "crds"), { recursive: true });
  await cp(join(import.meta.dirname, "start.cjs"), join(DIST, "start.cjs"));
}
