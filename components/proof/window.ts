/** When a stack may be promoted to: a span of the day in a time zone, whatever zone the machine is in. Pure. */

export const weekDays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type WeekDay = (typeof weekDays)[number];

export interface Window {
  /** `HH:MM`; the end may be past midnight. */
  readonly from: string;
  readonly to: string;
  /** IANA, e.g. `America/New_York`. */
  readonly timeZone: string;
  /** On which it begins. @default every day */
  readonly days?: readonly WeekDay[] | undefined;
}

const dayNames: readonly string[] = weekDays;
const minuteMs = 60_000;
const dayMinutes = 24 * 60;

/** Whether it is open at a moment, by the clock on the wall there: a day on which clocks change is as long as it is. */
export function isOpen(window: Window, now: Date): boolean {
  return opening(window)(now);
}

/** The next minute at which it is open; undefined when it does not open within eight days. */
export function nextOpening(window: Window, now: Date): Date | undefined {
  const isOpenAt = opening(window);
  const first = Math.ceil(now.getTime() / minuteMs);
  for (let minute = first; minute < first + 8 * dayMinutes; minute += 1) {
    const at = new Date(minute * minuteMs);
    if (isOpenAt(at)) return at;
  }
  return undefined;
}

/** `02:00-04:00 America/New_York, mon to thu` is told as `02:00-04:00 America/New_York on mon, tue, wed, thu`. */
export function describeWindow({ from, to, timeZone, days }: Window): string {
  return `${from}-${to} ${timeZone}${days === undefined ? "" : ` on ${days.join(", ")}`}`;
}

/** A moment as somebody in that zone says it: `Sun 2026-11-29 02:00`. */
export function inZone(moment: Date, timeZone: string): string {
  const { weekday, year, month, day, hour, minute } = partsIn(timeZone)(moment);
  return `${weekday} ${year}-${month}-${day} ${hour}:${minute}`;
}

function opening({ from, to, timeZone, days = weekDays }: Window): (moment: Date) => boolean {
  const [opens, closes] = [minutesOf(from), minutesOf(to)];
  const parts = partsIn(timeZone);
  return (moment) => {
    const { weekday = "", hour = "", minute = "" } = parts(moment);
    const today = dayNames.indexOf(weekday.toLowerCase());
    const at = Number(hour) * 60 + Number(minute);
    const begins = (ago: number) => days.some((day) => day === weekDays.at(today - ago));
    if (opens < closes) return at >= opens && at < closes && begins(0);
    // Past midnight it is still the window of the day before.
    return (at >= opens && begins(0)) || (at < closes && begins(1));
  };
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

function partsIn(timeZone: string): (moment: Date) => Readonly<Record<string, string>> {
  const digits = "2-digit";
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "short",
    year: "numeric",
    month: digits,
    day: digits,
    hour: digits,
    minute: digits,
    hourCycle: "h23",
  });
  return (moment) => Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
}
