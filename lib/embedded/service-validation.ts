import { isIP } from "node:net";
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from "./field-error.ts";
import { isObject, type JsonObject, listAt, objectAt, stringAt } from "./json.ts";
import { labelErrors, labelProblems, portNameProblems, subdomainProblems } from "./syntax.ts";

const SERVED_TYPES = ["ClusterIP", "ExternalName"];
const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const AFFINITY_TIMEOUT_LIMIT_SECONDS = 86_400;

/** Errors in the spec of a Service (k8s.io/kubernetes pkg/apis/core/validation, ValidateService). */
export function serviceErrors(service: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = objectAt(service, "spec");
  return [
    ...portsErrors(spec),
    ...labelErrors(objectAt(spec, "selector"), "spec.selector"),
    ...affinityErrors(spec),
    ...typeErrors(spec),
    ...addressErrors(spec, old === undefined ? undefined : objectAt(old, "spec")),
    ...oneOf(spec, "internalTrafficPolicy", ["Cluster", "Local"]),
  ];
}

function typeErrors(spec: JsonObject): FieldError[] {
  const type = stringAt(spec, "type");
  if (!TYPES.includes(type)) return [notSupported("spec.type", type, TYPES)];
  if (!SERVED_TYPES.includes(type)) {
    return [
      forbiddenField(
        "spec.type",
        `the embedded API has no node ports and no load balancers; use ${SERVED_TYPES.join(" or ")}`,
      ),
    ];
  }
  if (type !== "ExternalName") return [];
  // The trailing dot of a fully qualified name may stand, and is not looked at.
  const name = stringAt(spec, "externalName").replace(/\.$/, "");
  if (name === "") return [required("spec.externalName")];
  return subdomainProblems(name).map((problem) => invalidValue("spec.externalName", name, problem));
}

function affinityErrors(spec: JsonObject): FieldError[] {
  const timeout = objectAt(objectAt(spec, "sessionAffinityConfig"), "clientIP").timeoutSeconds;
  const outOfRange =
    typeof timeout === "number" && (timeout <= 0 || timeout > AFFINITY_TIMEOUT_LIMIT_SECONDS);
  return [
    ...oneOf(spec, "sessionAffinity", ["ClientIP", "None"]),
    ...(outOfRange
      ? [
          invalidValue(
            "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
            timeout,
            `must be greater than 0 and less than ${AFFINITY_TIMEOUT_LIMIT_SECONDS}`,
          ),
        ]
      : []),
  ];
}

function oneOf(spec: JsonObject, field: string, supported: readonly string[]): FieldError[] {
  const value = spec[field];
  if (value === undefined || supported.includes(String(value))) return [];
  return [notSupported(`spec.${field}`, value, supported)];
}

function addressErrors(spec: JsonObject, old: JsonObject | undefined): FieldError[] {
  const addresses = listAt(spec, "clusterIPs");
  if (spec.type === "ExternalName") {
    const asked = addresses.length > 0 || spec.clusterIP !== undefined;
    return asked ? [forbiddenField("spec.clusterIPs", "may not be set for ExternalName services")] : [];
  }
  const before = old === undefined || old.type === "ExternalName" ? undefined : listAt(old, "clusterIPs")[0];
  if (before !== undefined && addresses[0] !== before) {
    return [invalidValue("spec.clusterIPs[0]", addresses, "may not change once set")];
  }
  const bad = addresses.findIndex((address) => address !== "None" && isIP(String(address)) === 0);
  if (bad < 0) return [];
  const why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
  return [invalidValue(`spec.clusterIPs[${bad}]`, addresses[bad], why)];
}

function portsErrors(spec: JsonObject): FieldError[] {
  const ports = listAt(spec, "ports").filter(isObject);
  const needed = spec.type !== "ExternalName" && spec.clusterIP !== "None";
  if (ports.length === 0) return needed ? [required("spec.ports")] : [];
  const names = new Set<string>();
  const each = ports.flatMap((port, index) =>
    portErrors(port, `spec.ports[${index}]`, ports.length > 1, names),
  );
  return [...each, ...duplicatePorts(ports)];
}

function portErrors(port: JsonObject, path: string, nameNeeded: boolean, names: Set<string>): FieldError[] {
  return [
    ...nameErrors(stringAt(port, "name"), `${path}.name`, nameNeeded, names),
    ...numberErrors(port.port ?? 0, `${path}.port`),
    ...protocolErrors(port.protocol, `${path}.protocol`),
    ...targetErrors(port.targetPort, `${path}.targetPort`),
  ];
}

function nameErrors(name: string, field: string, needed: boolean, names: Set<string>): FieldError[] {
  if (name === "") return needed ? [required(field)] : [];
  const errors = labelProblems(name).map((problem) => invalidValue(field, name, problem));
  if (names.has(name)) errors.push(duplicate(field, name));
  names.add(name);
  return errors;
}

function numberErrors(port: unknown, field: string): FieldError[] {
  if (typeof port === "number" && port >= 1 && port <= 65_535) return [];
  return [invalidValue(field, port, "must be between 1 and 65535, inclusive")];
}

function protocolErrors(protocol: unknown, field: string): FieldError[] {
  const supported = ["SCTP", "TCP", "UDP"];
  return supported.includes(String(protocol)) ? [] : [notSupported(field, protocol, supported)];
}

function targetErrors(target: unknown, field: string): FieldError[] {
  if (typeof target !== "string") return numberErrors(target, field);
  return portNameProblems(target).map((problem) => invalidValue(field, target, problem));
}

function duplicatePorts(ports: readonly JsonObject[]): FieldError[] {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, { protocol, port }] of ports.entries()) {
    const key = `${protocol}/${port}`;
    if (seen.has(key)) {
      const found = {
        Name: "",
        Protocol: protocol,
        AppProtocol: null,
        Port: port,
        TargetPort: 0,
        NodePort: 0,
      };
      errors.push(duplicate(`spec.ports[${index}]`, found));
    }
    seen.add(key);
  }
  return errors;
}
