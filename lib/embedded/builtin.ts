import { EVENT, LEASE, NAMESPACE, SERVICE } from "./builtin-schemas.ts";
import { EVENT_COLUMNS, LEASE_COLUMNS, NAMESPACE_COLUMNS, SERVICE_COLUMNS } from "./columns.ts";
import { compileDecoder } from "./decoder.ts";
import { type FieldError, invalidValue } from "./field-error.ts";
import { isObject, type JsonObject, objectAt, stringAt } from "./json.ts";
import {
  type Addresses,
  kindSubject,
  nameOf,
  namespaceOf,
  type Resource,
  withFields,
  withMetadata,
} from "./resource.ts";
import type { Schema } from "./schema.ts";
import { adjustToType, defaultService } from "./service.ts";
import { serviceErrors } from "./service-validation.ts";
import { invalid } from "./status.ts";
import { labelProblems, subdomainProblems } from "./syntax.ts";

const same = (object: JsonObject): JsonObject => object;

/** What the built-in kinds have in common. */
function builtin(kind: string, schema: Schema, defaults: (object: JsonObject) => JsonObject) {
  const decode = compileDecoder(schema);
  return {
    group: "",
    version: "v1",
    kind,
    listKind: `${kind}List`,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    shortNames: [] as readonly string[],
    categories: [] as readonly string[],
    namespaced: true,
    custom: false,
    hasStatus: false,
    schema,
    createOnUpdate: true,
    unconditionalUpdate: true,
    echoesDeleted: false,
    keyPrefix: `/registry/${kind.toLowerCase()}s`,
    nameProblems: subdomainProblems,
    decode: (body: JsonObject, unknown: string[]) => defaults(decode(body, unknown) as JsonObject),
    prepareCreate: same,
    prepareUpdate: same,
    validate: (): FieldError[] => [],
    assign: same,
    selectableFields: (): { readonly [field: string]: string } => ({}),
  };
}

const plainNamespace = builtin("Namespace", NAMESPACE, same);

const namespaces: Resource = {
  ...plainNamespace,
  shortNames: ["ns"],
  namespaced: false,
  createOnUpdate: false,
  echoesDeleted: true,
  columns: NAMESPACE_COLUMNS,
  nameProblems: labelProblems,
  decode(body, unknown) {
    const namespace = plainNamespace.decode(body, unknown);
    const name = nameOf(namespace);
    if (name === "") return namespace;
    const labels = {
      ...objectAt(objectAt(namespace, "metadata"), "labels"),
      "kubernetes.io/metadata.name": name,
    };
    return withMetadata(namespace, { labels: Object.freeze(labels) });
  },
  prepareCreate: (namespace) => withFields(namespace, { spec: HELD_BY_KUBERNETES, status: ACTIVE }),
  prepareUpdate: (namespace, old) => withFields(namespace, { spec: old.spec, status: old.status }),
  selectableFields: (namespace) => ({ "status.phase": stringAt(objectAt(namespace, "status"), "phase") }),
};
const HELD_BY_KUBERNETES = Object.freeze({ finalizers: Object.freeze(["kubernetes"]) });
const ACTIVE = Object.freeze({ phase: "Active" });

const services: Resource = {
  ...builtin("Service", SERVICE, defaultService),
  shortNames: ["svc"],
  categories: ["all"],
  echoesDeleted: true,
  keyPrefix: "/registry/services/specs",
  columns: SERVICE_COLUMNS,
  nameProblems: labelProblems,
  prepareCreate: (service) => adjustToType(withFields(service, { status: NO_LOAD_BALANCER }), undefined),
  prepareUpdate: (service, old) => adjustToType(withFields(service, { status: old.status }), old),
  validate: serviceErrors,
  assign: assignAddress,
  selectableFields: (service) => ({
    "spec.clusterIP": stringAt(objectAt(service, "spec"), "clusterIP"),
    "spec.type": stringAt(objectAt(service, "spec"), "type"),
  }),
};
const NO_LOAD_BALANCER = Object.freeze({ loadBalancer: Object.freeze({}) });
const SINGLE_STACK = { ipFamilies: Object.freeze(["IPv4"]), ipFamilyPolicy: "SingleStack" };
const EITHER_STACK = { ipFamilies: Object.freeze(["IPv4", "IPv6"]), ipFamilyPolicy: "RequireDualStack" };

