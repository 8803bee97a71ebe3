import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeRef, type KubeObject } from "../../../lib/cluster/objects.ts";
import { isOurBoundEndpoint, isOurService } from "../../../lib/plan/names.ts";
import { type Change, nameOf } from "../../../lib/plan/plan.ts";
import type { BoundEndpointStatus } from "../../../schemas/types.ts";
import { plan, settings, settle, type View } from "./builders.ts";
import { freeViews, namesIn, reordered, views } from "./views.ts";

/** Changes that may be made side by side are a set. */
function asSet(changes: Change[]): Change[] {
  return changes.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

function isOurs(object: KubeObject): boolean {
  return object.kind === "Service"
    ? isOurService(object, settings.operatorNamespace)
    : isOurBoundEndpoint(object);
}

/** What is there that is not ours, by name. */
function strangersIn(view: View): [string, KubeObject][] {
  return [...view.observed.objects].filter(([, object]) => !isOurs(object));
}

describe("a plan", () => {
  it("depends on the set of entries, URLs and objects, not on their order", () => {
    fc.assert(
      fc.property(views, (view) => {
        expect(asSet(plan(reordered(view)))).toEqual(asSet(plan(view)));
      }),
    );
  });

  it("is empty once its changes are made, and makes none of them twice", () => {
    fc.assert(
      fc.property(views, (view) => {
        const settled = settle(view);
        expect(plan(settled.view)).toEqual([]);
        // A status is told again where a delete has made it untrue.
        const once = settled.changes.filter(({ action }) => action !== "changeStatus").map(nameOf);
        expect(once).toHaveLength(new Set(once).size);
      }),
    );
  });

  it("never touches what is not ours, and leaves it as it is to the last field", () => {
    fc.assert(
      fc.property(views, (view) => {
        const { view: end, changes } = settle(view);
        const touched = new Set(changes.map(({ ref }) => describeRef(ref)));
        for (const [name, object] of strangersIn(view)) {
          expect(touched).not.toContain(name);
          expect(end.observed.objects.get(name)).toBe(object);
        }
      }),
    );
  });

  it("touches only what its host can have", () => {
    fc.assert(
      fc.property(views, (view) => {
        const names = namesIn(view);
        for (const { ref } of settle(view).changes) expect(names).toContain(describeRef(ref));
      }),
    );
  });

  it("changes and deletes only what it has seen, as it has seen it", () => {
    fc.assert(
      fc.property(views, (view) => {
        for (const change of plan(view)) {
          const seen = view.observed.objects.get(describeRef(change.ref));
          if (change.action === "create") expect(seen).toBeUndefined();
          else if (change.action === "delete") {
            expect(change.precondition).toEqual({
              uid: seen?.metadata.uid,
              resourceVersion: seen?.metadata.resourceVersion,
            });
          } else expect(change.resourceVersion).toBe(seen?.metadata.resourceVersion);
        }
      }),
    );
  });

  it("tries nothing again that was refused in this pass", () => {
    fc.assert(
      fc.property(views, (view) => {
        for (const change of settle(view).changes) expect(view.refusals).not.toContain(nameOf(change));
      }),
    );
  });

  it("makes the very same host, whatever was there before, where nothing is in the way", () => {
    fc.assert(
      fc.property(freeViews, (view) => {
        const onEmpty = { ...view, observed: { ...view.observed, objects: new Map<string, KubeObject>() } };
        expect(essenceOf(settle(view).view)).toEqual(essenceOf(settle(onEmpty).view));
      }),
    );
  });
});

/** What we set on each object, by name: without versions, and what depends on when it was made. */
function essenceOf(view: View): Record<string, unknown> {
  const objects = [...view.observed.objects].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    objects.map(([name, { metadata, spec, status }]) => {
      const { conditions = [], ...rest } = (status ?? {}) as BoundEndpointStatus;
      const said = conditions.map(({ type, reason, message }) => `${type}: ${reason}: ${message}`);
      return [name, { labels: metadata.labels, annotations: metadata.annotations, spec, rest, said }];
    }),
  );
}
