import { type Draft, isObject, type JsonObject, listAt, objectAt, stringAt } from "./json.ts";
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
  const oldSpec = old === undefined ? {} : objectAt(old, "spec");
  if (spec.type === "ExternalName") {
    // An address that was asked for together with the type is an error, not an oversight.
    const leftover = old !== undefined && (spec.clusterIP ?? oldSpec.clusterIP) === oldSpec.clusterIP;
    return withFields(service, {
      spec: withFields(spec, { internalTrafficPolicy: undefined, ...(leftover ? ADDRESS_FIELDS : {}) }),
    });
  }
  const address = spec.clusterIP ?? listAt(spec, "clusterIPs")[0] ?? oldSpec.clusterIP;
  if (address === undefined) return service;
  const kept: Draft = { clusterIP: address, clusterIPs: spec.clusterIPs ?? Object.freeze([address]) };
  // A patch of the one address alone is meant for the list, too, and then refused as a change.
  if (spec.clusterIP !== oldSpec.clusterIP && oldSpec.clusterIP !== undefined)
    kept.clusterIPs = Object.freeze([address]);
  for (const field of ["ipFamilies", "ipFamilyPolicy"]) kept[field] = spec[field] ?? oldSpec[field];
  return withFields(service, { spec: withFields(spec, kept) });
}
