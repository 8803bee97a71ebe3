import { type Local, type Machine, originOf } from "./machine.ts";
import { type Answer, unseenVersion } from "./memory.ts";
import { ABSENT, type Cluster, isList, objectPathOf, type Tables, withVersion } from "./tables.ts";

/** A delivery, and which of the answers that it remembers are not so any more: a bit for each. */
export type Delivery = { readonly local: Local; readonly outdated: number };

/** A call that is answered: what it comes to. */
export type Step = {
  readonly delivery: Delivery;
  /** The object that was asked for, and its content afterwards. */
  readonly object: number;
  readonly after: number;
  readonly wrote: boolean;
  /** In words. */
  readonly text: string;
};

type Edge = Omit<Step, "delivery"> & { readonly to: Local; readonly origins: readonly number[] };

/** The next call of a delivery, with what has been worked out of it. */
type NextCall = {
  readonly index: number;
  readonly object: number;
  readonly isList: boolean;
  /** The answer that the version of the request comes from, -1 where it carries none. */
  readonly origin: number;
  readonly edges: Map<number, Edge>;
};

/** Bits of the answers that tell something of an object. */
type Masks = { version: number; absence: number };

/** More answers than there are bits are never remembered. */
const MOST_ANSWERS = 31;

/**
 * The steps of one delivery, each worked out once: what the store does to a call depends on the content of its object
 * and on whether the version that it carries is the object's; what the function does next, on what it remembers.
 */
export class Steps {
  readonly #machine: Machine;
  readonly #tables: Tables;
  readonly #lastFirst: boolean;
  readonly #calls = new Map<Local, NextCall>();
  readonly #masks = new Map<Local, Map<number, Masks>>();

  /** @param lastFirst of calls side by side, the last is answered first; they are on different objects, so they commute */
  constructor(machine: Machine, tables: Tables, lastFirst: boolean) {
    this.#machine = machine;
    this.#tables = tables;
    this.#lastFirst = lastFirst;
  }

  async start(): Promise<Delivery> {
    return { local: await this.#machine.start(), outdated: 0 };
  }

  /** The next call of the delivery, answered. */
  async step({ local, outdated }: Delivery, cluster: Cluster): Promise<Step> {
    const call = this.#callOf(local);
    const { object, origin } = call;
    const content = call.isList ? this.#tables.textId(cluster.join()) : (cluster[object] ?? ABSENT);
    const isCurrent = origin < 0 || ((outdated >> origin) & 1) === 0;
    const known = this.#knownVersion(local, object, outdated);
    // Contents and texts are far fewer than a million.
    const key = (content * 2 + Number(isCurrent)) * (MOST_ANSWERS + 1) + known + 1;
    const edge = call.edges.get(key) ?? (await this.#workOut(local, call, cluster, isCurrent, known));
    call.edges.set(key, edge);
    const own = edge.wrote ? this.outdate({ local, outdated }, object, edge.after).outdated : outdated;
    return { ...edge, delivery: { local: edge.to, outdated: carried(own, edge.origins) } };
  }

  /** The delivery after somebody has written an object. */
  outdate(delivery: Delivery, object: number, after: number): Delivery {
    const masks = this.#masksOf(delivery.local).get(object);
    if (masks === undefined) return delivery;
    const absence = after === ABSENT ? delivery.outdated & ~masks.absence : delivery.outdated | masks.absence;
    return { local: delivery.local, outdated: absence | masks.version };
  }

  async #workOut(
    local: Local,
    { index, object }: NextCall,
    cluster: Cluster,
    isCurrent: boolean,
    known: number,
  ): Promise<Edge> {
    const request = local.pending.get(index);
    if (request === undefined) throw new Error(`call ${index} is not waited for`);
    const effect = this.#tables.effect(request, cluster, isCurrent);
    const { after, wrote } = effect;
    const version =
      known < 0 || wrote
        ? unseenVersion(local.memory, object)
        : (local.memory.answers[known] as Answer).version;
    const response = withVersion(effect.response, version);
    const path = objectPathOf(request);
    const tells = isList(request) ? "nothing" : tellsOf(request.method, response.status);
    const answer = { response, path, object, content: effect.answer, version, tells } as const;
    const { local: to, origins } = await this.#machine.next(local, index, answer);
    if (origins.length > MOST_ANSWERS) throw new Error(`it remembers more than ${MOST_ANSWERS} answers`);
    const end = to.reply === undefined ? "" : `, and it answers ${to.reply.status} ${to.reply.body.reason}`;
    const text = `${request.method} ${path} ${response.status}${end}`;
    return { object, after, wrote, text, to, origins: to.reply === undefined ? origins : [] };
  }

  /** Which remembered answer has the version that the object still has; -1 where none has. */
  #knownVersion(local: Local, object: number, outdated: number): number {
    const mask = this.#masksOf(local).get(object)?.version ?? 0;
    const current = mask & ~outdated;
    return current === 0 ? -1 : 31 - Math.clz32(current);
  }

  #callOf(local: Local): NextCall {
    const known = this.#calls.get(local);
    if (known !== undefined) return known;
    const calls = [...local.pending];
    const [index, request] = (this.#lastFirst ? calls.at(-1) : calls[0]) ?? [];
    if (index === undefined || request === undefined) throw new Error("a delivery waits for nothing");
    const call = {
      index,
      object: this.#tables.numberOf(objectPathOf(request)),
      isList: isList(request),
      origin: originOf(request, local.memory),
      edges: new Map(),
    };
    this.#calls.set(local, call);
    return call;
  }

  #masksOf(local: Local): Map<number, Masks> {
    const known = this.#masks.get(local);
    if (known !== undefined) return known;
    const masks = new Map<number, Masks>();
    for (const [position, { object, tells }] of local.memory.answers.entries()) {
      if (tells === "nothing" || local.reply !== undefined) continue;
      const of = masks.get(object) ?? { version: 0, absence: 0 };
      of[tells] |= 1 << position;
      masks.set(object, of);
    }
    this.#masks.set(local, masks);
    return masks;
  }
}

function tellsOf(method: string, status: number): Answer["tells"] {
  if (method === "DELETE") return "nothing";
  if (status < 300) return "version";
  return method === "GET" && status === 404 ? "absence" : "nothing";
}

/** The bits where the answers are now; the new answer is as the object is. */
function carried(outdated: number, origins: readonly number[]): number {
  let bits = 0;
  for (const [position, origin] of origins.entries())
    if (origin >= 0) bits |= ((outdated >> origin) & 1) << position;
  return bits;
}
