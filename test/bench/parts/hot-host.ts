import { createdEvent } from "../events.ts";
import { type Lab, newEvents } from "../lab.ts";
import { compare, postAll } from "../lanes.ts";
import type { Part } from "../part.ts";
import { atLeast, atMost, besideOf, type Row } from "../row.ts";
import { figureOf } from "../statistics.ts";

const ENDPOINTS = 1000;
const CONCURRENCY = 128;
const CREATES = 384;
const ROUNDS = 3;
const TIMES_CREATE = 3;
/** "Far below" the number of endpoints. */
const PASSES = 100;

/** Many endpoints of one URL at once: their passes over the host are shared. */
export const hotHost: Part = async ({ lab: openedLab, say }) => {
  const { lab } = await openedLab();
  const [rates, creates, passes]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    say(`hot host, round ${round + 1} of ${ROUNDS}`);
    const crowd = await measureCrowd(lab);
    rates.push(crowd.rate);
    passes.push(crowd.passes);
    creates.push(await rateOfCreates(lab));
  }
  const group = `hot host: ${ENDPOINTS} endpoints of one URL, ${CONCURRENCY} at once`;
  const beside = besideOf("create", rates, creates);
  const rate: Row = {
    id: "hot-host/rate",
    group,
    unit: "events/s",
    value: figureOf(rates),
    beside: [beside],
    bound: atLeast(TIMES_CREATE, " of create", beside.ratio),
    judged: { figure: beside.ratio, better: "higher" },
  };
  const counted = figureOf(passes);
  return [
    rate,
    {
      id: "hot-host/passes",
      group,
      unit: "passes",
      value: counted,
      beside: [],
      bound: atMost(PASSES, "", counted),
      judged: { figure: counted, better: "lower" },
    },
  ];
};

/** All of them, without a warm-up: the first passes belong to it. */
async function measureCrowd(lab: Lab): Promise<{ rate: number; passes: number }> {
  const [{ id, url }] = lab.newEndpoints(1) as [{ id: string; url: string }];
  const events = Array.from({ length: ENDPOINTS }, (_, n) => createdEvent(`${id}_${n}`, url));
  const { seconds } = await postAll(lab, lab.fn.origin, events, { concurrency: CONCURRENCY, warmUp: 0 });
  return { rate: ENDPOINTS / seconds, passes: await passesOver(lab, url) };
}

/** Each round that brought something to the ledger has written it once, and the API server counts these writes. */
async function passesOver(lab: Lab, url: string): Promise<number> {
  const name = new URL(url).hostname;
  const path = `/apis/pushbind.dev/v1alpha1/namespaces/${lab.operatorNamespace}/boundhosts/${name}`;
  const ledger = await lab.admin.must("GET", path);
  const entries = Object.keys(ledger.spec.entries).length;
  if (entries !== ENDPOINTS) throw new Error(`${name} has ${entries} entries`);
  return ledger.metadata.generation;
}

async function rateOfCreates(lab: Lab): Promise<number> {
  const { function: measured } = await compare(lab, {
    rounds: 1,
    lanes: ["function"],
    concurrency: CONCURRENCY,
    warmUp: CONCURRENCY,
    batch: () => ({ events: newEvents(lab, CREATES) }),
    tidy: true,
  });
  return measured[0]?.rate ?? Number.NaN;
}
