import type { Lane, Measured } from "./lanes.ts";
import { countCalls, type Recording } from "./recorder.ts";
import { type Figure, figureOf, ratioOf } from "./statistics.ts";

/** Another figure of the same run and size, and what the row's own is of it. */
export type Beside = { readonly name: string; readonly value: Figure; readonly ratio: Figure };

/** What has to hold, in words, and whether it does. */
export type Bound = { readonly text: string; readonly holds: boolean };

/** One line of what the benchmark prints. */
export type Row = {
  /** Tells it from all others, the same in every run: `create/32/rate`. */
  readonly id: string;
  /** What was measured, and where: `create, 32 at once`. */
  readonly group: string;
  /** `events/s`, `p50 ms`, ... */
  readonly unit: string;
  readonly value: Figure;
  readonly beside: readonly Beside[];
  readonly bound?: Bound;
  /** What is compared with past runs: what depends on the machine as little as can be. */
  readonly judged?: {
    readonly figure: Figure;
    readonly better: "higher" | "lower";
    /** It is counted, not measured: the same in every run unless the code has changed. */
    readonly isCounted?: true;
  };
};

export function atLeast(bound: number, of: string, figure: Figure): Bound {
  return { text: `at least ${bound}${of}`, holds: figure.median >= bound };
}

export function atMost(bound: number, of: string, figure: Figure): Bound {
  return { text: `at most ${bound}${of}`, holds: figure.median <= bound };
}

/** @param values one a round, as those beside them */
export function besideOf(name: string, values: readonly number[], others: readonly number[]): Beside {
  return { name, value: figureOf(others), ratio: ratioOf(values, others) };
}

export type ComparedOptions = {
  /** `create/32` */
  readonly id: string;
  readonly group: string;
  /** At least so much of the rate of limit B. */
  readonly rate?: number;
  /** At most so much of the p50 of limit B. */
  readonly p50?: number;
};

/** What the function does beside its limits. */
export function comparedRows(lanes: Record<Lane, readonly Measured[]>, options: ComparedOptions): Row[] {
  const { id, group } = options;
  const row = (unit: "rate" | "p50" | "p99", label: string) => {
    const values = lanes.function.map((round) => round[unit]);
    const beside = (["B", "A"] as const)
      .filter((lane) => lanes[lane].length > 0)
      .map((lane) =>
        besideOf(
          `limit ${lane}`,
          values,
          lanes[lane].map((round) => round[unit]),
        ),
      );
    return { id: `${id}/${unit}`, group, unit: label, value: figureOf(values), beside };
  };
  const rate = row("rate", "events/s");
  const p50 = row("p50", "p50 ms");
  const rateOfB = rate.beside[0]?.ratio as Figure;
  const p50OfB = p50.beside[0]?.ratio as Figure;
  return [
    {
      ...rate,
      judged: { figure: rateOfB, better: "higher" },
      ...(options.rate === undefined ? {} : { bound: atLeast(options.rate, " of B", rateOfB) }),
    },
    {
      ...p50,
      judged: { figure: p50OfB, better: "lower" },
      ...(options.p50 === undefined ? {} : { bound: atMost(options.p50, " of B", p50OfB) }),
    },
    row("p99", "p99 ms"),
    ...cpuRows(lanes, options),
  ];
}

/**
 * None where the system does not say what processes take. What all of it takes says more than the rate where others
 * use the machine, too: on processors that are all busy, the rates are as these are.
 */
function cpuRows(lanes: Record<Lane, readonly Measured[]>, { id, group }: ComparedOptions): Row[] {
  const own = definedOnly(lanes.function.map(({ functionCpu }) => functionCpu));
  const server = definedOnly(lanes.function.map(({ serverCpu }) => serverCpu));
  const serverUnderB = definedOnly(lanes.B.map(({ serverCpu }) => serverCpu));
  if (own.length < lanes.function.length || serverUnderB.length < lanes.B.length) return [];
  const inAll = own.map((ofFunction, round) => ofFunction + (server[round] ?? 0));
  const ofServer = besideOf("API server under B", own, serverUnderB);
  return [
    {
      id: `${id}/cpu`,
      group,
      unit: "CPU ms/event",
      value: figureOf(own),
      beside: [ofServer],
      judged: { figure: ofServer.ratio, better: "lower" },
    },
    {
      id: `${id}/cpu-in-all`,
      group,
      unit: "and API server's",
      value: figureOf(inAll),
      beside: [besideOf("API server under B", inAll, serverUnderB)],
    },
  ];
}

function definedOnly(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined);
}

/** How many calls to the API server an event takes, of how many stages one after the other. */
export function callRows(
  id: string,
  group: string,
  recording: Recording,
  bounds: { readonly calls?: number; readonly writes?: number } = {},
): Row[] {
  const counted = { ...countCalls(recording), stages: recording.stages.length };
  const units = { calls: "API calls/event", writes: "writes/event", stages: "in stages" } as const;
  return (["calls", "writes", "stages"] as const).map((what): Row => {
    const figure = figureOf([counted[what]]);
    const bound = what === "stages" ? undefined : bounds[what];
    return {
      id: `${id}/${what}`,
      group,
      unit: units[what],
      value: figure,
      beside: [],
      judged: { figure, better: "lower", isCounted: true },
      ...(bound === undefined ? {} : { bound: atMost(bound, "", figure) }),
    };
  });
}
