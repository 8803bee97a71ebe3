import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** How long one build may take, and how long another process waits for it. */
export const BUILD_DEADLINE_MS = 25 * 60_000;

const LOCK_POLL_MS = 250;

/** The folder for what is built once and kept: the user's cache, as its operating system has it. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME: xdg } = process.env;
  if (xdg !== undefined && xdg !== "") return join(xdg, "pushbind");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "pushbind");
  return join(homedir(), ".cache", "pushbind");
}

/** The name under which a build is kept: one for each set of inputs, operating system and processor. */
export function buildKey(name: string, inputs: readonly string[]): string {
  const hash = createHash("sha256");
  for (const input of [process.platform, process.arch, ...inputs]) hash.update(`${input.length}:${input}`);
  return `${name}-${hash.digest("hex").slice(0, 16)}`;
}

/** The folder of a build that is there, undefined if it has yet to be made. */
export async function cached(key: string): Promise<string | undefined> {
  const folder = join(cacheFolder(), key);
  return (await exists(folder)) ? folder : undefined;
}

/**
 * The folder that `build` fills, made once and then kept. It appears whole or not at all: it is filled under
 * another name and renamed. Of several processes one builds, the others wait.
 *
 * @throws what `build` throws; Error where another process holds the lock for longer than BUILD_DEADLINE_MS.
 */
export async function cachedBuild(key: string, build: (into: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), key);
  await mkdir(cacheFolder(), { recursive: true });
  const release = await lock(`${folder}.lock`, () => exists(folder));
  if (release === undefined) return folder;
  const unfinished = `${folder}.unfinished-${randomUUID()}`;
  try {
    await removeUnfinished(key);
    await mkdir(unfinished);
    await build(unfinished);
    await rename(unfinished, folder);
    return folder;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    await release();
  }
}

/** Removes what builds left behind that were killed. */
async function removeUnfinished(key: string): Promise<void> {
  const left = (await readdir(cacheFolder())).filter((name) => name.startsWith(`${key}.unfinished-`));
  for (const name of left) await rm(join(cacheFolder(), name), { recursive: true, force: true });
}

/** Waits for the lock and returns how to release it; undefined once `done` says that there is nothing left to do. */
async function lock(file: string, done: () => Promise<boolean>): Promise<(() => Promise<void>) | undefined> {
  const end = Date.now() + BUILD_DEADLINE_MS;
  while (!(await done())) {
    if (await writeFile(file, String(process.pid), { flag: "wx" }).then(yes, no))
      return () => rm(file, { force: true });
    const holder = Number(await readFile(file, "utf8").catch(() => "0"));
    if (holder > 0 && !isRunning(holder)) await takeAway(file, holder);
    if (Date.now() > end) throw new Error(`${file} is held by process ${holder}: end it, or delete the file`);
    await pause(LOCK_POLL_MS);
  }
  return undefined;
}

/**
 * Removes the lock of a process that is gone. It is renamed before it is looked at again, as another process may have
 * done the same and hold a new lock by now, which is then put back.
 */
async function takeAway(file: string, holder: number): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  if (!(await rename(file, aside).then(yes, no))) return;
  if ((await readFile(aside, "utf8")) === String(holder)) await rm(aside);
  else await rename(aside, file);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const exists = (path: string): Promise<boolean> => stat(path).then(yes, no);
const yes = (): boolean => true;
const no = (): boolean => false;
