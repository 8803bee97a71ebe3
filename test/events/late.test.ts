import { expect, test } from "vitest";
import { created, deleted, type NgrokEvent, timeOf, updated } from "../support/events.ts";
import { difference, HostView } from "./host-view.ts";
import { describeScene } from "./suite.ts";

type Since = Awaited<ReturnType<typeof difference>>;

describeScene(
  "Sieve: events never seen in time: late, out of order, or at the same instant",
  "late",
  (scene) => {
    const { fn } = scene;
    const view = new HostView(scene);

    /** The history of an endpoint, oldest first, and the one URL that it ends at. */
    const histories: { what: string; end: string | undefined; events: (id: string) => NgrokEvent[] }[] = [
      {
        what: "created, deleted",
        end: undefined,
        events: (id) => [created(id, "http://a.late", 0), deleted(id, 1)],
      },
      {
        what: "created, updated in place",
        end: "http://a.late:80",
        events: (id) => [created(id, "http://a.late", 0), updated(id, "http://a.late", 1)],
      },
      {
        what: "created, moved, moved on the host",
        end: "tcp://b.late:5432",
        events: (id) => [
          created(id, "http://a.late", 0),
          updated(id, "http://b.late", 1),
          updated(id, "tcp://b.late:5432", 2),
        ],
      },
      {
        what: "created, moved, deleted",
        end: undefined,
        events: (id) => [created(id, "http://a.late", 0), updated(id, "http://b.late", 1), deleted(id, 2)],
      },
      {
        what: "created, deleted, created again",
        end: "http://a.late:80",
        events: (id) => [created(id, "http://a.late", 0), deleted(id, 1), created(id, "http://a.late", 2)],
      },
      {
        what: "created, invalid, moved",
        end: "http://b.late:80",
        events: (id) => [
          created(id, "http://a.late", 0),
          updated(id, "http://a.late/x", 1),
          updated(id, "http://b.late", 2),
        ],
      },
      {
        what: "within one instant: created and deleted; a delete is the greater",
        end: undefined,
        events: (id) => [created(id, "http://a.late", 5), deleted(id, 5)],
      },
      {
        what: "within one instant: moved and kept; the greater event id wins",
        end: "http://a.late:80",
        events: (id) => [
          { ...updated(id, "http://b.late", 5), event_id: "ev_1" },
          { ...updated(id, "http://a.late", 5), event_id: "ev_2" },
        ],
      },
      {
        what: "a microsecond apart",
        end: "http://b.late:80",
        events: (id) => [
          { ...updated(id, "http://a.late", 0), event_timestamp: "2026-01-01T00:00:00.000001Z" },
          {
            ...updated(id, "http://b.late", 0),
            event_timestamp: "2026-01-01T00:00:00.000002Z",
            event_id: "ev_0",
          },
        ],
      },
    ];
    /**
     * The objects are those of the newest event, none of the events changes anything any more, and a delete leaves
     * nothing.
     */
    async function expectEnd(id: string, history: NgrokEvent[], end: string | undefined, since: Since) {
      const whole = end === undefined ? [] : view.whole(new URL(end).hostname, end);
      expect(await since()).toEqual({ come: whole, gone: [] });
      if (end !== undefined) expect(await view.condition(end, "Ready")).toBe("True");
      expect((await view.record(id))?.spec.key.eventId).toBe(history.at(-1)?.event_id);
      for (const event of history) expect(await scene.writes(() => fn.post(event))).toEqual([]);
      await fn.post(deleted(id, 9));
      expect(await since()).toEqual({ come: [], gone: [] });
    }

    for (const [index, { what, end, events }] of histories.entries()) {
      for (const order of permutations(events("").length)) {
        test(`${what}: delivered in the order ${order.join(", ")}`, async () => {
          const id = `ep_${index}_${order.join("")}`;
          const history = events(id);
          const since = await difference(scene);
          for (const place of order) await fn.post(history[place]);
          await expectEnd(id, history, end, since);
        });
      }

      test(`${what}: delivered all at once to three instances`, async () => {
        const id = `ep_${index}_at_once`;
        const history = events(id);
        const instances = [fn, scene.start(), scene.start()];
        const since = await difference(scene);
        const answers = await Promise.all(
          history.flatMap((event) => instances.map((instance) => instance.post(event))),
        );
        for (const { status } of answers) expect([200, 400, 503]).toContain(status);
        // As a sender does with what was answered 503.
        for (const event of history) expect((await fn.post(event)).status).not.toBe(503);
        await expectEnd(id, history, end, since);
      });
    }

    test("a late event says what is known, and what became of the endpoint", async () => {
      await fn.post(updated("ep_known", "http://known.late", 2));
      const answer = await fn.post(created("ep_known", "http://unknown.late", 1));
      expect(answer).toMatchObject({ status: 200, body: { outcome: "stale", reason: "Stale", ready: true } });
      expect(answer.body.message).toBe(
        `a newer event, ev_ep_known_updated_2 of ${timeOf(2)}, is known; the endpoint is bound`,
      );
      expect(answer.body.boundEndpoint).toEqual({
        namespace: scene.operator,
        name: (await view.boundEndpoint("http://known.late:80"))?.metadata.name,
      });
    });

    test("a delete without any time beats what is known, and an event after it beats the delete", async () => {
      const since = await difference(scene);
      await fn.post(created("ep_timeless", "http://timeless.late", 3));
      const answer = await fn.post({ id: "ep_timeless" }, { query: "?type=deleted" });
      expect(answer.body).toMatchObject({ outcome: "deleted", ready: true });
      expect(await since()).toEqual({ come: [], gone: [] });
      await fn.post(created("ep_timeless", "http://timeless.late", 3));
      expect(await since()).toEqual({ come: [], gone: [] });
      await fn.post(created("ep_timeless", "http://timeless.late", 4));
      expect((await since()).come).toEqual(view.whole("timeless.late", "http://timeless.late:80"));
    });
  },
);

/** Every order of so many things. */
function permutations(count: number): number[][] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap((order) =>
    Array.from({ length: count }, (_, place) => order.toSpliced(place, 0, count - 1)),
  );
}
