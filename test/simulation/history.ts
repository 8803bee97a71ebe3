import { hashedName, recordName } from "../../lib/endpoint/hashed-name.ts";
import { parseEndpointURL } from "../../lib/endpoint/url.ts";
import { FIRST_PORT } from "../../lib/settings/limits.ts";
import { NAMESPACES } from "./cluster.ts";
import { endpointId, OPERATORS, type SimEvent } from "./events.ts";
import { FEW_PORTS, type SettingsName } from "./function.ts";
import { type Random, seeded } from "./random.ts";

/** What the function keeps its state in, which nobody else has any business with. */
const STATE_KINDS = ["Lease", "EndpointRecord", "BoundHost"] as const;

export type StrangersKind = "Service" | "BoundEndpoint" | "Namespace";
type StateKind = (typeof STATE_KINDS)[number];

/** What somebody else does to the cluster. The namespace of a Namespace is the empty string. */
export type StrangerAct = { namespace: string; name: string } & (
  | { act: "create" | "edit"; kind: StrangersKind }
  | { act: "delete"; kind: StrangersKind | StateKind }
);

/** How often something goes wrong at a step: from 0 to 1. */
export type Faults = {
  /** An instance is killed, before or after a call takes effect. */
  crash: number;
  /** The API server answers 409, 429 or 500 and does nothing. */
  refuse: number;
  /** A call takes effect, and its answer is lost. */
  lose: number;
  /** The time of a delivery is up. */
  deadline: number;
};

/** Everything that a run follows from: the same history is played the same way. */
export type History = {
  /** Of the choices at every step. */
  seed: number;
  events: SimEvent[];
  /**
   * So many of the events are delivered first, one after the other and undisturbed. Where `expire` is not 0, their
   * tombstones have expired then.
   */
  prelude: number;
  /** What is delivered, as indexes into `events`, duplicates among them; in any order. */
  deliveries: number[];
  /** The settings of each instance. */
  copies: SettingsName[];
  /** How many deliveries are under way at once, at most. */
  atOnce: number;
  /** How often the delivery that had the last step has the next one too, from 0 to 1; the others stand still. */
  focus: number;
  faults: Faults;
  strangers: StrangerAct[];
  /** How often, when nothing is under way, so much time passes that tombstones expire. */
  expire: number;
};

const URLS = [
  "http://a.x",
  "http://a.x:8080",
  "tcp://a.x:80",
  "tcp://a.x:443",
  "http://b.x",
  "http://a.y",
  "http://a.missing",
  "http://a.x/path",
  "http://a.kube-system",
] as const;

/** A random history. */
export function randomHistory(seed: number): History {
  const random = seeded(seed);
  if (random.chance(0.5)) return closeHistory(random, seed);
  const history = wideHistory(random, seed);
  return random.chance(0.1) ? { ...history, strangers: randomLosses(random, history.events) } : history;
}

/** Whether somebody deletes claims or registers: then nothing is promised but that no stranger's object is touched. */
export function losesState({ strangers }: History): boolean {
  return strangers.some(({ kind }) => (STATE_KINDS as readonly string[]).includes(kind));
}

/** URLs of one host, and one of another. */
const CLOSE_URLS = ["http://a.x", "http://a.x:8080", "tcp://a.x:80", "http://b.x"] as const;

/**
 * Few events that are about the same objects, and no trouble but their interleaving and instances that die: two passes
 * meet in the one way that matters only if nothing else gets between them.
 */
function closeHistory(random: Random, seed: number): History {
  const endpoints = 1 + random.below(2);
  const urls = Array.from({ length: 1 + random.below(2) }, () => random.pick(CLOSE_URLS));
  const prelude = random.pick([0, 1, 2]);
  const count = prelude + 2 + random.below(2);
  const [url = "http://a.x"] = urls;
  const long: SimEvent[] = [
    { n: 0, endpoint: 0, kind: "upsert", at: 0, url },
    { n: 1, endpoint: 0, kind: "delete", at: 1, url },
  ];
  const close = Array.from({ length: count - prelude }, (_, index): SimEvent => {
    const n = prelude + index;
    return {
      n,
      kind: n > 0 && random.chance(0.35) ? "delete" : "upsert",
      endpoint: random.below(endpoints),
      at: prelude + random.below(3),
      url: random.pick(urls),
    };
  });
  const events = [...long.slice(0, prelude), ...close];
  const scarce = random.chance(0.2);
  return {
    seed: seed * 2 + 1,
    events,
    prelude,
    deliveries: events.map((_, index) => index).slice(prelude),
    copies: Array.from({ length: 3 }, () => (scarce ? "scarce" : "plain")),
    atOnce: 2 + random.below(2),
    focus: random.pick([0.8, 0.9, 0.95]),
    faults: { crash: random.pick([0, 0, 0.02]), refuse: 0, lose: 0, deadline: 0 },
    strangers: [],
    expire: prelude === 2 ? random.pick([0, 0.5, 0.5]) : random.pick([0, 0.3]),
  };
}

