import { open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

/**
 * Every request by anyone but the server itself is recorded, at each of its stages; those of the function with their
 * bodies. https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
 */
export const AUDIT_POLICY = JSON.stringify({
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  rules: [
    { level: "None", users: ["system:apiserver"] },
    { level: "RequestResponse", userGroups: ["system:serviceaccounts:pushbind"] },
    { level: "Metadata" },
  ],
});

/** A place in the audit log. */
export type AuditMark = number;

/** One request as the API server saw it. */
export type AuditEvent = {
  readonly id: string;
  /** The user's name, such as system:serviceaccount:pushbind:pushbind. */
  readonly user: string;
  /** The id (jti) of the service account token that the request carried. */
  readonly tokenId: string | undefined;
  readonly userAgent: string;
  /** get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb: string;
  readonly uri: string;
  /** Empty for the core group, and for requests that are not for resources. */
  readonly group: string;
  /** With the subresource, as in "boundendpoints/status"; empty for requests that are not for resources. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  /** The status code of the answer; undefined while a watch runs. */
  readonly code: number | undefined;
  /** What was sent; only the function's requests have it. */
  readonly requestObject: unknown;
};

/** Which requests are wanted: all that is given has to fit. */
export type AuditFilter = {
  readonly user?: string;
  readonly tokenId?: string;
  /** Only what came in after this place. */
  readonly since?: AuditMark;
};

type Line = {
  auditID: string;
  stage: "RequestReceived" | "ResponseStarted" | "ResponseComplete" | "Panic";
  verb: string;
  requestURI: string;
  userAgent?: string;
  user: { username: string; extra?: Record<string, string[]> };
  objectRef?: {
    apiGroup?: string;
    resource: string;
    subresource?: string;
    namespace?: string;
    name?: string;
  };
  responseStatus?: { code: number };
  requestObject?: unknown;
};

const COMPLETE_DEADLINE_MS = 10_000;
const POLL_MS = 10;
const WRITES = ["create", "update", "patch", "delete", "deletecollection"];

/** Whether a request was one that changes something, or would have if it had not been refused or a dry run. */
export const isWrite = (event: AuditEvent): boolean => WRITES.includes(event.verb);

/** The end of the audit log: requests that are sent from now on lie behind it. */
export async function auditMark(file: string): Promise<AuditMark> {
  const handle = await open(file);
  const { size } = await handle.stat();
  await handle.close();
  return size;
}

/**
 * The requests that the API server received, in order. A request whose answer has come is always among them: the log
 * has its first line before it is handled. Those still being handled are waited for, but for watches.
 *
 * @throws Error where a request takes longer than ten seconds.
 */
export async function readAudit(file: string, filter: AuditFilter): Promise<AuditEvent[]> {
  const end = Date.now() + COMPLETE_DEADLINE_MS;
  for (;;) {
    const requests = group(await readLines(file, filter.since ?? 0), filter);
    const open = requests.find((lines) => !isComplete(lines));
    if (open === undefined) return requests.map(toEvent);
    if (Date.now() > end) throw new Error(`still no answer to ${open[0]?.verb} ${open[0]?.requestURI}`);
    await pause(POLL_MS);
  }
}

async function readLines(file: string, since: AuditMark): Promise<Line[]> {
  const handle = await open(file);
  const { size } = await handle.stat();
  const buffer = Buffer.alloc(Math.max(0, size - since));
  await handle.read(buffer, 0, buffer.length, since);
  await handle.close();
  const whole = buffer.subarray(0, buffer.lastIndexOf("\n") + 1).toString("utf8");
  return whole.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Line]));
}

/** The lines of each request that fits and was received after the mark, by order of receipt. */
function group(lines: Line[], filter: AuditFilter): Line[][] {
  const requests = new Map<string, Line[]>();
  for (const line of lines) {
    if (line.stage === "RequestReceived" && fits(line, filter)) requests.set(line.auditID, [line]);
    else requests.get(line.auditID)?.push(line);
  }
  return [...requests.values()];
}

const fits = (line: Line, filter: AuditFilter): boolean =>
  (filter.user === undefined || filter.user === line.user.username) &&
  (filter.tokenId === undefined || filter.tokenId === tokenIdOf(line));

const isComplete = (lines: Line[]): boolean =>
  lines[0]?.verb === "watch" || lines.some(({ stage }) => stage === "ResponseComplete" || stage === "Panic");

/** https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/ names this key. */
const tokenIdOf = (line: Line): string | undefined =>
  line.user.extra?.["authentication.kubernetes.io/credential-id"]?.[0]?.replace(/^JTI=/, "");

function toEvent(lines: Line[]): AuditEvent {
  const first = lines[0] as Line;
  const last = lines.at(-1) as Line;
  const object = last.objectRef ?? first.objectRef;
  return {
    id: first.auditID,
    user: first.user.username,
    tokenId: tokenIdOf(first),
    userAgent: first.userAgent ?? "",
    verb: first.verb,
    uri: first.requestURI,
    group: object?.apiGroup ?? "",
    resource: [object?.resource, object?.subresource].filter(Boolean).join("/"),
    namespace: object?.namespace ?? "",
    name: object?.name ?? "",
    code: last.responseStatus?.code,
    requestObject: last.requestObject,
  };
}
