/**
 * Makes what ships, `dist/`, and fills the compile cache in it. With `--if-stale` only where it is missing or older than
 * what it is made of.
 *
 *     npm run build [-- --if-stale]
 */
import { glob, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { DIST, REPOSITORY } from "./dist.ts";
import { prime } from "./prime.ts";

/** Written when all else is there. */
const COMPLETE = join(DIST, "complete");

if (!process.argv.includes("--if-stale") || (await isStale())) {
  await bundle();
  await prime();
  await writeFile(COMPLETE, "");
}

async function isStale(): Promise<boolean> {
  const made = await timeOf(COMPLETE);
  const sources = ["package.json", "package-lock.json"];
  for await (const path of glob("{deploy/build,functions,lib,schemas}/**", { cwd: REPOSITORY }))
    sources.push(path);
  const times = await Promise.all(sources.map((path) => timeOf(join(REPOSITORY, path))));
  return Math.max(...times) > made;
}

/** When a file was last changed, in milliseconds since 1970; 0 where there is none. */
async function timeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
