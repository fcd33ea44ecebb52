import type { KnownSet } from "../../components/backup/manifest.ts";
import { size, span } from "./render.ts";

export interface RestorePlan {
  readonly stack: string;
  readonly set: KnownSet;
  readonly at: Date | undefined;
  readonly now: Date;
  /** Rows of the data that serve, by table; undefined when they cannot be read. */
  readonly rows: Readonly<Record<string, number>> | undefined;
  readonly generations: { readonly from: number; readonly to: number };
  readonly stores: readonly string[];
}

/** What a restore will do, and what users will miss. */
export function renderPlan({ stack, set, at, now, rows, generations, stores }: RestorePlan): string {
  const { from, to } = generations;
  const missing = stores.filter((store) => set.manifest?.stores.includes(store) !== true);
  const gap = at === undefined ? [] : [`  It is the newest set without anything later than ${at.toISOString()}.`];
  return [
    `Restores stack ${stack} to ${set.name}, complete since ${set.ended.toISOString()} (${size(set.kilobytes)}).`,
    ...gap,
    `  Lost to users: what was written in the last ${span(now.getTime() - set.ended.getTime())}, since that time.`,
    ...changes(set.manifest?.rows, rows),
    ...(missing.length === 0 ? [] : [`  Not in this set, and left as now: ${missing.join(", ")}.`]),
    `  1. checks the set; 2. takes an emergency set of everything now; 3. restores beside the running system, into volumes of generation ${to};`,
    "  4. compares rows and schema with the set; 5. stops the workloads (requests wait) and runs `up` on the new volumes, which proves them.",
    `  The volumes of generation ${from} stay, with every write until step 5, until \`npm run restore -- --stack ${stack} --forget-old\`.`,
  ].join("\n");
}

/** Tables with other numbers than now; the largest differences first. */
function changes(
  before: Readonly<Record<string, number>> | undefined,
  now: Readonly<Record<string, number>> | undefined,
): readonly string[] {
  if (now === undefined) return ["  Rows: the data of now cannot be read."];
  if (before === undefined) return ["  Rows: not counted in this set, which a release took."];
  const tables = [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .map((name) => ({ name, before: before[name] ?? 0, now: now[name] ?? 0 }))
    .filter((table) => table.before !== table.now)
    .sort((a, b) => Math.abs(b.now - b.before) - Math.abs(a.now - a.before));
  if (tables.length === 0) return ["  Rows: as many in each table as now."];
  return tables.map((table) => `  Rows of ${table.name}: ${table.now} now, ${table.before} then.`);
}
