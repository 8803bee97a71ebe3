import type { Judgement } from "./results.ts";
import type { Beside, Row } from "./row.ts";
import type { Figure } from "./statistics.ts";

/** The rows as people read them, those of a group under its name. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(cellsOf);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line, index) => {
    const text = line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
    const { group } = rows[index] as Row;
    const heading = group === rows[index - 1]?.group ? "" : `\n${group}\n`;
    return `${heading}  ${text.trimEnd()}\n`;
  });
  return lines.join("");
}

function cellsOf({ unit, value, beside, bound }: Row): string[] {
  const [first, second] = beside;
  const held = bound === undefined ? "" : `${bound.text}: ${bound.holds ? "yes" : "NO"}`;
  return [unit, inWords(value), besideInWords(first), besideInWords(second), held];
}

function besideInWords(beside: Beside | undefined): string {
  return beside === undefined
    ? ""
    : `${beside.name} ${digits(beside.value.median)}: ${inWords(beside.ratio)}`;
}

function inWords({ median, deviation, count }: Figure): string {
  return count === 1 ? digits(median) : `${digits(median)} ±${digits(deviation)}`;
}

/** Three digits that tell something. */
function digits(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** What has changed since earlier runs, and how much has not. */
export function changesOf(judgements: readonly Judgement[]): string {
  const lines = judgements.flatMap(({ row, verdict }) => {
    if (verdict.kind === "new" || verdict.kind === "as before") return [];
    const { kind, expected, noise } = verdict;
    const now = inWords(row.judged?.figure as Figure);
    return [`  ${kind}: ${row.id} is ${now}, was ${digits(expected)}; noise is up to ${digits(noise)}\n`];
  });
  const count = (kind: Judgement["verdict"]["kind"]) =>
    `${judgements.filter(({ verdict }) => verdict.kind === kind).length} ${kind}`;
  const counts = (["as before", "better", "worse", "new"] as const).map(count).join(", ");
  return `\nbeside earlier runs: ${counts}\n${lines.join("")}`;
}
