import { type Rule, type RuleId, rules } from "./rules.ts";

/** One thing in a migration that locks, loses or breaks. Plain data: it goes through outputs and journals. */
export interface Finding {
  readonly id: RuleId;
  /** What it is about: `table`, `table.column`, or the beginning of a statement that could not be read. */
  readonly at: string;
  /** Numbers that only this finding has, e.g. `12 of 100 rows`. */
  readonly detail?: string;
}

/** The rule that a finding breaks: its kind and words. */
export function ruleOf(finding: Finding): Rule {
  return rules[finding.id];
}

/** Those that break an older release that still runs; a release declared `expand` must have none. */
export function contracts(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((finding) => ruleOf(finding).contracts);
}

/** Each finding once, in order: a retried migration says everything twice. */
export function distinct(findings: readonly Finding[]): readonly Finding[] {
  const byKey = new Map(findings.map((finding) => [JSON.stringify([finding.id, finding.at, finding.detail]), finding]));
  return [...byKey.values()];
}
