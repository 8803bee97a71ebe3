import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type RunResult, run } from "./run.ts";

/** The environment in which `go` uses the toolchain that is installed and the module's own files as they stand. */
const GO_ENVIRONMENT = { GOTOOLCHAIN: "local", GOWORK: "off", GOFLAGS: "-mod=readonly", CGO_ENABLED: "0" };

export type GoOptions = { readonly deadline?: number; readonly onErrorLine?: (line: string) => void };

/**
 * Runs `go` in the folder of a module.
 *
 * @throws Error with what `go` printed where it fails.
 */
export async function go(folder: string, args: readonly string[], options: GoOptions = {}): Promise<string> {
  const result = await run("go", args, {
    ...options,
    cwd: folder,
    env: { ...process.env, ...GO_ENVIRONMENT },
  });
  if (result.code === 0) return result.stdout;
  const end = result.code === null ? "took too long and was stopped" : `ended with code ${result.code}`;
  throw new Error(`go ${args.join(" ")} in ${folder} ${end}:\n${result.stderr.slice(-4000)}`);
}

/** Why `go` cannot build the module in this folder, in words; undefined if it can. */
export async function goMissing(folder: string): Promise<string | undefined> {
  const wanted = /^go (\d+)\.(\d+)/m.exec(await readFile(join(folder, "go.mod"), "utf8"));
  const found = await goVersion();
  if (found === undefined) return "go is not on the PATH";
  const [major = 0, minor = 0] = [Number(wanted?.[1]), Number(wanted?.[2])];
  const enough = found.major > major || (found.major === major && found.minor >= minor);
  return enough ? undefined : `go is ${found.major}.${found.minor}, and ${major}.${minor} or later is needed`;
}

async function goVersion(): Promise<{ major: number; minor: number } | undefined> {
  const result = await run("go", ["env", "GOVERSION"], { env: { ...process.env, ...GO_ENVIRONMENT } }).catch(
    (): RunResult => ({ code: null, stdout: "", stderr: "" }),
  );
  const version = /^go(\d+)\.(\d+)/.exec(result.stdout);
  return version === null ? undefined : { major: Number(version[1]), minor: Number(version[2]) };
}
