import { writeFile } from "node:fs/promises";
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { PARTS } from "./parts.ts";
import { judgeRows, RESULTS_FILE, readResults, withRun, writeResults } from "./results.ts";
import type { Row } from "./row.ts";
import { openSession } from "./session.ts";
import { changesOf, tableOf } from "./table.ts";

const USAGE = `npm run bench -- [PART ...] [--json FILE] [--record] [--check]

Measures the function on a real API server, beside what the API server itself takes, and prints a table. Limit B is
exactly the calls that the function makes, bare; limit A the four writes that any system needs. Figures are medians
over rounds with their median absolute deviation; ratios are taken round by round.

${PARTS.map(({ name, measures }) => `  ${name.padEnd(12)} ${measures}`).join("\n")}

  --json FILE  writes every figure to a file, too
  --record     adds this run to the earlier ones in test/bench/results.json
  --check      ends with 1 where a figure is worse than in earlier runs by more than noise
`;

// What was started ends with this process, but only where it may say so.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "string" },
      record: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const unknown = positionals.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown !== undefined) {
    process.stderr.write(`there is no part ${JSON.stringify(unknown)}; see --help\n`);
    return 2;
  }
  const rows = await measure(positionals);
  const results = await readResults(RESULTS_FILE);
  const judgements = judgeRows(results, rows);
  process.stdout.write(tableOf(rows) + changesOf(judgements));
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
  if (values.record) await writeResults(RESULTS_FILE, withRun(results, rows));
  return values.check && judgements.some(({ verdict }) => verdict.kind === "worse") ? 1 : 0;
}

/** @param names of parts; none means all of them */
async function measure(names: readonly string[]): Promise<Row[]> {
  const say = progress();
  const [load = 0] = loadavg();
  if (load > availableParallelism() / 4) {
    say(`this machine is busy with something else: its load is ${load.toFixed(1)}`);
  }
  const session = openSession(say);
  try {
    const rows: Row[] = [];
    for (const { run } of PARTS.filter(({ name }) => names.length === 0 || names.includes(name))) {
      rows.push(...(await run(session)));
    }
    return rows;
  } finally {
    await session.close();
  }
}

/** Standard output is for figures alone. */
function progress(): (line: string) => void {
  const start = performance.now();
  return (line) => {
    const seconds = Math.round((performance.now() - start) / 1000);
    process.stderr.write(`[bench] ${String(seconds).padStart(4)} s  ${line}\n`);
  };
}
