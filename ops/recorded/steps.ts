import { isRecord } from "../../components/options/path.ts";
import type { RecordedResource } from "../stack-state.ts";

/** What a step found out when it ran last, a line each. */
export interface StepFacts {
  readonly name: string;
  readonly lines: readonly string[];
}

/** The outputs of each step that tell what happened; its inputs, secrets among them, are not read. */
const facts: Readonly<Record<string, readonly string[]>> = {
  BackupPoint: ["set", "kilobytes"],
  Migration: ["target", "rehearsed", "rehearsalSeconds", "findings"],
  Rollout: ["release", "migrated", "heldSeconds", "seconds", "warnings"],
  SmokeTest: ["provedRelease", "proved", "reports"],
  Model: ["digest", "megabytes", "version"],
};

/** Pure. */
export function stepFacts(resources: readonly RecordedResource[]): readonly StepFacts[] {
  return resources.flatMap(({ type, name, outputs }) => {
    const wanted = facts[type.split(":").at(-1) ?? ""];
    if (wanted === undefined || !type.includes("slipway:steps:")) return [];
    return [{ name, lines: wanted.flatMap((key) => linesOf(key, outputs[key])) }];
  });
}

/** `seconds.create: 0.016`; a list is a line for each. */
function linesOf(key: string, value: unknown): readonly string[] {
  if (value === undefined || value === null || value === "") return [];
  if (Array.isArray(value)) return value.flatMap((item) => linesOf(key, item));
  if (isRecord(value)) return Object.entries(value).flatMap(([name, inner]) => linesOf(`${key}.${name}`, inner));
  return String(value)
    .split("\n")
    .map((line) => `${key}: ${line}`);
}
