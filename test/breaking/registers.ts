import { expect } from "vitest";
import type {
  BoundEndpoint,
  BoundHost,
  EndpointRecord,
  KubeObject,
  Lease,
  Service,
} from "../../lib/cluster/objects.ts";
import { hashedName } from "../../lib/endpoint/hashed-name.ts";
import { BINDING_NAME, EPOCH } from "../../lib/plan/names.ts";
import type { NgrokEvent } from "../support/events.ts";
import type { Snapshot } from "./state.ts";

/** Registers, claims and objects of an operator namespace agree, and the records have these events. */
export function expectConsistent(all: Snapshot, newest: readonly NgrokEvent[]): void {
  expectRecords(all, newest);
  expectEpochs(all);
  expectPorts(all);
}

function expectRecords(all: Snapshot, newest: readonly NgrokEvent[]): void {
  const records = ofKind<EndpointRecord>(all, "EndpointRecord");
  const recorded = new Map(records.map(({ spec }) => [spec.id, spec.key.eventId]));
  for (const { object, event_id } of newest) expect(recorded.get(String(object.id))).toBe(event_id);
}

/** Each object was confirmed in the epoch that its host's ledger has. */
function expectEpochs(all: Snapshot): void {
  const epochs = new Map(
    ofKind<BoundHost>(all, "BoundHost").flatMap(({ spec }) =>
      spec.urls.map(({ url }) => [hashedName(url), spec.epoch]),
    ),
  );
  for (const object of [...ofKind(all, "BoundEndpoint"), ...ofKind<Service>(all, "Service")]) {
    const { name, labels = {}, annotations = {} } = object.metadata;
    expect(Number(annotations[EPOCH]), name).toBe(epochs.get(labels[BINDING_NAME] ?? name));
  }
}

/** No two BoundEndpoints have one port, each port is claimed for its URL, and no URL has claimed two. */
function expectPorts(all: Snapshot): void {
  const claims = new Map(
    ofKind<Lease>(all, "Lease").map(({ metadata, spec }) => [metadata.name, spec?.holderIdentity]),
  );
  expect(new Set(claims.values()).size).toBe(claims.size);
  for (const { spec } of ofKind<BoundHost>(all, "BoundHost")) {
    for (const { url, port } of spec.urls) {
      expect(claims.get(`pushbind-port-${port}`), url).toBe(hashedName(url));
    }
  }
  const boundEndpoints = ofKind<BoundEndpoint>(all, "BoundEndpoint");
  for (const { metadata, spec } of boundEndpoints) {
    expect(claims.get(`pushbind-port-${spec?.port}`)).toBe(metadata.name);
  }
  expect(new Set(boundEndpoints.map(({ spec }) => spec?.port)).size).toBe(boundEndpoints.length);
}

function ofKind<T extends KubeObject>(all: Snapshot, kind: string): T[] {
  return all.map(({ object }) => object).filter((object) => object.kind === kind) as T[];
}
