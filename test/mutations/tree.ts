import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Edit, edited } from "./mutation.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What the checks need of the project. */
const NEEDED = [
  "functions",
  "lib",
  "schemas",
  "test/mutations/hunt.ts",
  "test/simulation",
  "test/unit",
  "package.json",
  "tsconfig.json",
];

/**
 * Makes a copy of the project's sources with the edits made in it, uses it, and removes it. The project itself is
 * never touched.
 *
 * @throws Error where an edit does not fit the sources any more
 */
export async function inEditedTree<T>(
  edits: readonly Edit[],
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "pushbind-mutation-"));
  try {
    for (const path of NEEDED) await cp(join(ROOT, path), join(folder, path), { recursive: true });
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    for (const edit of edits) {
      const path = join(folder, edit.file);
      await writeFile(path, edited(await readFile(path, "utf8"), edit));
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
