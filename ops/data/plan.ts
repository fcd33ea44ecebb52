import { missingSeconds } from "../../components/litestream/spec.ts";
import { bytes } from "../status/words.ts";
import type { Source } from "./moment.ts";
import { span } from "./render.ts";

export interface RestorePlan {
  readonly stack: string;
  readonly source: Source;
  /** Of a set that was brought from elsewhere. @default none */
  readonly notes?: readonly string[];
  readonly at: Date | undefined;
  readonly now: Date;
  /** Rows of the data that serve, by table; undefined when they cannot be read. */
  readonly rows: Readonly<Record<string, number>> | undefined;
  readonly generations: { readonly from: number; readonly to: number };
  readonly stores: readonly string[];
}

/** What a restore will do, and what users will miss. */
export function renderPlan({ stack, source, notes = [], at, now, rows, generations, stores }: RestorePlan): string {
  const { from, to } = generations;
  const { set, moment } = source;
  const missing = stores.filter((store) => set?.manifest?.stores.includes(store) !== true);
  const lost = moment?.at ?? set?.ended ?? now;
  const gap =
    at === undefined || moment !== undefined
      ? []
      : [`  It is the newest set without anything later than ${at.toISOString()}.`];
  return [
    ...subject(stack, source, now),
    ...gap,
    ...notes.map((note) => `  ${note}`),
    `  Lost to users: what was written in the last ${span(now.getTime() - lost.getTime())}, since that time.`,
    ...(moment === undefined ? changes(set?.manifest?.rows, rows) : []),
    ...(missing.length === 0 ? [] : [`  Not in this set, and left as now: ${missing.join(", ")}.`]),
    `  1. checks ${moment === undefined ? "the set" : "the archive"}; 2. takes an emergency set of everything now; 3. restores beside the running system, into volumes of generation ${to};`,
    `  4. ${moment === undefined ? "compares rows and schema with the set" : "counts rows and asks whether the running image knows the schema"}; 5. stops the workloads (requests wait) and runs \`up\` on the new volumes, which proves them.`,
    `  The volumes of generation ${from} stay, with every write until step 5, until \`npm run restore -- --stack ${stack} --forget-old\`.`,
  ].join("\n");
}

function subject(stack: string, { set, moment }: Source, now: Date): readonly string[] {
  if (moment === undefined)
    return [
      `Restores stack ${stack} to ${set.name}, complete since ${set.ended.toISOString()} (${bytes(set.kilobytes * 1024)}).`,
    ];
  const base =
    moment.image === undefined
      ? `the base backup of ${moment.base.toISOString()} and the log after it`
      : `the log since ${moment.base.toISOString()}; of the last ${missingSeconds(moment.at, now, moment.away)} s before it something may be missing`;
  const beside = set === undefined ? [] : [`  The rest is of ${set.name}, complete since ${set.ended.toISOString()}.`];
  return [`Restores the database of stack ${stack} to ${moment.at.toISOString()}, by ${base}.`, ...beside];
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
