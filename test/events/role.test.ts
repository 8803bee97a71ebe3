import { beforeAll, expect, it } from "vitest";
import { FIELD_MANAGER } from "../../lib/cluster/cluster.ts";
import { TOMBSTONE_LIFE_MS } from "../../lib/settings/limits.ts";
import { type AuditEvent, isWrite } from "../support/audit-log.ts";
import { created, deleted, type NgrokEvent, updated } from "../support/events.ts";
import type { FunctionUnderTest } from "../support/function.ts";
import { permissionsAsked } from "../support/permissions.ts";
import { describeScene } from "./suite.ts";

/** Four ports, so that they can run out. */
const SETTINGS = { PORT_RANGE: "10000-10003" };

describeScene(
  "what the function asks the API server for",
  "role",
  (scene) => {
    const { fn, operator, target, cluster } = scene;
    let requests: AuditEvent[] = [];

    async function post(
      event: NgrokEvent,
      expected: object,
      by: FunctionUnderTest = fn,
      query = "",
    ): Promise<void> {
      const { body } = await by.post(event, { query });
      expect({ event: event.event_id, ...body }).toMatchObject({ event: event.event_id, ...expected });
    }

    /** Every path through the function: all that it does to objects, registers and claims. */
    async function everyPath(): Promise<void> {
      await post(created("ep_A", "http://a.role"), { outcome: "bound", ready: true });
      await post(created("ep_A", "http://a.role"), { outcome: "unchanged", ready: true });
      await post(created("ep_POOLED", "http://a.role", 1), { outcome: "bound", ready: true });
      await post(created("ep_TCP", "tcp://a.role:443", 2), { outcome: "bound", ready: true });
      await post(
        created("ep_DRY", "tcp://a.role:444", 3),
        { outcome: "bound", dryRun: true },
        fn,
        "?dryRun=All",
      );
      await post(updated("ep_TCP", "http://b.role", 3), { outcome: "bound", ready: true });
      await post(updated("ep_TCP", "http://b.role", 1), { outcome: "stale" });
      await post(created("ep_HELD", "tcp://b.role:80", 4, { created_at: "2026-02-01T00:00:00Z" }), {
        reason: "PortHeld",
      });
      // Four URLs have a port now: http://a.role, tcp://a.role:443, which is not given up yet, and the two of b.role.
      await post(created("ep_LAST", "http://last.role", 5), { reason: "NoPortLeft", ready: false });
      await post(deleted("ep_HELD", 6), { outcome: "deleted", ready: true });
      await post(deleted("ep_TCP", 6), { outcome: "deleted", ready: true });
      await post(created("ep_WRONG", "https://a.role", 7), { outcome: "rejected" });
      await post(created("ep_ELSEWHERE", "http://a.role", 7, { bindings: ["public"] }), {
        outcome: "excluded",
      });
      fn.advance(TOMBSTONE_LIFE_MS + 1000);
      // What is written to the ledgers gives up the URLs that are empty, and their ports.
      await post(created("ep_B", "http://b.role", 8), { outcome: "bound", ready: true });
      await post(deleted("ep_POOLED", 8), { outcome: "deleted", ready: true });
      await post(created("ep_LAST", "http://last.role", 5), { ready: true });
      await post(created("ep_MISSING", "http://a.role-missing", 9), {
        reason: "NamespaceMissing",
        ready: false,
      });
      await crashAfterClaim();
      await strangersService();
    }

    /** A delivery ends between the claim of a port and the ledger; its repetition finds the claim and confirms it. */
    async function crashAfterClaim(): Promise<void> {
      await post(deleted("ep_MISSING", 10), { outcome: "deleted" });
      fn.advance(TOMBSTONE_LIFE_MS + 1000);
      await post(created("ep_MISSING2", "http://a.role-missing", 11, { bindings: ["public"] }), {
        outcome: "excluded",
      });
      const crashing = scene.start({ PORT_RANGE: "20000-20003" }, (send) => (request, signal) => {
        const isLedger = request.method === "POST" && request.path.includes("/boundhosts");
        return isLedger ? Promise.reject(new Error("connection lost")) : send(request, signal);
      });
      const event = created("ep_CRASH", "http://crash.role", 12);
      await post(event, { outcome: "failed", reason: "ClusterUnavailable" }, crashing);
      await post(event, { outcome: "bound", ready: true }, scene.start({ PORT_RANGE: "20000-20003" }));
    }

    async function strangersService(): Promise<void> {
      await cluster.admin.must("POST", `/api/v1/namespaces/${target}/services`, {
        metadata: { name: "theirs" },
        spec: { ports: [{ port: 80 }] },
      });
      const others = scene.start({ PORT_RANGE: "30000-30003" });
      await post(
        created("ep_THEIRS", "http://theirs.role", 13),
        { reason: "TargetNotOurs", ready: false },
        others,
      );
      await post(deleted("ep_THEIRS", 14), { outcome: "deleted", ready: true }, others);
    }

    beforeAll(async () => {
      requests = await scene.requests(everyPath);
    });

    it("is exactly what its role grants", async () => {
      const asked = permissionsAsked(requests);
      const inOperator = asked.get(operator);
      asked.delete(operator);
      const inTargets = [...new Set([...asked.values()].flat())].sort();
      expect(await cluster.permissions(scene.kubeconfig, target)).toEqual(inTargets);
      const granted = await cluster.permissions(scene.kubeconfig, operator);
      // Whether a target namespace is there may be asked of any namespace, by a role that holds in all of them.
      expect(granted.filter((permission) => permission !== "get namespaces")).toEqual(inOperator);
      expect(granted).toContain("get namespaces");
    });

    it("is never refused by its role", () => {
      expect(requests.filter(({ code }) => code === 401 || code === 403)).toEqual([]);
    });

    it("is in no namespace but its own and those that URLs name", () => {
      const namespaces = new Set(requests.map(({ namespace }) => namespace));
      expect(namespaces).toEqual(new Set([operator, target, "role-missing"]));
    });

    it("is always the newest: no request says a resourceVersion that would do", () => {
      for (const { uri } of requests) expect(uri).not.toMatch(/resourceVersion/i);
    });

    it("is read by name, but for one list of the claims", () => {
      const reads = requests.filter((request) => !isWrite(request));
      expect(new Set(reads.map(({ verb }) => verb))).toEqual(new Set(["get", "list"]));
      for (const { verb, uri, name } of reads.filter((request) => request.resource !== "leases")) {
        expect({ verb, query: new URL(uri, "https://x").search }).toEqual({ verb: "get", query: "" });
        expect(name).not.toBe("");
      }
      const lists = reads.filter(({ verb }) => verb === "list");
      expect(lists.map(({ resource }) => resource)).toContain("leases");
      for (const { uri } of lists) {
        expect(decodeURIComponent(uri)).toMatch(
          /\/leases\?labelSelector=app\.kubernetes\.io\/managed-by=pushbind$/,
        );
      }
    });

    it("is written by create, by merge patch and by delete, each with its precondition", () => {
      const writes = requests.filter(isWrite);
      expect(new Set(writes.map(({ verb }) => verb))).toEqual(new Set(["create", "patch", "delete"]));
      for (const { verb, uri, requestObject } of writes) {
        const query = new URL(uri, "https://x").searchParams;
        const { metadata, preconditions } = requestObject as Sent;
        if (verb === "delete") {
          const { uid, resourceVersion } = preconditions ?? {};
          expect({ uri, uid, resourceVersion }).toEqual({
            uri,
            uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
            resourceVersion: expect.stringMatching(/^\d+$/),
          });
          continue;
        }
        expect({ uri, manager: query.get("fieldManager"), validation: query.get("fieldValidation") }).toEqual(
          {
            uri,
            manager: FIELD_MANAGER,
            validation: "Strict",
          },
        );
        const version = verb === "create" ? undefined : expect.stringMatching(/^\d+$/);
        expect({ uri, version: metadata?.resourceVersion }).toEqual({ uri, version });
        expect(query.has("force")).toBe(false);
      }
    });

    it("is sent under a name of its own", () => {
      expect(new Set(requests.map(({ userAgent }) => userAgent))).toEqual(new Set(["pushbind"]));
    });
  },
  SETTINGS,
);

type Sent = {
  metadata?: { resourceVersion?: string };
  preconditions?: { uid?: string; resourceVersion?: string };
};
