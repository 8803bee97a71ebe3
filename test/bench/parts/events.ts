import type { NgrokEvent } from "../../support/events.ts";
import { createdEvent, deletedEvent } from "../events.ts";
import type { Lab, NewEndpoint } from "../lab.ts";
import { compare, LANES, type Lane, prepare, tidyUp } from "../lanes.ts";
import type { Part, Session } from "../part.ts";
import { callRows, comparedRows, type Row } from "../row.ts";

// Each kind of event against its limits.

/** How many events a round has, how many of them only warm up, and how many rounds there are. */
type Sample = { events: number; warmUp: number; rounds: number };

const SAMPLES: Record<number, Sample> = {
  1: { events: 30, warmUp: 5, rounds: 7 },
  8: { events: 64, warmUp: 8, rounds: 5 },
  32: { events: 144, warmUp: 32, rounds: 5 },
  128: { events: 384, warmUp: 128, rounds: 3 },
};

/** Where a round needs something made before and deleted after, that takes longer than what is measured. */
const ROUNDS_OF_PREPARED = 3;

function sampleOf({ before }: Kind, concurrency: number): Sample {
  const sample = SAMPLES[concurrency] as Sample;
  return before === undefined ? sample : { ...sample, rounds: Math.min(sample.rounds, ROUNDS_OF_PREPARED) };
}

type Kind = {
  name: string;
  concurrency: readonly number[];
  lanes?: readonly Lane[];
  /** The bounds on the rate at 32 and on the median alone, as parts of limit B's. */
  bounds?: { rate: number; p50: number };
  calls?: { calls?: number; writes?: number };
  /** What has to be there for the event. */
  before?: (endpoint: NewEndpoint) => NgrokEvent;
  event: (endpoint: NewEndpoint) => NgrokEvent;
};

async function measureKind({ say, lab: openedLab }: Session, kind: Kind): Promise<Row[]> {
  const { lab } = await openedLab();
  const rows = await countedRows(lab, kind);
  for (const concurrency of kind.concurrency) {
    const { events, warmUp, rounds } = sampleOf(kind, concurrency);
    const group = `${kind.name}, ${concurrency} at once`;
    say(group);
    const lanes = await compare(lab, {
      concurrency,
      warmUp,
      rounds,
      lanes: kind.lanes ?? LANES,
      tidy: true,
      batch: () => {
        const endpoints = lab.newEndpoints(events);
        return {
          before: kind.before === undefined ? [] : endpoints.map(kind.before),
          events: endpoints.map(kind.event),
        };
      },
    });
    const { rate, p50 } = kind.bounds ?? {};
    rows.push(
      ...comparedRows(lanes, {
        id: `${kind.name}/${concurrency}`,
        group,
        ...(rate === undefined || concurrency !== 32 ? {} : { rate }),
        ...(p50 === undefined || concurrency !== 1 ? {} : { p50 }),
      }),
    );
  }
  return rows;
}

async function countedRows(lab: Lab, kind: Kind): Promise<Row[]> {
  const [endpoint] = lab.newEndpoints(1) as [NewEndpoint];
  const before = kind.before === undefined ? [] : await prepare(lab, [kind.before(endpoint)]);
  const recordings = await prepare(lab, [kind.event(endpoint)]);
  const rows = recordings.flatMap((recording) => callRows(kind.name, kind.name, recording, kind.calls));
  await tidyUp(lab, [...before, ...recordings]);
  return rows;
}

/** A new endpoint on a new host. */
export const create: Part = (session) =>
  measureKind(session, {
    name: "create",
    concurrency: [1, 8, 32, 128],
    bounds: { rate: 0.7, p50: 1.5 },
    calls: { calls: 10, writes: 7 },
    event: ({ id, url }) => createdEvent(id, url),
  });

/** A second endpoint of a URL: its pool grows. */
export const update: Part = (session) =>
  measureKind(session, {
    name: "update",
    concurrency: [1, 32],
    before: ({ id, url }) => createdEvent(id, url),
    event: ({ id, url }) => createdEvent(`${id}_second`, url),
  });

/** The last endpoint of a host goes. */
export const remove: Part = (session) =>
  measureKind(session, {
    name: "delete",
    concurrency: [1, 32],
    calls: { calls: 12 },
    before: ({ id, url }) => createdEvent(id, url),
    event: ({ id }) => deletedEvent(id),
  });

/** An endpoint that is not for Kubernetes: it is only remembered. */
export const excluded: Part = (session) =>
  measureKind(session, {
    name: "excluded",
    concurrency: [1, 32],
    lanes: ["function", "B"],
    event: ({ id, url }) => createdEvent(id, url, { bindings: ["public"] }),
  });

/** An endpoint whose URL is against the rules: that is remembered. */
export const rejected: Part = (session) =>
  measureKind(session, {
    name: "rejected",
    concurrency: [1, 32],
    lanes: ["function", "B"],
    event: ({ id, url }) => createdEvent(id, `${url}/admin?x=1`),
  });
