import { type Known, newDecider, newValidator } from "../decide.ts";
import { createdEvent } from "../events.ts";
import type { Part } from "../part.ts";
import { atLeast, besideOf, type Row } from "../row.ts";
import { figureOf } from "../statistics.ts";

/** Different ones, so that nothing is gained from having seen the very text before. */
const EVENTS = 500;
/** Rounds that only warm up: V8 compiles what runs often. */
const WARM_UP = 20;
const ROUNDS = 41;
const OF_VALIDATION = 0.3;

/** How fast events are decided on, without any I/O. */
export const decide: Part = async ({ say }) => {
  say("decide");
  const texts = Array.from({ length: EVENTS }, (_, n) =>
    JSON.stringify(createdEvent(`ep_e${n}`, `http://e${n}.bench`)),
  );
  const decider = newDecider();
  const isValid = newValidator();
  const known = texts.map((text) => decider.after(text));
  const rates = { new: [] as number[], replayed: [] as number[], validated: [] as number[] };
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    rates.new.push(rateOf(texts, (text) => decider.decide(text).changes.length === 3));
    rates.replayed.push(
      rateOf(texts, (text, n) => decider.decide(text, known[n] as Known).changes.length === 0),
    );
    rates.validated.push(rateOf(texts, isValid));
  }
  return [
    rowOf("new", "a new endpoint on a new host", rates.new, rates.validated),
    rowOf("replayed", "an event that was handled", rates.replayed, rates.validated),
  ];
};

/** Events a second of processor time: while others use the processor, nothing is decided and nothing counted. */
function rateOf(texts: readonly string[], isRight: (text: string, index: number) => boolean): number {
  const before = process.cpuUsage();
  const right = texts.filter(isRight);
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  if (right.length !== texts.length) throw new Error("an event was not decided on as it should be");
  return texts.length / seconds;
}

function rowOf(name: string, title: string, rates: readonly number[], validated: readonly number[]): Row {
  const [values, others] = [rates.slice(WARM_UP), validated.slice(WARM_UP)];
  const beside = besideOf("JSON.parse and ajv", values, others);
  return {
    id: `decide/${name}`,
    group: `decide, ${title}`,
    unit: "events/s of CPU",
    value: figureOf(values),
    beside: [beside],
    bound: atLeast(OF_VALIDATION, " of JSON.parse and ajv", beside.ratio),
    judged: { figure: beside.ratio, better: "higher" },
  };
}
