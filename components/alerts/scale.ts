import { secondsOf } from "./spec.ts";

/** Three scrapes: a rate needs two samples, and one may be late. */
export const leastRangeSeconds = 15;

/**
 * An expression with all its times multiplied: ranges (`[5m]`), offsets, and ages (`$age(26h)`, which become seconds). With 1 only the ages
 * change. Thresholds stay: what is proved with a small factor is the rule itself.
 */
export function scaledExpr(expr: string, factor: number): string {
  return expr
    .replace(/\$age\((\w+)\)/g, (_, age: string) => String(roundSeconds(secondsOf(age) * factor)))
    .replace(/\[(\d+[smhd])\]/g, (_, range: string) => `[${scaledRange(range, factor)}]`)
    .replace(/\boffset (\d+[smhd])/g, (_, offset: string) => `offset ${scaledRange(offset, factor)}`);
}

/** A rule's `for`, scaled as its expression is; whole seconds. */
export function scaledSeconds(seconds: number, factor: number): number {
  return roundSeconds(seconds * factor);
}

function scaledRange(range: string, factor: number): string {
  return factor === 1 ? range : `${Math.max(leastRangeSeconds, roundSeconds(secondsOf(range) * factor))}s`;
}

function roundSeconds(seconds: number): number {
  return Math.round(seconds);
}
