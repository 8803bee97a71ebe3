import { hashedName, recordName } from "../../lib/endpoint/hashed-name.ts";
import { created, deleted, type NgrokEvent, updated } from "../support/events.ts";

/** Names that one play of a history has for itself: hosts and endpoints that no other play touches. */
export type Cast = {
  /** In every host name and endpoint id of it, and in nothing else. */
  readonly mark: string;
  /** A host in a namespace that is there. */
  readonly host: string;
  readonly otherHost: string;
  /** A host in a namespace that is not there. */
  readonly lostHost: string;
  /** Ids of endpoints. */
  readonly one: string;
  readonly two: string;
};

/** A small history: what is delivered, and what it comes to. */
export type History = {
  what: string;
  /** Handled before anything goes wrong. */
  before: (cast: Cast) => NgrokEvent[];
  /** The delivery that goes wrong. */
  event: (cast: Cast) => NgrokEvent;
  /** What the event is answered with when all is well. */
  status: 200 | 400;
  /** Canonical URLs that have a BoundEndpoint in the end, with the status of its condition Ready. */
  end: (cast: Cast) => Record<string, "True" | "False">;
};

/** @param mark no two plays in one target namespace have the same, nor one that begins with another's */
export function castOf(namespace: string, mark: string): Cast {
  return {
    mark,
    host: `app-${mark}.${namespace}`,
    otherHost: `other-${mark}.${namespace}`,
    lostHost: `app-${mark}.${namespace}-nowhere`,
    one: `ep_ONE_${mark}`,
    two: `ep_TWO_${mark}`,
  };
}

const isCreated: History = {
  what: "an endpoint is created on a new host",
  before: () => [],
  event: ({ one, host }) => created(one, `http://${host}`),
  status: 200,
  end: ({ host }) => ({ [`http://${host}:80`]: "True" }),
};

const getsFurtherUrl: History = {
  what: "a host gets a second URL",
  before: ({ one, host }) => [created(one, `http://${host}`)],
  event: ({ two, host }) => created(two, `tcp://${host}:5432`, 1),
  status: 200,
  end: ({ host }) => ({ [`http://${host}:80`]: "True", [`tcp://${host}:5432`]: "True" }),
};

const moves: History = {
  what: "an endpoint moves to another host",
  before: ({ one, host }) => [created(one, `http://${host}`)],
  event: ({ one, otherHost }) => updated(one, `http://${otherHost}`, 1),
  status: 200,
  end: ({ otherHost }) => ({ [`http://${otherHost}:80`]: "True" }),
};

const isDeleted: History = {
  what: "the last endpoint of a host is deleted",
  before: ({ one, host }) => [created(one, `http://${host}`)],
  event: ({ one }) => deleted(one, 1),
  status: 200,
  end: () => ({}),
};

const namespaceIsMissing: History = {
  what: "an endpoint is created whose namespace is missing",
  before: () => [],
  event: ({ one, lostHost }) => created(one, `http://${lostHost}`),
  status: 200,
  end: ({ lostHost }) => ({ [`http://${lostHost}:80`]: "False" }),
};

const poolGrows: History = {
  what: "a pool grows",
  before: ({ one, host }) => [created(one, `http://${host}`)],
  event: ({ two, host }) => created(two, `http://${host}:80`, 1),
  status: 200,
  end: ({ host }) => ({ [`http://${host}:80`]: "True" }),
};

const becomesInvalid: History = {
  what: "an update makes the URL of an endpoint invalid",
  before: ({ one, host }) => [created(one, `http://${host}`)],
  event: ({ one, host }) => updated(one, `https://${host}`, 1),
  status: 400,
  end: () => ({}),
};

export const HISTORIES: readonly History[] = [
  isCreated,
  getsFurtherUrl,
  moves,
  isDeleted,
  namespaceIsMissing,
  poolGrows,
  becomesInvalid,
];

/** A history whose event is overtaken: a newer event is handled before all of its writes have taken effect. */
export type OvertakenHistory = History & {
  newer: (cast: Cast) => NgrokEvent;
};

export const OVERTAKEN: readonly OvertakenHistory[] = [
  {
    ...isCreated,
    what: "a create is overtaken by the delete",
    newer: ({ one }) => deleted(one, 2),
    end: () => ({}),
  },
  {
    ...isCreated,
    what: "a create is overtaken by a move to another host",
    newer: ({ one, otherHost }) => updated(one, `http://${otherHost}`, 2),
    end: ({ otherHost }) => ({ [`http://${otherHost}:80`]: "True" }),
  },
  {
    ...moves,
    what: "a move is overtaken by the move back",
    newer: ({ one, host }) => updated(one, `http://${host}`, 2),
    end: ({ host }) => ({ [`http://${host}:80`]: "True" }),
  },
  {
    ...isDeleted,
    what: "a delete is overtaken by a new creation",
    newer: ({ one, host }) => created(one, `http://${host}`, 2),
    end: ({ host }) => ({ [`http://${host}:80`]: "True" }),
  },
  {
    ...getsFurtherUrl,
    what: "a host's second URL is overtaken by the delete of the first",
    newer: ({ one }) => deleted(one, 2),
    end: ({ host }) => ({ [`tcp://${host}:5432`]: "True" }),
  },
];

/** What stands for names in what {@link hashedName} and {@link recordName} make of them, by the hash. */
export function hashesOf({ host, otherHost, lostHost, one, two }: Cast): Map<string, string> {
  const urls = [host, otherHost, lostHost].flatMap((name) => [`http://${name}:80`, `tcp://${name}:5432`]);
  return new Map([
    ...urls.map((url): [string, string] => [hashedName(url), `<${url}>`]),
    ...[one, two].map((id): [string, string] => [recordName(id), `<${id}>`]),
  ]);
}
