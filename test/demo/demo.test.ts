import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../support/run.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const RECORDED = join(ROOT, "lib", "demo", "stream.jsonl");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pushbind-demo-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the demo as its npm script does, in a folder of its own, on free ports. */
function demo(...args: string[]) {
  const script = ["--import", join(ROOT, "lib", "node-version.js"), join(ROOT, "lib", "demo", "main.ts")];
  return run(process.execPath, [...script, "--port", "0", "--api-port", "0", ...args], {
    env: { ...process.env, LOG_LEVEL: "info" },
    deadline: 60_000,
    cwd: folder,
  });
}

async function stream(...lines: unknown[]): Promise<string> {
  const file = join(folder, `${crypto.randomUUID()}.jsonl`);
  await writeFile(
    file,
    lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  );
  return file;
}

describe("the demo", () => {
  it("plays the recorded stream, and everything is as recorded", async () => {
    const { code, stdout, stderr } = await demo("--once");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("object.url: a tcp endpoint must specify a port number");
    // Of the end: what is ready and what is not.
    expect(stdout).toMatch(/http:\/\/app\.example:80 +\d+ +1 endpoint +True +True/);
    expect(stdout).toMatch(/http:\/\/api\.internal:80 +\d+ +2 endpoints +True +True/);
    expect(stdout).toMatch(/http:\/\/app\.does-not-exist:80 +\d+ +1 endpoint +False +False/);
    expect(stdout).toMatch(/billing +payments +ClusterIP/);
    expect(stdout).toMatch(
      /example +app +ExternalName +<none> +ngrok-[0-9a-f-]+\.ngrok-operator\.svc\.cluster\.local/,
    );
    expect(await readFile(join(folder, ".pushbind", "kubeconfig"), "utf8")).toContain(
      "server: http://127.0.0.1:",
    );
  });

  it("says what was not as recorded, and fails", async () => {
    const recorded = await readFile(RECORDED, "utf8");
    const file = await stream(recorded.replace('"outcome": "unchanged"', '"outcome": "bound"').trim());
    const { code, stdout } = await demo("--once", "--events", file);
    expect(code).toBe(1);
    expect(stdout).toContain('NOT AS RECORDED  line 5: outcome is "unchanged", expected "bound"');
  });

  it("notices an object that there is too much, and one that is missing", async () => {
    const end = { end: { services: ["Service default/missing"], boundEndpoints: {} } };
    const event = {
      event_type: "endpoint_created.v0",
      event_timestamp: "2026-01-01T00:00:00Z",
      object: { id: "ep_1", url: "http://app.default", bindings: ["kubernetes"] },
    };
    const { code, stdout } = await demo("--once", "--events", await stream(event, end));
    expect(code).toBe(1);
    expect(stdout).toContain("Services: Service default/missing is missing");
    expect(stdout).toContain("Services: Service default/app was not expected");
    expect(stdout).toContain("BoundEndpoints: http://app.default:80 Ready=True was not expected");
  });

  it("says which lines of a stream it cannot read, before it plays any", async () => {
    const { code, stdout, stderr } = await demo("--once", "--events", await stream("{}", "[1]", "{oops"));
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("line 2: it must be a JSON object");
    expect(stderr).toContain("line 3: ");
  });

  it.each([
    [["--events", "/nowhere/at-all.jsonl"], 1, "there is no file /nowhere/at-all.jsonl"],
    [["--port", "99999"], 2, "a port is a number from 0 to 65535"],
    [["--wat"], 2, "Unknown option '--wat'"],
  ])("says what is wrong with %j", async (args, expected, message) => {
    const { code, stderr } = await demo("--once", ...args);
    expect(stderr).toContain(message);
    expect(code).toBe(expected);
  });
});
