import { isDeepStrictEqual } from "node:util";
import type { Reply } from "../../functions/reply.ts";
import type { BoundEndpoint, EndpointRecord, KubeObject } from "../../lib/cluster/objects.ts";
import type { Store } from "../../lib/embedded/store.ts";
import { hashedName, recordName } from "../../lib/endpoint/hashed-name.ts";
import { parseEndpointURL } from "../../lib/endpoint/url.ts";
import { isOurs, listOf } from "./cluster.ts";
import { compareEvents, endpointId, inShort, OPERATORS, type SimEvent } from "./events.ts";

// What must hold of a cluster, whatever way it came there.

export type AnsweredEvent = { event: SimEvent; reply: Pick<Reply, "status" | "body"> };

/** No two BoundEndpoints of ours in a namespace have one port. */
export function doublePort(store: Store): string[] {
  const taken = new Map<string, string>();
  return listOf<KubeObject<{ port: number }>>(store, "boundEndpoints")
    .filter(isOurs)
    .flatMap(({ metadata, spec }) => {
      const slot = `${metadata.namespace}:${spec?.port}`;
      const holder = taken.get(slot);
      taken.set(slot, metadata.name);
      return holder === undefined ? [] : [`${metadata.name} and ${holder} both have port ${slot}`];
    });
}

/** An event that was answered, or a newer one, is in its register. */
export function notInRegister(
  store: Store,
  { event, reply }: AnsweredEvent,
  events: readonly SimEvent[],
): string[] {
  if (reply.status >= 500) return [];
  const namespace = OPERATORS[event.account ?? 0];
  const name = recordName(endpointId(event));
  const path = `/apis/pushbind.dev/v1alpha1/namespaces/${namespace}/endpointrecords/${name}`;
  const { status, body } = store.handle({ method: "GET", path });
  const eventId = status === 200 ? (body as EndpointRecord).spec.key.eventId : undefined;
  const recorded = events.find(({ n }) => `ev_${n}` === eventId);
  if (recorded !== undefined && compareEvents(recorded, event) >= 0) return [];
  return [`${inShort(event)} was answered, and the record has ${eventId ?? "nothing"}`];
}

/** What a newest event that was answered ready wants is there. */
export function missingOf(store: Store, { event, reply }: AnsweredEvent): string[] {
  if (reply.status !== 200 || reply.body.ready !== true) return [];
  return namesWanted(event)
    .filter((name) => !exists(store, name))
    .map((name) => `${inShort(event)} was answered ready, and ${name} is not there`);
}

/**
 * What is wrong with the status of the BoundEndpoint that a newest event asks for, where nobody else has a hand in it:
 * it lists the endpoint, and says how the URL stands. Worked out from the event alone, not by the code under test.
 */
export function untold(store: Store, event: SimEvent): string[] {
  const wanted = namesWanted(event).find((name) => name.startsWith("BoundEndpoint"));
  if (wanted === undefined || event.url.endsWith(".kube-system")) return [];
  const found = listOf<BoundEndpoint>(store, "boundEndpoints").find(
    ({ metadata }) => wanted === `BoundEndpoint ${metadata.namespace}/${metadata.name}`,
  );
  const { endpoints = [], conditions = [] } = found?.status ?? {};
  const types = conditions.map(({ type }) => type).sort();
  const isTold =
    endpoints.some(({ id }) => id === endpointId(event)) &&
    isDeepStrictEqual(types, ["ConnectivityVerified", "Ready", "ServicesCreated"]);
  return isTold ? [] : [`the status of ${wanted} does not tell of ${inShort(event)}`];
}

/** The objects of a bound endpoint; none where its URL is not one that can be bound. */
export function namesWanted(event: SimEvent): string[] {
  const parsed = parseEndpointURL(event.url, "");
  if (!parsed.ok || event.kubernetes === false || event.kind === "delete") return [];
  const { canonical, name, namespace } = parsed.url;
  const operator = OPERATORS[event.account ?? 0];
  const hashed = hashedName(canonical);
  return [
    `BoundEndpoint ${operator}/${hashed}`,
    `Service ${operator}/${hashed}`,
    `Service ${namespace}/${name}`,
  ];
}

function exists(store: Store, name: string): boolean {
  const [kind, place = ""] = name.split(" ");
  const [namespace, object] = place.split("/");
  const root = kind === "Service" ? "/api/v1" : "/apis/bindings.k8s.ngrok.com/v1alpha1";
  const plural = kind === "Service" ? "services" : "boundendpoints";
  return (
    store.handle({ method: "GET", path: `${root}/namespaces/${namespace}/${plural}/${object}` }).status ===
    200
  );
}