/** Gives a Service that is to have one an address. The one network here is IPv4. */
function assignAddress(service: JsonObject, old: JsonObject | undefined, addresses: Addresses): JsonObject {
  const spec = objectAt(service, "spec");
  if (spec.type === "ExternalName") return service;
  const asked = spec.clusterIP;
  const kept =
    asked !== undefined && asked === (old === undefined ? undefined : objectAt(old, "spec").clusterIP);
  if (kept) return service;
  if (typeof asked === "string" && asked !== "None" && addresses.taken(asked)) {
    const why = `failed to allocate IP ${asked}: provided IP is already allocated`;
    throw invalid(kindSubject(services, nameOf(service)), [invalidValue("spec.clusterIPs", [asked], why)]);
  }
  const address = asked ?? addresses.next();
  // A headless Service without a selector may have endpoints of either family.
  const families = address === "None" && spec.selector === undefined ? EITHER_STACK : SINGLE_STACK;
  return withFields(service, {
    spec: withFields(spec, {
      clusterIP: address,
      clusterIPs: Object.freeze([address]),
      ipFamilies: spec.ipFamilies ?? families.ipFamilies,
      ipFamilyPolicy: spec.ipFamilyPolicy ?? families.ipFamilyPolicy,
    }),
  });
}

const leases: Resource = {
  ...builtin("Lease", LEASE, same),
  group: "coordination.k8s.io",
  unconditionalUpdate: false,
  columns: LEASE_COLUMNS,
  validate(lease) {
    const { leaseDurationSeconds: duration, leaseTransitions: transitions } = objectAt(lease, "spec");
    return [
      ...(typeof duration === "number" && duration <= 0
        ? [invalidValue("spec.leaseDurationSeconds", duration, "must be greater than 0")]
        : []),
      ...(typeof transitions === "number" && transitions < 0
        ? [invalidValue("spec.leaseTransitions", transitions, "must be greater than or equal to 0")]
        : []),
    ];
  },
};

const events: Resource = {
  ...builtin("Event", EVENT, same),
  shortNames: ["ev"],
  columns: EVENT_COLUMNS,
  validate(event) {
    const about = stringAt(objectAt(event, "involvedObject"), "namespace");
    // What is not in a namespace has its events in this one.
    const expected = about === "" ? "default" : about;
    if (namespaceOf(event) === expected) return [];
    return [invalidValue("involvedObject.namespace", about, "does not match event.namespace")];
  },
  selectableFields(event) {
    const about = objectAt(event, "involvedObject");
    const fields = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
    return {
      ...Object.fromEntries(fields.map((field) => [`involvedObject.${field}`, stringAt(about, field)])),
      reason: stringAt(event, "reason"),
      reportingComponent: stringAt(event, "reportingComponent"),
      source: stringAt(objectAt(event, "source"), "component"),
      type: stringAt(event, "type"),
    };
  },
};

/** The kinds that every cluster has, as far as they are served here. */
export const BUILTIN_RESOURCES: readonly Resource[] = [namespaces, services, events, leases];

export function isNamespace(resource: Resource): boolean {
  return resource === namespaces;
}

/** The address that a Service holds; undefined for every other object. */
export function addressOf(resource: Resource, object: unknown): string | undefined {
  if (resource !== services || !isObject(object)) return undefined;
  const { clusterIP } = objectAt(object, "spec");
  return typeof clusterIP === "string" && clusterIP !== "None" ? clusterIP : undefined;
}
