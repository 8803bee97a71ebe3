/**
 * Points in time at the precision that they were sent with: RFC 3339, where `Date` would drop what follows the
 * milliseconds, and so the order of two events of one millisecond.
 */
import { MAX_FRACTION_DIGITS } from "../settings/limits.ts";

declare const brand: unique symbol;

/**
 * A time in UTC in its one canonical form, `2026-01-02T03:04:05.678Z`: `Z` for the offset, and the fraction without
 * trailing zeros, at full precision, absent where it is zero. Equal instants are equal strings.
 */
export type Instant = string & { readonly [brand]: "Instant" };

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** First and last millisecond that four digits of year can say, in Unix time. */
const FIRST_MS = -62_167_219_200_000;
const LAST_MS = 253_402_300_799_999;
const MINUTE_MS = 60_000;

/**
 * Reads a time as RFC 3339 section 5.6 writes it, with any offset, lower-case `t` and `z`, leap seconds, and fractions
 * of up to `MAX_FRACTION_DIGITS` digits. Undefined for everything else, and for times that are outside the years 0000
 * to 9999 in UTC.
 */
export function parseInstant(text: string): Instant | undefined {
  if (!RFC_3339.test(text)) return undefined;
  const zone = text.length - (/[Zz]$/.test(text) ? 1 : 6);
  const fraction = text.slice(20, zone);
  const fields = dateTimeOf(text);
  if (fraction.length > MAX_FRACTION_DIGITS || !isOnCalendar(fields)) return undefined;
  const offset = offsetMillis(text.slice(zone));
  // Most instants are in UTC already, and need no Date.
  if (offset === 0 && fields[5] < 60) {
    return canonical(`${text.slice(0, 10)}T${text.slice(11, 19)}`, fraction);
  }
  return offset === undefined ? undefined : inUTC(fields, offset, fraction);
}

/** Year, month (1 to 12), day, hour, minute, second (60 in a leap second). */
type DateTime = [number, number, number, number, number, number];

function dateTimeOf(text: string): DateTime {
  const two = (at: number) => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 11 * ZERO;
  return [two(0) * 100 + two(2), two(5), two(8), two(11), two(14), two(17)];
}

const ZERO = "0".charCodeAt(0);
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether there are such a day and such a time: no 30th of February, no 25th hour. */
function isOnCalendar([year, month, day, hour, minute, second]: DateTime): boolean {
  const leapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = month === 2 && leapYear ? 29 : (DAYS[month - 1] ?? 0);
  return day >= 1 && day <= days && hour <= 23 && minute <= 59 && second <= 60;
}

/** What `Z` or `+02:00` is ahead of UTC; undefined for 24 hours and more. */
function offsetMillis(zone: string): number | undefined {
  if (zone.length === 1) return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4))];
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * MINUTE_MS;
}

function inUTC(
  [year, month, day, hour, minute, second]: DateTime,
  offset: number,
  fraction: string,
): Instant | undefined {
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  const millis = date.setUTCHours(hour, minute, Math.min(second, 59)) - offset;
  if (millis < FIRST_MS || millis > LAST_MS) return undefined;
  const seconds = new Date(millis).toISOString().slice(0, 19);
  if (second < 60) return canonical(seconds, fraction);
  return endsMonth(millis) ? canonical(`${seconds.slice(0, 17)}60`, fraction) : undefined;
}

/** Whether a leap second can follow: it is the last second of a month in UTC (RFC 3339 section 5.7). */
function endsMonth(millis: number): boolean {
  return millis === LAST_MS - 999 || /^.{8}01T00:00:00/.test(new Date(millis + 1000).toISOString());
}

function canonical(seconds: string, fraction: string): Instant {
  const digits = fraction.replace(/0+$/, "");
  return (digits === "" ? `${seconds}Z` : `${seconds}.${digits}Z`) as Instant;
}

/** Negative where `a` is before `b`, positive where it is after, zero where they are the same. */
export function compareInstants(a: Instant, b: Instant): number {
  // Without the Z, which sorts after the dot of a fraction, the order of the text is that of time.
  const [left, right] = [a.slice(0, -1), b.slice(0, -1)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/**
 * The instant of a `Date`.
 *
 * @throws RangeError for an invalid date and for one outside the years 0000 to 9999
 */
export function instantOf(date: Date): Instant {
  const millis = date.getTime();
  if (!(millis >= FIRST_MS && millis <= LAST_MS)) {
    throw new RangeError(`${millis} ms is not a time in the years 0000 to 9999`);
  }
  const text = date.toISOString();
  return text.endsWith("0Z") ? canonical(text.slice(0, 19), text.slice(20, 23)) : (text as Instant);
}

/** Unix time in milliseconds, what is finer cut off. A leap second counts as the one before it. */
export function unixMillis(instant: Instant): number {
  const seconds = instant.slice(17, 19) === "60" ? "59" : instant.slice(17, 19);
  return Date.parse(`${instant.slice(0, 17)}${seconds}.${fractionOf(instant).slice(0, 3).padEnd(3, "0")}Z`);
}

/** Digits of the fraction, without trailing zeros; empty where it is zero. */
export function fractionOf(instant: Instant): string {
  return instant.slice(20, -1);
}

/** The instant some milliseconds later (earlier where negative), at the ends of the years 0000 and 9999 at the latest. */
export function plusMillis(instant: Instant, millis: number): Instant {
  const moved = unixMillis(instant) + millis;
  return instantOf(new Date(Math.min(Math.max(moved, FIRST_MS), LAST_MS)));
}

/** Milliseconds from `from` to `to`; negative where `to` is earlier. */
export function millisBetween(from: Instant, to: Instant): number {
  return unixMillis(to) - unixMillis(from);
}
