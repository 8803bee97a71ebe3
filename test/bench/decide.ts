/**
 * How fast the function decides: what it costs, without any I/O, to get from the bytes of an event to everything that is
 * to be written, beside what it costs only to parse and to validate them.
 */
import { describeRef, type KubeObject } from "../../lib/cluster/objects.ts";
import type { Endpoint, EndpointChange } from "../../lib/event/change.ts";
import { decode } from "../../lib/event/decode.ts";
import { isObject } from "../../lib/event/json.ts";
import { parseJSON } from "../../lib/event/parse-json.ts";
import { validate } from "../../lib/event/validate.ts";
import { operatorNamespaceOf } from "../../lib/judge/account.ts";
import { judge, type Policy } from "../../lib/judge/judge.ts";
import { parseLedger } from "../../lib/plan/host.ts";
import { outcomeOf, plan, type View } from "../../lib/plan/plan.ts";
import { type EventKey, entryKeyOf } from "../../lib/register/key.ts";
import {
  type Entry,
  entriesOf,
  type Ledger,
  liveEntry,
  mergeEntry,
  nextLedger,
} from "../../lib/register/ledger.ts";
import { mergeRecord } from "../../lib/register/record.ts";
import { readSettings, type Settings } from "../../lib/settings/settings.ts";
import { NOW, type Sample, samplesOf } from "./decide-events.ts";
import { interleave } from "./rounds.ts";

export type DecideOptions = {
  /** Rounds that count (15). */
  readonly rounds?: number;
  /** Different events, each of its own endpoint on its own host (200). */
  readonly events?: number;
  /** Time for each piece of work in a round, in milliseconds (50). */
  readonly roundMs?: number;
};

export type DecideFigures = {
  /** Length of an event, in bytes. */
  readonly bytes: number;
  /** Events a second of processor time, one figure a round. */
  readonly rates: Readonly<Record<WorkName, readonly number[]>>;
};

export type WorkName = "baseline" | "received" | "firstPlan" | "decide" | "replay" | Stage;
type Stage = "parse" | "decode" | "judge" | "record" | "ledger" | "planFirst" | "planAll" | "planNone";

/**
 * - `baseline`: `JSON.parse` of the body, and the schemas' validation of envelope and endpoint by ajv; nothing else.
 * - `decide`: one event that creates an endpoint on a new host, from its text to the end of its plan: parsed, decoded,
 *   judged, merged into a record and a ledger that are not there yet; planned (three creates), planned again with what
 *   the API server has answered (the status), and once more (nothing is left), with what came of it.
 * - `received`: the same until it is judged: what came in, checked.
 * - `firstPlan`: the same to the first plan: all that comes before the first write of an object.
 * - `replay`: the same event again, with record, ledger and objects there: nothing is to be written.
 * - the others: the stages of these one by one, on what those before made; `record` has `judge` in it, and each
 *   plan the reading of the ledger.
 */
export async function measureDecide(options: DecideOptions = {}): Promise<DecideFigures> {
  const { rounds = 15, events = 200, roundMs = 50 } = options;
  const settings = settingsOf();
  const samples = (await samplesOf(events, settings)).map((sample) => withStages(sample, settings));
  const each = (name: WorkName, run: (sample: (typeof samples)[number]) => unknown) => ({
    name,
    run: (input: number) => run(samples[input] as (typeof samples)[number]),
  });
  const judged = (endpoint: Endpoint) => judge(endpoint, settings.policy);
  const viewOfNew = (ledger: Ledger) => viewOf(ledger, new Map(), settings);
  const rates = interleave<WorkName>(
    [
      each("baseline", ({ text }) => parseAndValidate(text)),
      each("decide", (sample) => planNew(viewOfNew(mergedOf(sample, settings)), sample.objects)),
      each("received", ({ text }) => judged(changeOf(parse(text)).endpoint)),
      each("firstPlan", (sample) => plan(viewOfNew(mergedOf(sample, settings)))),
      each("replay", (sample) => decideAgain(sample, settings)),
      each("parse", ({ text }) => parse(text)),
      each("decode", ({ body }) => changeOf(body)),
      each("judge", ({ change }) => judged(change.endpoint)),
      each("record", ({ change }) => mergeRecord(undefined, change, judged, NOW)),
      each("ledger", ({ change, entry, ledger }) => newLedger(change.id, entry, ledger)),
      each("planFirst", ({ ledger }) => plan(viewOfNew(ledger))),
      each("planAll", ({ ledger, objects }) => planNew(viewOfNew(ledger), objects)),
      each("planNone", ({ ledger, objects }) => planSettled(viewOf(ledger, objects, settings))),
    ],
    { rounds, inputs: events, roundMs },
  );
  return { bytes: Buffer.byteLength(samples[0]?.text ?? ""), rates };
}

