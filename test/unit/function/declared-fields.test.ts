import { describe, expect, it } from "vitest";
import type { Kind, KubeObject } from "../../../lib/cluster/objects.ts";
import { projectCrds } from "../../../lib/embedded/crds.ts";
import { hashedName } from "../../../lib/endpoint/hashed-name.ts";
import { created, deleted, updated } from "../../support/events.ts";
import { newWorld, type World } from "./world.ts";

type Schema = {
  properties?: Record<string, Schema>;
  items?: Schema;
};

/** The fields that a schema declares, down to those without fields of their own: `spec.target.port`. */
function declared({ properties, items }: Schema, path = ""): string[] {
  if (items !== undefined) return declared(items, path);
  if (properties === undefined) return [path];
  return Object.entries(properties).flatMap(([name, schema]) =>
    declared(schema, path === "" ? name : `${path}.${name}`),
  );
}

/** Whether an object has a value in the field, in any member of the lists on the way. */
function has(value: unknown, path: string[]): boolean {
  const [field, ...rest] = path;
  if (Array.isArray(value)) return value.some((member) => has(member, path));
  if (field === undefined) return value !== undefined;
  return typeof value === "object" && value !== null && has((value as Record<string, unknown>)[field], rest);
}

/** Everything that can be said of an endpoint and a host: bound, moved, deleted, without a namespace or a port. */
async function eventfulWorld(): Promise<World> {
  const world = newWorld(["ngrok-operator", "example"]);
  const env = {
    TARGET_LABELS: '{"team":"a"}',
    TARGET_ANNOTATIONS: '{"note":"b"}',
    PORT_RANGE: "10000-10002",
  };
  for (const event of [
    created("ep_1", "http://app.example"),
    created("ep_2", "http://moving.example"),
    updated("ep_2", "http://app.missing", 1),
    created("ep_3", "http://gone.example"),
    deleted("ep_3", 1),
    created("ep_4", "http://late.example"),
  ]) {
    await world.deliver(event, env);
  }
  return world;
}

// A class of faults found in eleven other operators (Acto, SOSP 2023).
describe("Acto: a declared field never reaches the system: custom resources", () => {
  it.each(projectCrds().map((crd) => [crd.spec.names.kind as Kind, crd] as const))(
    "%s: every field is used",
    async (kind, crd) => {
      const objects: KubeObject[] = (await eventfulWorld()).list(kind);
      const schema = crd.spec.versions[0]?.schema?.openAPIV3Schema as Schema;
      const unused = declared(schema).filter(
        (path) => !objects.some((object) => has(object, path.split("."))),
      );
      expect(unused).toEqual([]);
    },
  );

  it("every field of a BoundEndpoint's spec shows in its Services", async () => {
    const world = newWorld(["ngrok-operator", "example"]);
    const env = { TARGET_LABELS: '{"team":"a"}', TARGET_ANNOTATIONS: '{"note":"b"}' };
    await world.deliver(created("ep_1", "tcp://app.example:443"), env);
    const spec = world.list("BoundEndpoint")[0]?.spec;
    const name = hashedName("tcp://app.example:443");
    const upstream = world.read({ kind: "Service", namespace: "ngrok-operator", name });
    const target = world.read({ kind: "Service", namespace: "example", name: "app" });
    const [behind, front] = [upstream?.spec?.ports?.[0], target?.spec?.ports?.[0]];
    expect({
      endpointURL: upstream?.metadata.annotations?.["bindings.k8s.ngrok.com/endpoint-url"],
      scheme: front?.name,
      port: behind?.targetPort,
      target: {
        service: target?.metadata.name,
        namespace: target?.metadata.namespace,
        protocol: front?.protocol,
        port: front?.port,
        metadata: {
          labels: { team: target?.metadata.labels?.team },
          annotations: { note: target?.metadata.annotations?.note },
        },
      },
    }).toEqual(spec);
  });
});
