import { isObject, type JsonObject, listAt, objectAt, stringAt } from "./json.ts";
import { withFields } from "./resource.ts";

const CLIENT_IP_TIMEOUT_SECONDS = 10_800;

/** The defaults of a Service (k8s.io/kubernetes pkg/apis/core/v1, SetDefaults_Service). */
export function defaultService(service: JsonObject): JsonObject {
  const spec = objectAt(service, "spec");
  const type = stringAt(spec, "type") || "ClusterIP";
  const sessionAffinity = stringAt(spec, "sessionAffinity") || "None";
  return withFields(service, {
    spec: withFields(spec, {
      type,
      sessionAffinity,
      sessionAffinityConfig: affinityConfig(spec, sessionAffinity),
      ports: spec.ports === undefined ? undefined : Object.freeze(listAt(spec, "ports").map(defaultPort)),
      internalTrafficPolicy: spec.internalTrafficPolicy ?? (type === "ExternalName" ? undefined : "Cluster"),
    }),
  });
}

function affinityConfig(spec: JsonObject, sessionAffinity: string): unknown {
  if (sessionAffinity === "None") return undefined;
  const config = objectAt(spec, "sessionAffinityConfig");
  if (sessionAffinity !== "ClientIP" || objectAt(config, "clientIP").timeoutSeconds !== undefined) {
    return spec.sessionAffinityConfig;
  }
  return Object.freeze({ clientIP: Object.freeze({ timeoutSeconds: CLIENT_IP_TIMEOUT_SECONDS }) });
}

function defaultPort(port: unknown): JsonObject {
  if (!isObject(port)) return {};
  const { targetPort } = port;
  const absent = targetPort === undefined || targetPort === 0 || targetPort === "";
  return Object.freeze({
    ...port,
    protocol: port.protocol ?? "TCP",
    targetPort: absent ? (port.port ?? 0) : targetPort,
  });
}

const ADDRESS_FIELDS = {
  clusterIP: undefined,
  clusterIPs: undefined,
  ipFamilies: undefined,
  ipFamilyPolicy: undefined,
};

/**
 * What changes with the type: an ExternalName has neither addresses nor a traffic policy; a Service that is not
 * one keeps the address it has.
 */
export function adjustToType(service: JsonObject, old: JsonObject | undefined): JsonObject {
  const spec = objectAt(service, "spec");
  const before = old === undefined ? undefined : objectAt(old, "spec");
  const changes =
    spec.type === "ExternalName" ? withoutAddress(spec, before) : withAddress(spec, before ?? {});
  return withFields(service, { spec: withFields(spec, changes) });
}

/** An address that is asked for together with the type is left to be refused: it is no oversight. */
function withoutAddress(spec: JsonObject, before: JsonObject | undefined): JsonObject {
  const leftover = before !== undefined && (spec.clusterIP ?? before.clusterIP) === before.clusterIP;
  return { internalTrafficPolicy: undefined, ...(leftover ? ADDRESS_FIELDS : {}) };
}

function withAddress(spec: JsonObject, before: JsonObject): JsonObject {
  const address = spec.clusterIP ?? listAt(spec, "clusterIPs")[0] ?? before.clusterIP;
  if (address === undefined) return {};
  // A patch of the one address alone is meant for the list, too, and then refused as a change.
  const changed = before.clusterIP !== undefined && spec.clusterIP !== before.clusterIP;
  return {
    clusterIP: address,
    clusterIPs: changed || spec.clusterIPs === undefined ? Object.freeze([address]) : spec.clusterIPs,
    ipFamilies: spec.ipFamilies ?? before.ipFamilies,
    ipFamilyPolicy: spec.ipFamilyPolicy ?? before.ipFamilyPolicy,
  };
}