type BenchSettings = Settings & { policy: Policy };

function settingsOf(): BenchSettings {
  const read = readSettings({});
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { settings } = read;
  return { ...settings, policy: { selectors: settings.selectors, namespaces: settings.namespaces } };
}

function parseAndValidate(text: string): unknown {
  const event: unknown = JSON.parse(text);
  if (!isObject(event)) throw new Error("no event");
  return [...validate("ngrokEvent", event, String), ...validate("endpoint", event.object, String)];
}

/** The ledger that an event comes to where there is neither a record nor a ledger yet. */
function mergedOf({ text, ledger }: Sample, settings: BenchSettings): Ledger {
  const change = changeOf(parse(text));
  return newLedger(change.id, entryOf(change, undefined, settings), ledger);
}

function decideAgain({ text, record, ledger, objects }: Sample, settings: BenchSettings): unknown {
  const change = changeOf(parse(text));
  if (mergeEntry(entriesOf(ledger), change.id, entryOf(change, record, settings)))
    throw new Error("the ledger has another entry");
  return planSettled(viewOf(ledger, objects, settings));
}

/** The sample with what the stages of its event hand on. */
function withStages(sample: Sample, settings: BenchSettings) {
  const body = parse(sample.text);
  const change = changeOf(body);
  return { ...sample, body, change, entry: entryOf(change, undefined, settings) };
}

function parse(text: string): unknown {
  const parsed = parseJSON(text, "body");
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.value;
}

const REQUEST = {
  contentType: "application/json",
  headers: { "content-type": "application/json" },
  query: {},
};

function changeOf(body: unknown): EndpointChange {
  const decoded = decode({ ...REQUEST, body, now: NOW });
  const [result] = decoded.ok ? decoded.changes : [];
  if (!result?.ok) throw new Error("the event is not well-formed");
  return result.change;
}

function entryOf(
  change: EndpointChange,
  known: Sample["record"] | undefined,
  settings: BenchSettings,
): Entry {
  if (!operatorNamespaceOf(change.account, settings).ok) throw new Error("the account is not known");
  const { record } = mergeRecord(known, change, (endpoint) => judge(endpoint, settings.policy), NOW);
  const { key, verdict } = record;
  if (verdict.url === undefined) throw new Error("the endpoint is not bound");
  return liveEntry(entryKeyOf(key as EventKey, 1), verdict.url, change.endpoint);
}

/** @param made the ledger that was made of it, for its host and port */
function newLedger(id: string, entry: Entry, { host, urls }: Ledger): Ledger {
  const entries = entriesOf(undefined);
  mergeEntry(entries, id, entry);
  const ports = new Map(urls.map(({ url, port }) => [url, port ?? 0]));
  return nextLedger(undefined, { host, entries, ports, givenUp: new Set(), now: NOW });
}

function viewOf(ledger: Ledger, objects: ReadonlyMap<string, KubeObject>, settings: BenchSettings): View {
  const namespace = objects.size === 0 ? "Unread" : "Active";
  return {
    ledger: parseLedger(ledger, settings),
    observed: { objects, namespace },
    refusals: new Map(),
    settings,
    now: NOW,
  };
}

/** Plans until nothing is left; `made` has what the API server answers to each create. */
function planNew(view: View, made: ReadonlyMap<string, KubeObject>): unknown {
  const creates = plan(view);
  const objects = new Map<string, KubeObject>();
  for (const { ref } of creates) {
    const name = describeRef(ref);
    const { status: _, ...object } = made.get(name) as KubeObject;
    objects.set(name, object);
  }
  const created = { ...view, observed: { ...view.observed, objects } };
  const [status, ...others] = plan(created);
  if (objects.size !== 3 || status?.action !== "changeStatus" || others.length > 0)
    throw new Error("not planned so");
  return planSettled({ ...view, observed: { ...view.observed, objects: made } });
}

function planSettled(view: View): unknown {
  if (plan(view).length > 0) throw new Error("something is left to change");
  return outcomeOf(view);
}
