import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deadline } from "../../../lib/cluster/deadline.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a deadline ends when its time is up, and no earlier", () => {
  const { signal } = Deadline.after(1000);
  vi.advanceTimersByTime(999);
  expect(signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(signal.aborted).toBe(true);
  expect(signal.reason).toMatchObject({ name: "TimeoutError" });
});

test("it ends with the outer signal, for the same reason, also where that has ended before", () => {
  const outer = new AbortController();
  const { signal } = Deadline.after(1000, outer.signal);
  outer.abort("enough");
  expect(signal.aborted).toBe(true);
  expect(signal.reason).toBe("enough");
  expect(Deadline.after(1000, outer.signal).signal.reason).toBe("enough");
});

test("once its work is done it never ends, and leaves no timer and no listener", () => {
  const outer = new AbortController();
  const listening = vi.spyOn(outer.signal, "removeEventListener");
  const deadline = Deadline.after(1000, outer.signal);
  expect(vi.getTimerCount()).toBe(1);
  deadline.clear();
  expect(vi.getTimerCount()).toBe(0);
  expect(listening).toHaveBeenCalledOnce();
  outer.abort();
  expect(deadline.signal.aborted).toBe(false);
});
