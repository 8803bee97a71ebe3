import type { ReplyBody } from "../../functions/reply.ts";
import { describeRef, type Kind, type KubeObject } from "../../lib/cluster/objects.ts";
import type { Store } from "../../lib/embedded/store.ts";
import { isOurs } from "./cluster.ts";
import { compareEvents, endpointId, inShort, type SimEvent } from "./events.ts";
import { type History, losesState } from "./history.ts";
import { missingOf, namesWanted, notInRegister } from "./state-oracles.ts";

/** What must hold at every step. */
export class Oracles {
  readonly violations: string[] = [];
  /** Who is writing: an instance, or undefined for somebody else. */
  actor: string | undefined;
  readonly #store: Store;
  readonly #history: History;
  readonly #ports = new Map<string, string>();
  /** Names of what the newest answered state of each endpoint wants, while nothing newer has been delivered. */
  readonly #wanted = new Map<string, { event: SimEvent; names: Set<string> }>();
  readonly #started = new Map<string, SimEvent>();
  /** Whether nobody but the function, under one set of settings, decides what there is. */
  readonly #undisturbed: boolean;
  /** Whether claims and registers go: then no stranger's object is touched, and no more is promised. */
  readonly #losesState: boolean;
  /** To be called when nothing is to be watched any more. */
  readonly close: () => void;

  constructor(store: Store, history: History) {
    this.#store = store;
    this.#history = history;
    this.#losesState = losesState(history);
    this.#undisturbed = history.strangers.length === 0 && history.copies.every((name) => name === "plain");
    this.close = store.subscribe(({ type, object, previous }) =>
      this.#onChange(type, object as unknown as KubeObject, previous as unknown as KubeObject | undefined),
    );
  }

  /** From here on the state of the endpoint may be that of this event. */
  onDelivery(event: SimEvent): void {
    const id = endpointId(event);
    const newest = this.#started.get(id);
    if (newest === undefined || compareEvents(event, newest) > 0) this.#started.set(id, event);
    const wanted = this.#wanted.get(id);
    if (wanted !== undefined && compareEvents(event, wanted.event) > 0) this.#wanted.delete(id);
  }

  /** An answer that says that it was handled must be true. */
  onAnswer(event: SimEvent, status: number, body: ReplyBody): void {
    if (![200, 400, 503].includes(status)) this.violations.push(`${inShort(event)} was answered ${status}`);
    if (status === 503 || this.#losesState) return;
    const answered = { event, reply: { status: status as 200 | 400, body } };
    this.violations.push(...notInRegister(this.#store, answered, this.#history.events));
    const id = endpointId(event);
    if (status !== 200 || body.ready !== true || this.#started.get(id) !== event) return;
    this.#wanted.set(id, { event, names: new Set(namesWanted(event)) });
    if (this.#undisturbed) this.violations.push(...missingOf(this.#store, answered));
  }

  #onChange(type: string, object: KubeObject, previous: KubeObject | undefined): void {
    if (object.kind === "BoundEndpoint" && !this.#losesState) this.#checkPort(type, object, previous);
    if (this.actor === undefined) return;
    if (!this.#losesState) this.#checkClaim(type, object);
    if (!isOurs(previous ?? object)) {
      this.violations.push(`${this.actor} changed ${nameOf(object)}, which is somebody else's`);
    }
    if (type !== "DELETED" || !this.#undisturbed) return;
    for (const { event, names } of this.#wanted.values()) {
      if (names.has(nameOf(object))) {
        this.violations.push(`${this.actor} deleted ${nameOf(object)}, which ${inShort(event)} wants`);
      }
    }
  }

  /** A BoundEndpoint of ours holds the claim of its port for as long as it is there. */
  #checkClaim(type: string, object: KubeObject): void {
    const { namespace = "", name } = object.metadata;
    const root = `/namespaces/${namespace}`;
    if (object.kind === "BoundEndpoint" && type !== "DELETED") {
      const port = (object.spec as { port: number }).port;
      const lease = this.#read(`/apis/coordination.k8s.io/v1${root}/leases/pushbind-port-${port}`);
      if ((lease?.spec as { holderIdentity?: string } | undefined)?.holderIdentity === name) return;
      this.violations.push(`${this.actor} wrote ${nameOf(object)}, which does not hold port ${port}`);
    }
    if (object.kind === "Lease" && type === "DELETED") {
      const holder = (object.spec as { holderIdentity: string }).holderIdentity;
      const held = this.#read(`/apis/bindings.k8s.ngrok.com/v1alpha1${root}/boundendpoints/${holder}`);
      const port = (held?.spec as { port?: number } | undefined)?.port;
      if (held === undefined || !isOurs(held) || name !== `pushbind-port-${port}`) return;
      this.violations.push(`${this.actor} released the claim of port ${port}, which ${nameOf(held)} has`);
    }
  }

  #read(path: string): KubeObject | undefined {
    const { status, body } = this.#store.handle({ method: "GET", path });
    return status === 200 ? (body as KubeObject) : undefined;
  }

  #checkPort(type: string, object: KubeObject, previous: KubeObject | undefined): void {
    const slot = ({ metadata, spec }: KubeObject) =>
      `${metadata.namespace}:${(spec as { port: number }).port}`;
    if (previous !== undefined && this.#ports.get(slot(previous)) === object.metadata.name) {
      this.#ports.delete(slot(previous));
    }
    if (type === "DELETED" || !isOurs(object)) return;
    const holder = this.#ports.get(slot(object));
    if (holder !== undefined) {
      this.violations.push(`${nameOf(object)} has port ${slot(object)}, which ${holder} has`);
    }
    this.#ports.set(slot(object), object.metadata.name);
  }
}

function nameOf({ kind, metadata: { namespace = "", name } }: KubeObject): string {
  return describeRef({ kind: kind as Kind, namespace, name });
}
