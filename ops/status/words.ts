import { stripVTControlCharacters } from "node:util";

/** How numbers are shown: short, in one way on the terminal and on the page. */

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** `16 kB`, `1.5 GB`; by 1024, as limits are counted. */
export function bytes(count: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, count)) / 10)));
  const value = count / 1024 ** power;
  return `${value >= 10 || power === 0 ? Math.round(value) : Number(value.toFixed(1))} ${units[power]}`;
}

/** `45 s`, `12 min`, `5 h`, `3 days`. */
export function span(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** Three digits are enough for a look. */
export function number(value: number): string {
  if (value > 0 && value < 0.01) return "<0.01";
  return value >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** Of a share: 0.042 is `4.2 %`. */
export function percent(ratio: number): string {
  return `${number(ratio * 100)} %`;
}

/** `250 ms`, `1.5 s`. */
export function milliseconds(value: number): string {
  return value < 1000 ? `${Math.round(value)} ms` : `${number(value / 1000)} s`;
}

/** `2026-11-28 11:11:48 UTC` */
export function moment(iso: string): string {
  return `${iso.slice(0, 19).replace("T", " ")} UTC`;
}

/** A value that may be unknown. */
export function known<T>(value: T | null, show: (value: T) => string): string {
  return value === null ? "-" : show(value);
}

/** A trigger's value or limit in its own unit. */
export function inUnit(value: number, unit: "ratio" | "seconds" | "count"): string {
  switch (unit) {
    case "ratio":
      return percent(value);
    case "seconds":
      return milliseconds(value * 1000);
    case "count":
      return number(value);
    default:
      return unit satisfies never;
  }
}

/** Somebody else's text without what a terminal would obey. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}/gu, " ");
}
