import type { Trigger } from "./spec.ts";

/** Values of the baseline triggers before the switch, by name; one that had no value is not in it. */
export type Baseline = Readonly<Record<string, number>>;

/** Undefined while all is well or nothing can be said, else what is wrong, with the numbers. */
export function judge(trigger: Trigger, baseline: Baseline, now: number | undefined): string | undefined {
  if (now === undefined || !Number.isFinite(now)) return undefined;
  switch (trigger.kind) {
    case "ratio":
      return now > trigger.above
        ? `${trigger.name}: ${percent(now)}, allowed ${percent(trigger.above)} (${trigger.guide})`
        : undefined;
    case "baseline": {
      const before = baseline[trigger.name];
      if (before === undefined || now < trigger.floor || now <= before * trigger.times) return undefined;
      return `${trigger.name}: ${shown(now)}, ${trigger.times} times the ${shown(before)} before the release is allowed (${trigger.guide})`;
    }
    case "count":
      return now > trigger.above
        ? `${trigger.name}: ${shown(now)}, allowed ${shown(trigger.above)} (${trigger.guide})`
        : undefined;
  }
}

function percent(ratio: number): string {
  return `${shown(ratio * 100)} %`;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}
