import type { Mode } from "../rollout/plan.ts";
import type { Release } from "../steps/journal.ts";

/** `expand`: only adds, so that the release before still works. `contract`: takes away what no release needs any more. */
export const migrationKinds = ["expand", "contract"] as const;
export type MigrationKind = (typeof migrationKinds)[number];

export interface ContractFacts {
  readonly kind: MigrationKind;
  readonly mode: Mode;
  readonly target: string;
  readonly serving: Pick<Release, "id" | "reads" | "since"> | undefined;
  readonly soakHours: number;
  /** What of the migration breaks a release that does not know of it, in words. */
  readonly breaking: readonly string[];
  readonly now: Date;
}

/** Why this migration may not run beside the release that serves; undefined when it may. Pure. */
export function contractProblem(facts: ContractFacts): string | undefined {
  const { kind, mode, target, serving, soakHours, breaking, now } = facts;
  // Stop-first: nothing older runs beside it, and its undo takes the schema back too.
  if (serving === undefined || breaking.length === 0 || mode === "stop-first") return undefined;
  const what = breaking.map((line) => `    ${line}`).join("\n");
  if (kind === "expand") {
    return `the migration to ${target} breaks release ${serving.id}, which serves while it runs:\n${what}\nSplit it: first a release that no longer needs this, then the migration, declared by \`pulumi config set --path slipway:rollout.migration contract\``;
  }
  if (!serving.reads.includes(target)) {
    return `the contracting migration to ${target} must wait: release ${serving.id}, which serves while it runs, does not say that it works without what goes:\n${what}\nRelease code that does first, with \`pulumi config set --path 'slipway:rollout.reads[0]' ${target}\``;
  }
  const hours = (now.getTime() - Date.parse(serving.since)) / 3_600_000;
  return hours < soakHours
    ? `the contracting migration to ${target} must wait: release ${serving.id} has served ${hours.toFixed(1)} of the ${soakHours} hours after which going back before it is given up (slipway:rollout.soakHours)`
    : undefined;
}
