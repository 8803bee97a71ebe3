import type { BoundEndpoint, BoundHost, KubeObject } from "../../lib/cluster/objects.ts";
import { EPOCH } from "../../lib/plan/names.ts";
import { BINDINGS, PUSHBIND, type Scene } from "../support/scene.ts";

/** Objects by kind and name, in a form in which two plays of one history are alike. */
export type State = Record<string, unknown>;

/** Whose objects are meant, and what stands for what in them. */
export type Names = {
  /** Text that every object of this play has, and no object of another: any of these. */
  readonly marks: readonly string[];
  /** What is put in place of which text. */
  readonly replaced: ReadonlyMap<string, string>;
};

/** All objects of an operator namespace and a target namespace that the function may have made, each as text too. */
export type Snapshot = { object: KubeObject; text: string }[];

const COLLECTIONS = {
  BoundEndpoint: (namespace: string) => `${BINDINGS}/namespaces/${namespace}/boundendpoints`,
  EndpointRecord: (namespace: string) => `${PUSHBIND}/namespaces/${namespace}/endpointrecords`,
  BoundHost: (namespace: string) => `${PUSHBIND}/namespaces/${namespace}/boundhosts`,
  Lease: (namespace: string) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
  Service: (namespace: string) => `/api/v1/namespaces/${namespace}/services`,
};

export async function snapshot(
  scene: Scene,
  operator: string = scene.operator,
  target: string = scene.target,
): Promise<Snapshot> {
  const places = [
    ...Object.entries(COLLECTIONS).map(([kind, path]) => [kind, path(operator)] as const),
    ["Service", COLLECTIONS.Service(target)] as const,
  ];
  const lists = await Promise.all(
    places.map(async ([kind, path]) => {
      const list = await scene.read<KubeObject & { items: KubeObject[] }>(path);
      return (list?.items ?? []).map((item) => ({ object: { ...item, kind }, text: JSON.stringify(item) }));
    }),
  );
  return lists.flat();
}

/**
 * What a play has come to: BoundEndpoints, Services, claims and registers, without times and what the server assigns,
 * with URLs in place of forwarder ports.
 */
export function stateOf(all: Snapshot, { marks, replaced }: Names): State {
  const own = all.filter(({ text }) => marks.some((mark) => text.includes(mark))).map(({ object }) => object);
  const ports = portsOf(own);
  const entries = own.map((object): [string, unknown] => {
    const { kind, metadata, spec, status } = object;
    const { namespace, name, labels, annotations, generation } = metadata;
    const kept = {
      labels,
      annotations,
      spec: walk(spec, { ports, generation }),
      status: walk(status, { ports, generation }),
    };
    const readable =
      kind === "Lease" ? `<port of ${(spec as { holderIdentity: string }).holderIdentity}>` : name;
    return [`${kind} ${namespace}/${readable}`, kept];
  });
  let text = JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))));
  for (const [from, to] of replaced) text = text.replaceAll(from, to);
  return JSON.parse(text);
}

/** The BoundEndpoints and Services of a state, without epochs: what is alike whatever order the events came in. */
export function objectsOf(state: State): State {
  const objects = Object.entries(state).filter(([name]) => /^(?:BoundEndpoint|Service) /.test(name));
  return Object.fromEntries(
    objects.map(([name, object]) => {
      const { annotations: { [EPOCH]: _, ...annotations } = {}, ...rest } = object as {
        annotations?: Record<string, string>;
      };
      return [name, { ...rest, annotations }];
    }),
  );
}

/** The status of the condition Ready of every BoundEndpoint of a state, by URL. */
export function readiness(state: State): Record<string, string | undefined> {
  const boundEndpoints = Object.entries(state).filter(([name]) => name.startsWith("BoundEndpoint "));
  return Object.fromEntries(
    boundEndpoints.map(([, object]) => {
      const { spec, status } = object as BoundEndpoint;
      return [spec?.endpointURL ?? "", status?.conditions?.find(({ type }) => type === "Ready")?.status];
    }),
  );
}

/** `<port of URL>` by the port, as the ledgers have them. */
function portsOf(objects: KubeObject[]): Map<number, string> {
  const ledgers = objects.filter(({ kind }) => kind === "BoundHost") as BoundHost[];
  const urls = ledgers.flatMap(({ spec }) => spec.urls);
  return new Map(urls.flatMap(({ url, port }) => (port === undefined ? [] : [[port, `<port of ${url}>`]])));
}

type Around = { ports: ReadonlyMap<number, string>; generation: number | undefined };

const ASSIGNED = [
  "clusterIP",
  "clusterIPs",
  "lastTransitionTime",
  "content",
  "writtenAt",
  "leaseTransitions",
];
const TIMES = ["leftAt", "emptySince"];

function walk(value: unknown, around: Around): unknown {
  if (Array.isArray(value)) return value.map((item) => walk(item, around));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !ASSIGNED.includes(key))
      .map(([key, member]) => [key, TIMES.includes(key) ? "<time>" : walkMember(key, member, around)]),
  );
}

function walkMember(key: string, member: unknown, around: Around): unknown {
  if (key === "port" || key === "targetPort") return around.ports.get(member as number) ?? member;
  // Its own value depends on how many writes it took; that it is the newest does not.
  if (key === "observedGeneration") return member === around.generation ? "<newest>" : member;
  // A ledger's entry: the hash of the endpoint's content is that of names of its own.
  if (key === "key" && typeof member === "string") return member.replace(/ \S+( \d+)$/, " <content>$1");
  return walk(member, around);
}
