import { describe, expect, it } from "vitest";
import { hashedName } from "../../../lib/endpoint/hashed-name.ts";
import schema from "../../../schemas/settings.json" with { type: "json" };
import { created } from "../../support/events.ts";
import { newWorld, type World } from "./world.ts";

type Variable = keyof typeof schema.properties;

const URL = "http://app.example:80";
const NAME = hashedName(URL);
const EVENT = created("ep_1", "http://app.example");
const NAMESPACES = ["ngrok-operator", "ops", "example"];

const target = (world: World) => world.read({ kind: "Service", namespace: "example", name: "app" });
const upstream = (world: World) => world.list("Service").find(({ metadata }) => metadata.name === NAME);
const boundEndpoint = (world: World) => world.list("BoundEndpoint")[0];
const record = (world: World) => world.list("EndpointRecord")[0];

type Row = {
  value: string;
  /** Where it has to arrive, and as what. */
  reads(world: World): unknown;
  as: unknown;
  /** Set where objects that are there keep what they have. */
  onlyNew?: string;
};

const MOVED = "operator namespaces are identity: an endpoint is deleted before its namespace changes";

const REACH: Partial<Record<Variable, Row>> = {
  OPERATOR_NAMESPACE: {
    value: "ops",
    reads: (world) => [
      boundEndpoint(world)?.metadata.namespace,
      upstream(world)?.metadata.namespace,
      target(world)?.spec?.externalName,
    ],
    as: ["ops", "ops", `${NAME}.ops.svc.cluster.local`],
    onlyNew: MOVED,
  },
  ACCOUNTS: {
    value: '{"ac_test":"ops"}',
    reads: (world) => [record(world)?.metadata.namespace, boundEndpoint(world)?.metadata.namespace],
    as: ["ops", "ops"],
    onlyNew: MOVED,
  },
  CLUSTER_DOMAIN: {
    value: "svc.other",
    reads: (world) => target(world)?.spec?.externalName,
    as: `${NAME}.ngrok-operator.svc.other`,
  },
  ENDPOINT_SELECTORS: {
    value: "[\"endpoint.namespace == 'billing'\"]",
    reads: (world) => [record(world)?.spec.verdict.reason, target(world), boundEndpoint(world)],
    as: ["NotSelected", undefined, undefined],
  },
  ALLOWED_NAMESPACES: {
    value: "billing",
    reads: (world) => [record(world)?.spec.verdict.state, target(world), boundEndpoint(world)],
    as: ["Excluded", undefined, undefined],
  },
  DENIED_NAMESPACES: {
    value: "exam*",
    reads: (world) => [record(world)?.spec.verdict.state, target(world), boundEndpoint(world)],
    as: ["Excluded", undefined, undefined],
  },
  TARGET_LABELS: {
    value: '{"team":"a"}',
    reads: (world) => [
      target(world)?.metadata.labels?.team,
      boundEndpoint(world)?.spec?.target.metadata?.labels,
    ],
    as: ["a", { team: "a" }],
  },
  TARGET_ANNOTATIONS: {
    value: '{"note":"b"}',
    reads: (world) => [
      target(world)?.metadata.annotations?.note,
      boundEndpoint(world)?.spec?.target.metadata?.annotations,
    ],
    as: ["b", { note: "b" }],
  },
  TARGET_PORTS: {
    value: "false",
    reads: (world) => [target(world)?.spec?.type, target(world)?.spec?.ports],
    as: ["ExternalName", undefined],
  },
  UPSTREAM_SELECTOR: {
    value: "app=forwarder,tier=edge",
    reads: (world) => upstream(world)?.spec?.selector,
    as: { app: "forwarder", tier: "edge" },
  },
  PORT_RANGE: {
    value: "20000-20000",
    reads: (world) => [boundEndpoint(world)?.spec?.port, upstream(world)?.spec?.ports?.[0]?.targetPort],
    as: [20_000, 20_000],
    onlyNew: "a port outside a changed range stays",
  },
};

/** Settings of the process, which the objects do not depend on: test/events/start.test.ts and log.test.ts have them. */
const OF_THE_PROCESS: Variable[] = ["PORT", "HOST", "LOG_LEVEL", "CLUSTER"];

const ROWS = Object.entries(REACH);
const CHANGING = ROWS.filter(([, { onlyNew }]) => onlyNew === undefined);

// A class of faults found in eleven other operators (Acto, SOSP 2023).
describe("Acto: a declared field never reaches the system: settings", () => {
  it("each of them is here, and none that is not declared", () => {
    expect([...Object.keys(REACH), ...OF_THE_PROCESS].sort()).toEqual(Object.keys(schema.properties).sort());
  });

  it.each(ROWS)("%s reaches the objects", async (variable, { value, reads, as }) => {
    const [without, withIt] = [newWorld(NAMESPACES), newWorld(NAMESPACES)];
    await without.deliver(EVENT);
    await withIt.deliver(EVENT, { [variable]: value });
    expect(reads(without)).not.toEqual(as);
    expect(reads(withIt)).toEqual(as);
  });

  it.each(CHANGING)("%s reaches objects that are there already, and goes again", async (variable, row) => {
    const { value, reads, as } = row;
    const world = newWorld(NAMESPACES);
    await world.deliver(EVENT);
    const before = reads(world);
    await world.deliver(EVENT, { [variable]: value });
    expect(reads(world)).toEqual(as);
    await world.deliver(EVENT);
    expect(JSON.stringify(reads(world), essential)).toBe(JSON.stringify(before, essential));
  });
});

/** Without what an object gets anew when it is made again. */
function essential(key: string, value: unknown): unknown {
  const assigned = ["uid", "resourceVersion", "generation", "observedGeneration", "pushbind.dev/epoch"];
  return assigned.includes(key) ? undefined : value;
}
