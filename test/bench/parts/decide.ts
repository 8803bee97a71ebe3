import { measureDecide, type WorkName } from "../decide.ts";
import type { Part } from "../part.ts";
import { atLeast, besideOf, type Row } from "../row.ts";
import { figureOf } from "../statistics.ts";

/**
 * What is bounded, as parts of the rate at which the same events are only parsed and validated.
 *
 * To parse and to validate takes some three microseconds; a part of 0.3 leaves ten. What was received is decoded and
 * judged within that. The hash of the endpoint takes half of it, though, and three manifests and a status with some
 * seventy fields, each compared with what the API server has, several times as much: to send these four takes the
 * processor five hundred times as long as to plan them.
 */
const BOUNDS: Partial<Record<WorkName, number>> = { received: 0.3, firstPlan: 0.08, decide: 0.045 };

const TITLES: Partial<Record<WorkName, string>> = {
  received: "parsed, decoded and judged",
  firstPlan: "and merged and planned, to the first writes of objects",
  decide: "and planned to the end: a whole create",
  replay: "an event that was handled, to its end",
};

/** How fast events are decided on, without any I/O. */
export const decide: Part = async ({ say }) => {
  say("decide");
  const { bytes, rates } = await measureDecide();
  return (Object.keys(TITLES) as WorkName[]).map((name): Row => {
    const beside = besideOf("JSON.parse and ajv", rates[name], rates.baseline);
    const bound = BOUNDS[name];
    return {
      id: `decide/${name}`,
      group: `decide (${bytes} bytes), ${TITLES[name]}`,
      unit: "events/s of CPU",
      value: figureOf(rates[name]),
      beside: [beside],
      ...(bound === undefined ? {} : { bound: atLeast(bound, " of JSON.parse and ajv", beside.ratio) }),
      judged: { figure: beside.ratio, better: "higher" },
    };
  });
};
