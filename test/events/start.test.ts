import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { START } from "../../deploy/build/dist.ts";
import { bundled } from "../support/real-cluster.ts";
import { run } from "../support/run.ts";
import { FORMS, folder, spawnFunction } from "./spawned.ts";

const REPOSITORY = join(import.meta.dirname, "..", "..");

describe.each(FORMS)("a process from the %s that cannot start says why, and ends with code 1", (form) => {
  const spawn = (env: Record<string, string>) => spawnFunction(env, { form });

  it("all that is wrong with its settings, each with its variable and what would be right", async () => {
    const fn = await spawn({
      PORT: "80800",
      HOST: "localhost",
      OPERATOR_NAMESPACE: "Ngrok",
      CLUSTER_DOMAIN: "cluster.local.",
      ENDPOINT_SELECTORS: "[\"endpoint.nmae == 'a'\", 7]",
      ALLOWED_NAMESPACES: "team-*,Billing",
      TARGET_LABELS: "{",
      TARGET_PORTS: "yes",
      UPSTREAM_SELECTOR: "app",
      PORT_RANGE: "20000-10000",
      ACCOUNTS: '{"ac_1": "a", "ac_2": "a"}',
      LOG_LEVEL: "loud",
      CLUSTER: "kind",
    });
    const { code, stderr } = await fn.ended;
    expect(code).toBe(1);
    expect(fn.log).toEqual([]);
    const lines = stderr.trimEnd().split("\n");
    expect(lines.map((line) => line.slice(0, line.indexOf(":"))).sort()).toEqual([
      "ACCOUNTS",
      "ALLOWED_NAMESPACES",
      "CLUSTER",
      "CLUSTER_DOMAIN",
      "ENDPOINT_SELECTORS[0]",
      "ENDPOINT_SELECTORS[1]",
      "HOST",
      "LOG_LEVEL",
      "OPERATOR_NAMESPACE",
      "PORT",
      "PORT_RANGE",
      "TARGET_LABELS",
      "TARGET_PORTS",
      "UPSTREAM_SELECTOR",
    ]);
    for (const line of lines) expect(line).toMatch(/ must |ENDPOINT_SELECTORS\[0\]/);
    expect(lines).toContain(
      'PORT: "80800" is not right; it must be a port number from 0 to 65535; 0 takes a free one',
    );
    expect(lines).toContain(
      'LOG_LEVEL: "loud" is not right; it must be trace, debug, info, warn, error, fatal or silent',
    );
    expect(stderr).toContain("nmae");
  });

  it("that no cluster is configured", async () => {
    const { code, stderr } = await (await spawn({})).ended;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        "no cluster is configured: set KUBECONFIG to a kubeconfig with a current context, run in a pod with a " +
        "service account, or set CLUSTER=embedded to try it without a cluster\n",
    });
  });

  it("that KUBECONFIG names a file that is not there, or is none", async () => {
    const missing = join(await folder(), "missing");
    const absent = await (await spawn({ KUBECONFIG: missing })).ended;
    expect(absent).toMatchObject({ code: 1 });
    expect(absent.stderr).toContain(missing);
    expect(absent.stderr.split("\n")).toHaveLength(2);
    const broken = join(await folder(), "broken");
    await writeFile(broken, "users: [{ name: a, user: { token: s3cr3t }");
    const unreadable = await (await spawn({ KUBECONFIG: broken })).ended;
    expect(unreadable).toMatchObject({ code: 1 });
    expect(unreadable.stderr).toContain(`the kubeconfig ${broken} cannot be read: `);
    expect(unreadable.stderr.split("\n")).toHaveLength(2);
    expect(unreadable.stderr).not.toContain("s3cr3t");
  });
});

describe("the bundle", () => {
  it("is not compiled anew at each start, not even at the first", async () => {
    await bundled();
    // What Node says of its compile cache, for those who ask.
    const env = { NODE_DEBUG_NATIVE: "COMPILE_CACHE", LOG_LEVEL: "loud" };
    const { stdout, stderr } = await run(process.execPath, START, { cwd: REPOSITORY, env });
    expect(stdout + stderr).toMatch(/V8 code cache for CommonJS \S+server\.cjs was accepted/);
  });
});

describe("a Node that is too old", () => {
  const SENTENCE = /^pushbind needs Node 22\.19 or later to run; this is (\S+) \(.*\)\.\n/;

  /** Runs nothing but the check, on a Node that takes itself for another version. */
  const checkAs = (version: string) => {
    const source = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`;
    const disguise = `data:text/javascript,${encodeURIComponent(source)}`;
    const args = ["--import", disguise, "--import", "./lib/node-version.js", "-e", "console.log('runs')"];
    return run(process.execPath, args, { cwd: REPOSITORY });
  };

  it.each(["18.20.8", "20.19.5", "22.18.0", "21.7.3"])("%s is told so, and what to do", async (version) => {
    const { code, stdout, stderr } = await checkAs(version);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(SENTENCE.exec(stderr)?.[1]).toBe(version);
    expect(stderr).toContain("npm ci");
    expect(stderr).not.toContain("    at ");
  });

  it.each(["22.19.0", "24.0.0", "26.10.0"])("%s is not", async (version) => {
    expect(await checkAs(version)).toEqual({ code: 0, stdout: "runs\n", stderr: "" });
  });

  const old = oldNode();
  it.skipIf(old === undefined)(
    "gets this sentence and no stack trace from the command of npm start",
    async () => {
      await bundled();
      const { code, stdout, stderr } = await run(old ?? "", START, { cwd: REPOSITORY });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(SENTENCE);
      expect(stderr).not.toContain("    at ");
    },
  );
});

/** A Node on the PATH of this machine that cannot run TypeScript, if there is one. */
function oldNode(): string | undefined {
  const found = (process.env.PATH ?? "").split(delimiter).map((path) => join(path, "node"));
  return found.filter(existsSync).find((node) => {
    const { stdout } = spawnSync(node, ["-p", "process.versions.node"], { encoding: "utf8" });
    return Number(stdout.split(".")[0]) < 22;
  });
}
