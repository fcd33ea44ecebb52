import { type Finding, ruleOf } from "./finding.ts";

/** One line for a user: kind, place, rule, what happens, what to do instead. */
export function describe(finding: Finding): string {
  const { kind, what, instead } = ruleOf(finding);
  const detail = finding.detail === undefined ? "" : ` (${finding.detail})`;
  return `${kind} ${finding.at} [${finding.id}]: ${what}${detail}. Instead: ${instead}.`;
}

/** All findings, one line each; those that break an older release first, because they may stop this one. */
export function describeAll(findings: readonly Finding[]): readonly string[] {
  const first = findings.filter((finding) => ruleOf(finding).contracts);
  const rest = findings.filter((finding) => !ruleOf(finding).contracts);
  return [...first, ...rest].map(describe);
}
