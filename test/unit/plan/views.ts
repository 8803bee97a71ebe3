import fc from "fast-check";
import type { KubeObject, Ref } from "../../../lib/cluster/objects.ts";
import { apiVersionOf } from "../../../lib/cluster/objects.ts";
import { type Observed, parseLedger, slotsOf } from "../../../lib/plan/host.ts";
import { BINDING_NAME, BINDING_NAMESPACE, MANAGED_BY, MANAGER } from "../../../lib/plan/names.ts";
import type { LiveEndpoint } from "../../../lib/register/ledger.ts";
import { endpoint, settings, settle, type View, viewOf } from "./builders.ts";

/** URLs of one host: schemes and ports that collide, and some that do not. */
const URLS = [
  "http://app.example:80",
  "http://app.example:443",
  "tcp://app.example:80",
  "tcp://app.example:443",
  "http://app.example:12345",
];

const times = fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z", undefined);

/** Live entries, no two of one endpoint; some of one age, some of unknown age. */
const endpoints: fc.Arbitrary<LiveEndpoint[]> = fc.uniqueArray(
  fc
    .record({ id: fc.integer({ min: 0, max: 9 }), url: fc.constantFrom(...URLS), createdAt: times })
    .map(({ id, url, createdAt }) => {
      const { createdAt: _, ...entry } = endpoint(`ep_${id}`, url);
      return { ...entry, ...(createdAt === undefined ? {} : { createdAt }) };
    }),
  { selector: ({ id }) => id, maxLength: 6 },
);

const configurations = fc
  .record({
    targetLabels: fc.constantFrom({}, { team: "a" }, { team: "b", tier: "1" }),
    targetAnnotations: fc.constantFrom({}, { note: "x" }),
    targetPorts: fc.boolean(),
    clusterDomain: fc.constantFrom("svc.cluster.local", "svc.other"),
  })
  .map((changed) => ({ ...settings, ...changed }));

/** What may have become of an object since somebody made it as another ledger or other settings wanted it. */
type Fate =
  | "as it was"
  | "gone"
  | "edited"
  | "being deleted"
  | "a stranger's"
  | "of another operator"
  | "without labels";

type Ranges = { fates: Fate[]; namespaces: Observed["namespace"][]; refusals: number };

const ANYTHING: Ranges = {
  fates: [
    "as it was",
    "gone",
    "edited",
    "being deleted",
    "a stranger's",
    "of another operator",
    "without labels",
  ],
  namespaces: ["Active", "Missing", "Terminating", "Unread"],
  refusals: 2,
};

/** Objects of a host with every URL there is. */
const MOST_OBJECTS = 2 * URLS.length + 1;

/**
 * A host at any moment: its ledger has these endpoints, its objects were made for those before, some under other
 * settings, and something may have become of each of them since; some writes have been refused in this pass.
 */
export const views = viewsWithin(ANYTHING);

/** As {@link views}, but nothing is in the way of what is wanted. */
export const freeViews = viewsWithin({
  fates: ["as it was", "gone", "edited"],
  namespaces: ["Active"],
  refusals: 0,
});

function viewsWithin({ fates, namespaces, refusals }: Ranges): fc.Arbitrary<View> {
  return fc
    .record({
      before: endpoints,
      now: endpoints,
      settingsBefore: configurations,
      settingsNow: configurations,
      namespace: fc.constantFrom(...namespaces),
      fates: fc.array(fc.constantFrom(...fates), { minLength: MOST_OBJECTS, maxLength: MOST_OBJECTS }),
      refused: fc.array(fc.nat({ max: 15 }), { maxLength: refusals }),
      portless: fc.option(fc.constantFrom(...URLS), { freq: 4 }),
    })
    .map((drawn) => {
      const made = settle(viewOf(drawn.before, {}, { settings: drawn.settingsBefore })).view;
      const view = following(made, viewOf(drawn.now, {}, { settings: drawn.settingsNow }), drawn.portless);
      const slots = slotsOf(parseLedger(view.ledger, view.settings));
      const objects = slots.flatMap(({ ref, name }, index): [string, KubeObject][] => {
        const object = afterwards(drawn.fates[index] ?? "as it was", ref, made.observed.objects.get(name));
        return object === undefined ? [] : [[name, object]];
      });
      const names = slots.flatMap(({ name }) => [name, `${name}/status`]);
      const refusals = drawn.refused.flatMap((index) => names[index] ?? []);
      return {
        ...view,
        observed: { objects: new Map(objects), namespace: drawn.namespace },
        refusals: new Map(refusals.map((name) => [name, "exceeded quota"])),
      };
    });
}

/** The view of a ledger that still has the URLs of the one before; one URL may have got no port. */
function following({ ledger: before }: View, view: View, portless: string | null): View {
  const { ledger } = view;
  const left = before.urls.filter(({ url }) => !ledger.urls.some((known) => known.url === url));
  const kept = ledger.urls.map((known) => {
    const port = before.urls.find(({ url }) => url === known.url)?.port ?? (known.port ?? 0) + 100;
    return known.url === portless ? { url: known.url } : { ...known, port };
  });
  const empty = left.map(({ url, port }) => ({
    url,
    emptySince: view.now,
    ...(port === undefined ? {} : { port }),
  }));
  const urls = [...kept, ...empty].sort((a, b) => (a.url < b.url ? -1 : 1));
  return { ...view, ledger: { ...ledger, urls, epoch: before.epoch + 1 } };
}

function afterwards(fate: Fate, ref: Ref, object: KubeObject | undefined): KubeObject | undefined {
  const metadata = object?.metadata ?? {
    name: ref.name,
    namespace: ref.namespace ?? "",
    uid: "uid",
    resourceVersion: "1",
  };
  const bare: KubeObject = { apiVersion: apiVersionOf(ref.kind), kind: ref.kind, metadata };
  switch (fate) {
    case "as it was":
      return object;
    case "gone":
      return undefined;
    case "edited":
      return (
        object && { ...object, spec: { ...(object.spec as object), sessionAffinity: "None" }, status: {} }
      );
    case "being deleted":
      return object && { ...object, metadata: { ...metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
    case "a stranger's":
      return { ...bare, metadata: { ...metadata, labels: { [MANAGED_BY]: "them" } } };
    case "of another operator":
      return { ...bare, metadata: { ...metadata, labels: labelsOfAnother(ref) } };
    case "without labels":
      return { ...bare, metadata: { ...metadata, labels: {} } };
  }
}

/** A Service says which operator's it is; of a BoundEndpoint, the manager alone says whose. */
function labelsOfAnother({ kind }: Ref): Record<string, string> {
  if (kind === "BoundEndpoint") return { [MANAGED_BY]: "another" };
  return { [MANAGED_BY]: MANAGER, [BINDING_NAME]: "ngrok-x", [BINDING_NAMESPACE]: "other-operator" };
}

/** The same host with the entries and URLs of its ledger, and its objects, in another order. */
export function reordered(view: View): View {
  const { ledger, observed } = view;
  return {
    ...view,
    ledger: {
      ...ledger,
      entries: Object.fromEntries(Object.entries(ledger.entries).toReversed()),
      urls: ledger.urls.toReversed(),
    },
    observed: { ...observed, objects: new Map([...observed.objects].toReversed()) },
  };
}

/** The names of every object that a host can have. */
export function namesIn(view: View): Set<string> {
  return new Set(slotsOf(parseLedger(view.ledger, view.settings)).map(({ name }) => name));
}
