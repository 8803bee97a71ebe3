import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  compareInstants,
  type Instant,
  instantOf,
  millisBetween,
  parseInstant,
  plusMillis,
  unixMillis,
} from "../../../lib/event/instant.ts";

function instant(text: string): Instant {
  const parsed = parseInstant(text);
  if (parsed === undefined) throw new Error(`${text} is no instant`);
  return parsed;
}

describe("what is an instant", () => {
  test.each([
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"],
    ["2026-01-02t03:04:05z", "2026-01-02T03:04:05Z"],
    ["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05Z"],
    ["2026-01-02T03:04:05.1200Z", "2026-01-02T03:04:05.12Z"],
    ["2026-01-02T03:04:05.123456789012345678Z", "2026-01-02T03:04:05.123456789012345678Z"],
    ["2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"],
    ["2026-01-01T23:30:00.5-01:45", "2026-01-02T01:15:00.5Z"],
    ["2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05Z"],
    ["2024-02-29T23:59:59+00:00", "2024-02-29T23:59:59Z"],
    ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"],
    ["2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z"],
    ["2016-12-31T15:59:60.7-08:00", "2016-12-31T23:59:60.7Z"],
    ["0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"],
    ["0099-12-31T00:00:00Z", "0099-12-31T00:00:00Z"],
    ["9999-12-31T23:59:60Z", "9999-12-31T23:59:60Z"],
  ])("%s is %s", (text, canonical) => {
    expect(parseInstant(text)).toBe(canonical);
    expect(parseInstant(canonical)).toBe(canonical);
  });

  test.each([
    "",
    "now",
    "2026-01-02",
    "2026-01-02T03:04:05",
    "2026-01-02 03:04:05Z",
    "2026-01-02T03:04Z",
    "2026-01-02T03:04:05.Z",
    "2026-01-02T03:04:05,5Z",
    "2026-01-02T03:04:05+0200",
    "2026-01-02T03:04:05+24:00",
    "2026-01-02T03:04:05+00:60",
    "2026-00-02T03:04:05Z",
    "2026-13-02T03:04:05Z",
    "2026-01-00T03:04:05Z",
    "2026-01-32T03:04:05Z",
    "2026-02-29T03:04:05Z",
    "1900-02-29T03:04:05Z",
    "2026-01-02T24:00:00Z",
    "2026-01-02T03:60:00Z",
    "2026-01-02T03:04:61Z",
    // A leap second ends a month, in UTC.
    "2026-01-02T03:04:60Z",
    "2026-01-02T23:59:60Z",
    "2016-12-31T23:59:60-08:00",
    "0000-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "12026-01-02T03:04:05Z",
    "-001-01-02T03:04:05Z",
    `2026-01-02T03:04:05.${"1".repeat(31)}Z`,
    "2026-01-02T03:04:05Z\n",
    " 2026-01-02T03:04:05Z",
    "٢026-01-02T03:04:05Z",
  ])("%j is none", (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

describe("order", () => {
  test("is that of time, at full precision, across leap seconds", () => {
    const ordered = [
      "0000-01-01T00:00:00Z",
      "2016-12-31T23:59:59.999999999Z",
      "2016-12-31T23:59:60Z",
      "2016-12-31T23:59:60.5Z",
      "2017-01-01T00:00:00Z",
      "2017-01-01T00:00:00.0000000001Z",
      "2017-01-01T00:00:00.123Z",
      "2017-01-01T00:00:00.1230001Z",
      "2017-01-01T00:00:00.1231Z",
      "2017-01-01T00:00:00.2Z",
      "2017-01-01T00:00:01Z",
      "9999-12-31T23:59:59Z",
    ].map(instant);
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) {
        expect(Math.sign(compareInstants(a, b)), `${a} and ${b}`).toBe(Math.sign(i - j));
      }
    }
  });

  const date = fc.date({
    min: new Date("0000-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59.999Z"),
    noInvalidDate: true,
  });

  test("is that of Date where that is precise enough, and an instant is read as it is written", () => {
    fc.assert(
      fc.property(date, date, (a, b) => {
        expect(Math.sign(compareInstants(instantOf(a), instantOf(b)))).toBe(
          Math.sign(a.getTime() - b.getTime()),
        );
        expect(parseInstant(instantOf(a))).toBe(instantOf(a));
        expect(unixMillis(instantOf(a))).toBe(a.getTime());
        expect(millisBetween(instantOf(a), instantOf(b))).toBe(b.getTime() - a.getTime());
      }),
    );
  });

  test("does not depend on the offset that an instant is written with", () => {
    const offset = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    const inRange = fc.date({
      min: new Date("0001-01-01T00:00:00Z"),
      max: new Date("9998-01-01T00:00:00Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(inRange, offset, fc.stringMatching(/^[0-9]{1,20}$/), (when, minutes, fraction) => {
        const local = new Date(when.getTime() + minutes * 60_000).toISOString().slice(0, 19);
        const two = (value: number) => String(Math.abs(value)).padStart(2, "0");
        const zone = `${minutes < 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
        const utc = when.toISOString().slice(0, 19);
        expect(parseInstant(`${local}.${fraction}${zone}`)).toBe(parseInstant(`${utc}.${fraction}Z`));
      }),
    );
  });
});

test("milliseconds are added, at most to the ends of time", () => {
  expect(plusMillis(instant("2026-01-02T03:04:05.678901Z"), 300_000)).toBe("2026-01-02T03:09:05.678Z");
  expect(plusMillis(instant("2016-12-31T23:59:60.5Z"), 1000)).toBe("2017-01-01T00:00:00.5Z");
  expect(plusMillis(instant("9999-12-31T23:59:59Z"), 300_000)).toBe("9999-12-31T23:59:59.999Z");
  expect(plusMillis(instant("0000-01-01T00:00:00Z"), -1)).toBe("0000-01-01T00:00:00Z");
});

test("no Date outside the years that an instant can say becomes one", () => {
  expect(() => instantOf(new Date(Number.NaN))).toThrow(RangeError);
  expect(() => instantOf(new Date("+010000-01-01T00:00:00Z"))).toThrow(RangeError);
});

test("any string is no Instant", () => {
  expectTypeOf<string>().not.toExtend<Instant>();
  // @ts-expect-error: it has to be parsed first
  const misuse = () => compareInstants("2026-01-02T03:04:05Z", instantOf(new Date(0)));
  expect(misuse).toBeTypeOf("function");
});
