import { Ajv2020 } from "ajv/dist/2020.js";
import type { BoundHost } from "../../lib/cluster/objects.ts";
import { decode } from "../../lib/event/decode.ts";
import { type Instant, instantOf, parseInstant } from "../../lib/event/instant.ts";
import { parseJSON } from "../../lib/event/parse-json.ts";
import { judge, type Policy } from "../../lib/judge/judge.ts";
import { plan, type View } from "../../lib/plan/plan.ts";
import type { EntryKey } from "../../lib/register/key.ts";
import { liveEntry, mergeEntry, nextLedger, sortEntries } from "../../lib/register/ledger.ts";
import { mergeRecord, type RecordMerge } from "../../lib/register/record.ts";
import { readSettings, type Settings } from "../../lib/settings/settings.ts";
import endpointSchema from "../../schemas/endpoint.json" with { type: "json" };
import eventSchema from "../../schemas/ngrok-event.json" with { type: "json" };
import type { EndpointRecordSpec } from "../../schemas/types.ts";
import { settle } from "../unit/plan/builders.ts";

/*
 * What deciding on an event costs: from the text of the body to the changes that are to be made. In it is everything
 * pure that the function does before its first write to a host: the JSON parsed, the envelope and the endpoint
 * validated and checked, the time read, the content hashed, the endpoint judged (URL, namespace, the selector `true`),
 * the event merged into the record and its entry into the ledger, and the host planned against its objects.
 *
 * Not in it: HTTP, the log, the reply, the bodies of API requests as text, and the plans after the first, which go on
 * from what the API server answers.
 *
 * What it is compared with parses the same text and validates the same two values by the same schemas and options, and
 * keeps nothing: what nobody who checks what comes in can go without.
 */

/** What is known of an endpoint before an event of it comes in. */
export type Known = {
  readonly record: EndpointRecordSpec | undefined;
  readonly view: View | undefined;
};

const NOTHING: Known = { record: undefined, view: undefined };

export type Decider = {
  /** Everything that is decided on an event, given what is known. */
  decide(text: string, known?: Known): Decision;
  /** What is known once the event has been handled, and everything is in place. */
  after(text: string): Known;
};

export type Decision = {
  readonly relation: RecordMerge["relation"];
  readonly record: EndpointRecordSpec;
  readonly view: View;
  readonly changes: ReturnType<typeof plan>;
};

const NOW = instantOf(new Date("2026-01-02T00:00:00Z"));
const PORT = 12_345;

export function newDecider(): Decider {
  const settings = defaultSettings();
  const policy: Policy = { selectors: settings.selectors, namespaces: settings.namespaces };

  function decide(text: string, { record: knownRecord, view }: Known = NOTHING): Decision {
    const parsed = parseJSON(text, "body");
    const body = parsed.ok ? parsed.value : undefined;
    const decoded = decode({ contentType: "application/json", headers: {}, query: {}, body, now: NOW });
    const change = decoded.ok ? decoded.changes[0] : undefined;
    if (change?.ok !== true) throw new Error(`this is no event: ${text}`);
    const merge = mergeRecord(knownRecord, change.change, (endpoint) => judge(endpoint, policy), NOW);
    const next = nextView(merge.record, view, settings);
    return { ...merge, view: next, changes: plan(next) };
  }

  return {
    decide,
    after(text) {
      const { record, view } = decide(text);
      const { observed } = settle(view).view;
      return { record, view: { ...view, observed: { ...observed, namespace: "Active" } } };
    },
  };
}

/** Parses and validates, and does nothing with it. */
export function newValidator(): (text: string) => boolean {
  const formats = {
    instant: (text: string) => parseInstant(text) !== undefined,
    printable: (text: string) => !/\p{Cc}/u.test(text),
  };
  const ajv = new Ajv2020({ allErrors: true, verbose: true, formats });
  const isEvent = ajv.compile(eventSchema);
  const isEndpoint = ajv.compile(endpointSchema);
  return (text) => {
    const event = JSON.parse(text);
    return isEvent(event) && isEndpoint(event.object);
  };
}

/** The host as it is to be planned: its ledger with the endpoint's entry, which changes nothing where it is known. */
function nextView(record: EndpointRecordSpec, known: View | undefined, settings: Settings): View {
  const { id, verdict, endpoint, key } = record;
  const { host = "", url = "" } = verdict;
  const entries = new Map((known?.ledger.entries ?? []).map((entry) => [entry.id, entry]));
  const entry = liveEntry(id, { ...key, generation: 1 } as EntryKey, url, endpoint as Endpoint);
  const isChanged = mergeEntry(entries, entry);
  if (!isChanged && known !== undefined) return known;
  const write = {
    host,
    entries: sortEntries(entries),
    ports: new Map([[url, PORT]]),
    givenUp: new Set<string>(),
  };
  return {
    ledger: nextLedger(known?.ledger, { ...write, now: NOW as Instant }) as BoundHost["spec"],
    observed: known?.observed ?? { objects: new Map(), namespace: "Unread" },
    refusals: new Map(),
    settings,
    now: NOW,
  };
}

type Endpoint = Parameters<typeof liveEntry>[3];

function defaultSettings(): Settings {
  const read = readSettings({});
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.settings;
}
