import { copyFile, readdir, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { BUILD_DEADLINE_MS, buildKey, cached, cachedBuild } from "./cached-build.ts";
import { go, goMissing } from "./go.ts";

/** What a real API server is made of. */
export type ClusterParts = {
  /** Paths of programs. */
  readonly kubeApiserver: string;
  readonly etcd: string;
  readonly kubectl: string;
  /** Path of the folder with Knative Serving's CRDs; undefined where there is no Go to fetch them with. */
  readonly knativeCrds: string | undefined;
};

/** The parts, undefined without the programs; and if anything is missing, a line that says what and how to get it. */
export type FoundParts = { readonly parts: ClusterParts | undefined; readonly missing: string | undefined };

const PROGRAMS = ["kube-apiserver", "etcd", "kubectl"] as const;
const CLUSTER_MODULE = join(import.meta.dirname, "..", "cluster");
const KNATIVE_MODULE = join(CLUSTER_MODULE, "knative");
const KNATIVE_CRDS = ["config", "core", "300-resources"];
const PROGRESS_EVERY_MS = 15_000;

/**
 * Finds the parts of a real API server, and builds those that are not there yet: the programs come from
 * KUBEBUILDER_ASSETS where it is set, else they are built with Go and kept in the user's cache.
 *
 * @param say is told, a line at a time, how far a build is.
 * @throws Error where a build fails, or KUBEBUILDER_ASSETS lacks a program.
 */
export async function findParts(say: (line: string) => void): Promise<FoundParts> {
  const given = process.env.KUBEBUILDER_ASSETS;
  const programs = given ? await givenPrograms(given) : await built(await programsRecipe(say));
  const crds = await built(await knativeRecipe(say));
  if (!programs.ok) return { parts: undefined, missing: programs.missing };
  const [kubeApiserver, etcd, kubectl] = PROGRAMS.map((program) => join(programs.folder, program)) as Three;
  const parts = { kubeApiserver, etcd, kubectl, knativeCrds: crds.ok ? crds.folder : undefined };
  return { parts, missing: crds.ok ? undefined : crds.missing };
}

type Three = [string, string, string];
type FoundFolder =
  | { readonly ok: true; readonly folder: string }
  | { readonly ok: false; readonly missing: string };
type Recipe = {
  readonly key: string;
  /** The folder of the Go module that it is built from. */
  readonly module: string;
  /** What is not tested without it, and how to get it. */
  readonly without: string;
  readonly build: (into: string) => Promise<void>;
};

async function givenPrograms(folder: string): Promise<FoundFolder> {
  for (const program of PROGRAMS) {
    await stat(join(folder, program)).catch(() => {
      throw new Error(
        `KUBEBUILDER_ASSETS is ${folder}, and there is no ${program}: it needs ${PROGRAMS.join(", ")}`,
      );
    });
  }
  return { ok: true, folder };
}

async function built(recipe: Recipe): Promise<FoundFolder> {
  const kept = await cached(recipe.key);
  if (kept !== undefined) return { ok: true, folder: kept };
  const reason = await goMissing(recipe.module);
  if (reason === undefined) return { ok: true, folder: await cachedBuild(recipe.key, recipe.build) };
  return { ok: false, missing: `${recipe.without}, since ${reason}` };
}

async function programsRecipe(say: (line: string) => void): Promise<Recipe> {
  const [mod, sum] = await moduleFiles(CLUSTER_MODULE);
  const version = /^\tk8s\.io\/kubernetes (v\S+)/m.exec(mod)?.[1];
  if (version === undefined) throw new Error(`${CLUSTER_MODULE}/go.mod does not require k8s.io/kubernetes`);
  // The version is stamped in as in Kubernetes' own build: without it the server says v0.0.0.
  const stamp = `-s -w -X k8s.io/component-base/version.gitVersion=${version}`;
  const flags = ["-trimpath", "-ldflags", stamp];
  const packages = [...mod.matchAll(/^\t(\S+\/(?:cmd|server)\/\S+)$/gm)].map((match) => match[1] as string);
  return {
    key: buildKey("cluster", [mod, sum, ...flags]),
    module: CLUSTER_MODULE,
    without:
      "tests on a real API server are skipped (install Go, or set KUBEBUILDER_ASSETS to a folder with " +
      `${PROGRAMS.join(", ")})`,
    build: (into) => buildPrograms(into, [...flags, "-o", `${into}/`, ...packages], version, say),
  };
}

async function buildPrograms(into: string, args: string[], version: string, say: (line: string) => void) {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  let compiled = 0;
  say(`building kube-apiserver, etcd and kubectl ${version}, once: this takes some minutes`);
  const progress = setInterval(() => say(`${seconds()} s, ${compiled} packages compiled`), PROGRESS_EVERY_MS);
  try {
    await go(CLUSTER_MODULE, ["build", "-v", ...args], {
      deadline: BUILD_DEADLINE_MS,
      onErrorLine: (line) => {
        if (/^[\w.]+(\/\S+)*$/.test(line)) compiled += 1;
      },
    });
  } finally {
    clearInterval(progress);
  }
  // A program is named after the last part of its package's path, which for etcd is "server".
  await rename(join(into, "server"), join(into, "etcd"));
  say(`built in ${seconds()} s`);
}

async function knativeRecipe(say: (line: string) => void): Promise<Recipe> {
  const [mod, sum] = await moduleFiles(KNATIVE_MODULE);
  const wanted = /^require (\S+) (\S+)$/m.exec(mod);
  return {
    key: buildKey("knative-crds", [mod, sum]),
    module: KNATIVE_MODULE,
    without: "the Knative Service in deploy/ is not tested (install Go)",
    build: async (into) => {
      say(`fetching Knative Serving's CRDs ${wanted?.[2]}, once`);
      const download = ["mod", "download", "-json", `${wanted?.[1]}@${wanted?.[2]}`];
      const { Dir } = JSON.parse(await go(KNATIVE_MODULE, download, { deadline: BUILD_DEADLINE_MS })) as {
        Dir: string;
      };
      const from = join(Dir, ...KNATIVE_CRDS);
      const files = (await readdir(from)).filter((name) => name.endsWith(".yaml"));
      for (const file of files) await copyFile(join(from, file), join(into, file));
    },
  };
}

const moduleFiles = async (folder: string): Promise<[string, string]> => [
  await readFile(join(folder, "go.mod"), "utf8"),
  await readFile(join(folder, "go.sum"), "utf8"),
];
