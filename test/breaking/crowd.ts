import { hashedName, recordName } from "../../lib/endpoint/hashed-name.ts";
import { type Random, seeded } from "../simulation/random.ts";
import { deleted, type NgrokEvent, timeOf, updated } from "../support/events.ts";
import type { Names } from "./state.ts";

/** Many events of a few endpoints on each of some hosts. */
export type Crowd = {
  /** In the order in which they are sent, which is not that of their times; some of them twice. */
  deliveries: NgrokEvent[];
  /** The newest of each endpoint. */
  newest: NgrokEvent[];
  names: Names;
};

export type CrowdOptions = {
  /** What the names of its hosts begin with, and of no others. */
  name: string;
  namespace: string;
  hosts: number;
  deliveries: number;
  seed: number;
};

/** What the namespaces of a twin end with. In its state they are named like those that it is compared with. */
export const TWIN = "-twin";

const ENDPOINTS_PER_HOST = 6;

/** Random, but the same for the same options. */
export function crowdOf({ name, namespace, hosts, deliveries, seed }: CrowdOptions): Crowd {
  const random = seeded(seed);
  const hostNames = upTo(hosts).map((n) => `${name}-${n}.${namespace}`);
  const repeated = Math.floor(deliveries * 0.15);
  const times = shuffled(random, upTo(deliveries - repeated));
  const events = times.map((at, index) => randomEvent(random, { name, hostNames, home: index % hosts, at }));
  const newest = new Map<unknown, NgrokEvent>();
  for (const event of events.toSorted(byTime)) newest.set(event.object.id, event);
  return {
    deliveries: shuffled(random, [...events, ...events.slice(0, repeated)]),
    newest: [...newest.values()],
    names: namesOf(name, hostNames.flatMap(urlsOf), [...newest.keys()].map(String)),
  };
}

type Place = { name: string; hostNames: string[]; home: number; at: number };

function randomEvent(random: Random, { name, hostNames, home, at }: Place): NgrokEvent {
  const endpoint = random.below(ENDPOINTS_PER_HOST);
  const id = `ep_${name}_${home}_${endpoint}`;
  if (random.chance(0.2)) return deleted(id, at);
  // Now and then one moves next door.
  const host = hostNames[(home + (random.chance(0.15) ? 1 : 0)) % hostNames.length] as string;
  return updated(id, random.pick(urlsOf(host)), at, { created_at: timeOf(-1 - endpoint) });
}

/** Canonical, and none takes another's port. */
const urlsOf = (host: string): string[] => [`http://${host}:80`, `http://${host}:8080`, `tcp://${host}:5432`];

function namesOf(name: string, urls: string[], ids: string[]): Names {
  const hashes = new Map([
    ...urls.map((url): [string, string] => [hashedName(url), `<${url}>`]),
    ...ids.map((id): [string, string] => [recordName(id), `<${id}>`]),
  ]);
  return { marks: [`"${name}-`, ...hashes.keys()], replaced: new Map([...hashes, [TWIN, ""]]) };
}

const byTime = (a: NgrokEvent, b: NgrokEvent): number => (a.event_timestamp < b.event_timestamp ? -1 : 1);

const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const rest = [...list];
  return list.map(() => rest.splice(random.below(rest.length), 1)[0] as T);
}
