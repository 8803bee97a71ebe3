const SECOND = 1;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** A time as `metav1.Time` is written: whole seconds, UTC. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Time since an instant as kubectl's tables show it: `5s`, `2m35s`, `3h`, `47h`, `389d`. */
export function age(instant: unknown, now: Date): string {
  if (typeof instant !== "string" || Number.isNaN(Date.parse(instant))) return "<unknown>";
  return duration(Math.floor((now.getTime() - Date.parse(instant)) / 1000));
}

type Step = { below: number; unit: number; name: string; rest?: { unit: number; name: string } };

// k8s.io/apimachinery/pkg/util/duration, HumanDuration: up to a threshold with a second, smaller unit.
const STEPS: readonly Step[] = [
  { below: 2 * MINUTE, unit: SECOND, name: "s" },
  { below: 10 * MINUTE, unit: MINUTE, name: "m", rest: { unit: SECOND, name: "s" } },
  { below: 3 * HOUR, unit: MINUTE, name: "m" },
  { below: 8 * HOUR, unit: HOUR, name: "h", rest: { unit: MINUTE, name: "m" } },
  { below: 2 * DAY, unit: HOUR, name: "h" },
  { below: 8 * DAY, unit: DAY, name: "d", rest: { unit: HOUR, name: "h" } },
  { below: 2 * YEAR, unit: DAY, name: "d" },
  { below: 8 * YEAR, unit: YEAR, name: "y", rest: { unit: DAY, name: "d" } },
  { below: Number.POSITIVE_INFINITY, unit: YEAR, name: "y" },
];

function duration(seconds: number): string {
  if (seconds < -1) return "<invalid>";
  const elapsed = Math.max(seconds, 0);
  const { unit, name, rest } = STEPS.find(({ below }) => elapsed < below) as Step;
  const whole = `${Math.floor(elapsed / unit)}${name}`;
  if (rest === undefined) return whole;
  const more = Math.floor((elapsed % unit) / rest.unit);
  return more === 0 ? whole : `${whole}${more}${rest.name}`;
}
