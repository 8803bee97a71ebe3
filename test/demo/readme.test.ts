import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StartedFunction, startFunction } from "../../functions/start.ts";
import { startEmbeddedCluster } from "../../lib/embedded/cluster.ts";
import { readSettings } from "../../lib/settings/settings.ts";
import schema from "../../schemas/settings.json" with { type: "json" };
import { run } from "../support/run.ts";

const readme = await readFile(join(import.meta.dirname, "..", "..", "README.md"), "utf8");
const scripts = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script = ""]) => script);

describe("the curl lines of the README", () => {
  let fn: StartedFunction;
  beforeAll(async () => {
    const read = readSettings({ PORT: "0", HOST: "127.0.0.1", CLUSTER: "embedded" });
    if (!read.ok) throw new Error("the defaults are not right");
    const cluster = await startEmbeddedCluster(["ngrok-operator", "example"], 0);
    fn = await startFunction(read.settings, cluster, pino({ level: "silent" }));
  });
  afterAll(() => fn.stop());

  const curls = scripts.filter((script) => script.includes("curl -sS"));

  it("are there", () => {
    expect(curls).toHaveLength(4);
  });

  it("work when they are pasted, one after the other", async () => {
    const outcomes: unknown[] = [];
    for (const script of curls) {
      const pasted = script.replaceAll("http://127.0.0.1:8080", fn.url);
      const { code, stdout, stderr } = await run("bash", ["-c", pasted], {
        env: process.env,
        deadline: 30_000,
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      // Two in one block print two replies.
      outcomes.push(
        ...stdout.split(/(?<=^\})$/m).flatMap((text) => (text.trim() === "" ? [] : [JSON.parse(text)])),
      );
    }
    expect(outcomes).toMatchObject([
      { eventId: "ev_1", outcome: "bound", ready: true },
      { outcome: "bound", ready: true },
      { eventId: "ev_3", outcome: "bound", ready: true },
      { eventId: "ev_4", outcome: "deleted", ready: true },
      { endpointId: "ep_2", outcome: "bound", ready: true, dryRun: true },
    ]);
  });
});

describe("the settings in the README", () => {
  const rows = new Map(
    [...readme.matchAll(/^\| (`[A-Z_`, ]+`) \| (.*?) ?\| /gm)].flatMap(([, names = "", value = ""]) =>
      names
        .split(", ")
        .map((name): [string, string] => [name.replaceAll("`", ""), value.replaceAll("`", "")]),
    ),
  );
  it.each(Object.entries(schema.properties))("%s is there, with its default", (name, property) => {
    const value = "default" in property ? property.default : "";
    expect(rows.get(name)).toBe(typeof value === "string" ? value : JSON.stringify(value));
  });

  it("are no others", () => {
    expect([...rows.keys()].sort()).toEqual(Object.keys(schema.properties).sort());
  });
});