/** Most are small: few endpoints on few URLs meet more often. */
function wideHistory(random: Random, seed: number): History {
  const endpoints = 1 + random.below(random.chance(0.2) ? 8 : 3);
  const accounts = random.chance(0.15) ? 2 : 1;
  const urls = Array.from({ length: 1 + random.below(4) }, () => random.pick(URLS));
  const count = 1 + random.below(random.chance(0.2) ? 16 : 6);
  const events = Array.from({ length: count }, (_, n) => randomEvent(random, n, endpoints, accounts, urls));
  const copies = randomCopies(random);
  return {
    seed: seed * 2 + 1,
    events,
    prelude: 0,
    deliveries: shuffled(
      random,
      events.flatMap((_, index) => (random.chance(0.3) ? [index, index] : [index])),
    ),
    copies,
    atOnce: 1 + random.below(4),
    focus: random.pick([0, 0.8, 0.95]),
    faults: {
      crash: random.pick([0, 0, 0.02, 0.06]),
      refuse: random.pick([0, 0, 0.03, 0.1]),
      lose: random.pick([0, 0, 0.03]),
      deadline: random.pick([0, 0, 0.01]),
    },
    strangers: random.chance(0.3) ? randomActs(random, urls) : [],
    expire: random.pick([0, 0, 0.3]),
  };
}

function randomEvent(
  random: Random,
  n: number,
  endpoints: number,
  accounts: number,
  urls: readonly string[],
): SimEvent {
  return {
    n,
    endpoint: random.below(endpoints),
    kind: random.chance(0.25) ? "delete" : "upsert",
    at: random.below(5),
    url: random.pick(urls),
    ...(random.chance(0.08) ? { kubernetes: false } : {}),
    ...(accounts > 1 && random.chance(0.4) ? { account: 1 } : {}),
  };
}

function randomCopies(random: Random): SettingsName[] {
  const count = 1 + random.below(3);
  if (random.chance(0.7)) return Array.from({ length: count }, () => "plain");
  if (random.chance(0.2)) return Array.from({ length: count }, () => "scarce");
  return Array.from({ length: count }, () =>
    random.pick(["plain", "labelled", "portless", "choosy"] as const),
  );
}

/** On the names that the history's URLs lead to, and on the namespaces. */
function randomActs(random: Random, urls: readonly string[]): StrangerAct[] {
  const places = urls.flatMap((text): { kind: StrangersKind; namespace: string; name: string }[] => {
    const parsed = parseEndpointURL(text, "");
    if (!parsed.ok || parsed.url.namespace === "kube-system") return [];
    const { name, namespace, canonical } = parsed.url;
    const hashed = hashedName(canonical);
    return [
      { kind: "Service", namespace, name },
      { kind: "Service", namespace, name },
      { kind: "Service", namespace: OPERATORS[0], name: hashed },
      { kind: "BoundEndpoint", namespace: OPERATORS[0], name: hashed },
      { kind: "Namespace", namespace: "", name: random.pick([...NAMESPACES, "missing"]) },
    ];
  });
  if (places.length === 0) return [];
  return Array.from({ length: 1 + random.below(5) }, () => ({
    act: random.pick(["create", "edit", "delete"] as const),
    ...random.pick(places),
  }));
}

/** Claims and registers that go, among the other things that strangers do. */
function randomLosses(random: Random, events: readonly SimEvent[]): StrangerAct[] {
  const losses = Array.from({ length: 1 + random.below(4) }, (): StrangerAct => {
    const event = random.pick(events);
    const kind = random.pick(STATE_KINDS);
    const namespace = OPERATORS[event.account ?? 0] as string;
    return { act: "delete", kind, namespace, name: nameOfState(random, kind, event) };
  });
  const urls = events.map(({ url }) => url);
  return shuffled(random, [...losses, ...randomActs(random, urls)]);
}

function nameOfState(random: Random, kind: StateKind, event: SimEvent): string {
  if (kind === "Lease") return `pushbind-port-${FIRST_PORT + random.below(FEW_PORTS)}`;
  if (kind === "EndpointRecord") return recordName(endpointId(event));
  const parsed = parseEndpointURL(event.url, "");
  return parsed.ok ? parsed.url.host : "a.x";
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const rest = [...list];
  return list.map(() => rest.splice(random.below(rest.length), 1)[0] as T);
}
