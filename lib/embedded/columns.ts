import { isObject, type JsonObject, listAt, objectAt, stringAt } from "./json.ts";
import { type Column, metadataOf, nameOf } from "./resource.ts";
import { age } from "./time.ts";

// The columns of the built-in kinds in the tables that kubectl prints (k8s.io/kubernetes pkg/printers/internalversion).

const NONE = "<none>";

function column(name: string, cell: Column["cell"], more: Partial<Column> = {}): Column {
  return { name, type: "string", cell, ...more };
}

const WIDE = { priority: 1 };

const AGE = column("Age", (object, now) => age(metadataOf(object).creationTimestamp, now));

export const NAMESPACE_COLUMNS: readonly Column[] = [
  column("Status", (namespace) => objectAt(namespace, "status").phase),
  AGE,
];

export const LEASE_COLUMNS: readonly Column[] = [
  column("Holder", (lease) => stringAt(objectAt(lease, "spec"), "holderIdentity")),
  AGE,
];

export const SERVICE_COLUMNS: readonly Column[] = [
  column("Type", (service) => objectAt(service, "spec").type),
  column("Cluster-IP", (service) => objectAt(service, "spec").clusterIP ?? NONE),
  column("External-IP", externalAddress),
  column("Port(s)", ports),
  AGE,
  column("Selector", selector, WIDE),
];

function externalAddress(service: JsonObject): string {
  const spec = objectAt(service, "spec");
  return spec.type === "ExternalName" ? stringAt(spec, "externalName") : NONE;
}

function ports(service: JsonObject): string {
  const all = listAt(objectAt(service, "spec"), "ports").filter(isObject);
  return all.map(({ port, protocol }) => `${port}/${protocol}`).join(",") || NONE;
}

function selector(service: JsonObject): string {
  const labels = objectAt(objectAt(service, "spec"), "selector");
  const pairs = Object.keys(labels).sort();
  return pairs.map((key) => `${key}=${labels[key]}`).join(",") || NONE;
}

export const EVENT_COLUMNS: readonly Column[] = [
  column("Last Seen", (event, now) => age(event.lastTimestamp ?? event.eventTime ?? undefined, now)),
  column("Type", (event) => stringAt(event, "type")),
  column("Reason", (event) => stringAt(event, "reason")),
  column("Object", about),
  column("Subobject", (event) => stringAt(objectAt(event, "involvedObject"), "fieldPath"), WIDE),
  column("Source", source, WIDE),
  column("Message", (event) => stringAt(event, "message").trim()),
  column("First Seen", (event, now) => age(event.firstTimestamp ?? event.eventTime ?? undefined, now), WIDE),
  column("Count", (event) => event.count ?? 1, WIDE),
  column("Name", nameOf, { ...WIDE, format: "name" }),
];

function about(event: JsonObject): string {
  const { kind, name } = objectAt(event, "involvedObject");
  return kind === undefined ? String(name ?? "") : `${String(kind).toLowerCase()}/${name ?? ""}`;
}

function source(event: JsonObject): string {
  const { component, host } = objectAt(event, "source");
  return [component ?? event.reportingComponent, host ?? event.reportingInstance].filter(Boolean).join(", ");
}
