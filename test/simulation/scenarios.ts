import type { SimEvent } from "./events.ts";
import type { SettingsName } from "./function.ts";

/** A small history whose interleavings are explored, all of them. */
export type Scenario = {
  name: string;
  /** Delivered one after the other before anything else. */
  before: SimEvent[];
  /** Whether so much time passes then that tombstones have expired. */
  expired: boolean;
  /** Delivered at once, each to an instance of its own. */
  events: SimEvent[];
  settings: SettingsName;
};

const A = "http://a.x";
const A_8080 = "http://a.x:8080";
const A_TCP = "tcp://a.x:80";
const B = "http://b.x";
const INVALID = "http://a.x/path";

type Draft = Omit<SimEvent, "n">;
const up = (endpoint: number, at: number, url: string): Draft => ({ endpoint, kind: "upsert", at, url });
const del = (endpoint: number, at: number): Draft => ({ endpoint, kind: "delete", at, url: A });

type Extra = { before?: Draft[]; expired?: boolean; settings?: SettingsName };

function scenario(
  name: string,
  drafts: Draft[],
  { before = [], expired = false, settings = "plain" }: Extra = {},
): Scenario {
  const numbered = [...before, ...drafts].map((draft, n) => ({ n, ...draft }));
  return {
    name,
    before: numbered.slice(0, before.length),
    expired,
    events: numbered.slice(before.length),
    settings,
  };
}

/** Two events each. */
export const PAIRS: Scenario[] = [
  scenario("create, delete", [up(0, 1, A), del(0, 2)]),
  scenario("create, move to another host", [up(0, 1, A), up(0, 2, B)]),
  scenario("create, move to another URL of the host", [up(0, 1, A), up(0, 2, A_8080)]),
  scenario("create, become invalid", [up(0, 1, A), up(0, 2, INVALID)]),
  scenario("two endpoints of one pool", [up(0, 1, A), up(1, 1, A)]),
  scenario("two URLs on one host", [up(0, 1, A), up(1, 1, A_8080)]),
  scenario("two schemes on one port", [up(0, 1, A), up(1, 1, A_TCP)]),
  scenario("two hosts at one instant", [up(0, 1, A), up(0, 1, B)]),
  scenario("delete, create again", [del(0, 2), up(0, 3, A)], { before: [up(0, 1, A)] }),
  scenario("move, delete", [up(0, 2, B), del(0, 3)], { before: [up(0, 1, A)] }),
  scenario("both endpoints of a pool go", [del(0, 2), del(1, 2)], { before: [up(0, 1, A), up(1, 1, A)] }),
  scenario("one URL of a host goes, one comes", [del(0, 2), up(1, 2, A_8080)], { before: [up(0, 1, A)] }),
  scenario("the holder of a port goes, the other moves away", [del(0, 2), up(1, 2, B)], {
    before: [up(0, 1, A), up(1, 1, A_TCP)],
  }),
  scenario("long after a delete: delete again, create", [del(0, 3), up(0, 4, A)], {
    before: [up(0, 1, A), del(0, 2)],
    expired: true,
  }),
];

/** Three events each. */
export const TRIPLES: Scenario[] = [
  scenario("there and back", [up(0, 1, A), up(0, 2, B), up(0, 3, A)]),
  scenario("move, delete", [up(0, 1, A), up(0, 2, B), del(0, 3)]),
  scenario("create, delete, create", [up(0, 1, A), del(0, 2), up(0, 3, A)]),
  scenario("create, and move and stay at one instant", [up(0, 1, A), up(0, 2, B), up(0, 2, A)]),
  scenario("a pool: one is created and deleted, another created", [up(0, 1, A), del(0, 2), up(1, 1, A)]),
  scenario("a pool: one moves away, another is created", [up(0, 1, A), up(0, 2, B), up(1, 1, A)]),
  scenario("a pool: two are created, one deleted", [up(0, 1, A), up(1, 1, A), del(1, 2)]),
  scenario("three URLs on one host", [up(0, 1, A), up(1, 1, A_8080), up(2, 1, "tcp://a.x:443")]),
  scenario("another URL of the host and back", [up(0, 1, A), up(0, 2, A_8080), up(0, 3, A)]),
  scenario(
    "long after a delete: delete again, create, and another host wants the port",
    [del(0, 3), up(0, 4, A), up(1, 1, B)],
    {
      before: [up(0, 1, A), del(0, 2)],
      expired: true,
      settings: "scarce",
    },
  ),
  scenario(
    "long after a delete: delete again, another creates the URL, and another host wants the port",
    [del(0, 3), up(2, 4, A), up(1, 1, B)],
    {
      before: [up(0, 1, A), del(0, 2)],
      expired: true,
      settings: "scarce",
    },
  ),
];
