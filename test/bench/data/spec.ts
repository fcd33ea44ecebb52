import { rounded, timing } from "../statistics.ts";

/** How much a database holds that is restored. */
export const sizes = { "100MB": 100, "1GB": 1024 } as const;
export type Size = keyof typeof sizes;

/** Acknowledged writes by key, with when each was answered, in seconds of one clock. */
export type Acknowledged = ReadonlyMap<string, number>;

/** A restore of one set, by ours and by pg_restore with two jobs, in seconds. */
export interface Restored {
  readonly size: Size;
  readonly ours: number;
  readonly plain: number;
}

/** Writes of one round: the median of what they took. */
export interface Written {
  readonly continuous: boolean;
  readonly median: number;
}

export interface Found {
  /** Writes that were acknowledged before the server was killed, and which of them are there after it came back by itself. */
  readonly killed: { readonly acknowledged: Acknowledged; readonly kept: ReadonlySet<string> };
  /** The same with the data lost and restored from the archive. */
  readonly lost: { readonly acknowledged: Acknowledged; readonly kept: ReadonlySet<string> };
  readonly restores: readonly Restored[];
  readonly writes: readonly Written[];
}

export interface DataResult {
  /** With the volume there. */
  readonly lostAcknowledged: number;
  /** Without it: from the first write that is lost to the last that was acknowledged. */
  readonly rpoSeconds: number;
  /** From the command to serving again, medians. */
  readonly rtoSeconds: Readonly<Partial<Record<Size, number>>>;
  /** Ours against pg_restore -j, of the largest size. */
  readonly restoreRatio: number;
  /** How much longer a write takes with a log that is received: 0.05 is 5 %. */
  readonly writeOverhead: number;
}

/** @throws Error when a part was not measured: there is no number for it */
export function resultOf({ killed, lost, restores, writes }: Found): DataResult {
  for (const { acknowledged } of [killed, lost])
    if (acknowledged.size === 0) throw new Error("no write was acknowledged before the fault: nothing could be lost");
  const bySize = Object.keys(sizes)
    .filter(isSize)
    .filter((size) => restores.some((each) => each.size === size));
  const middle = (values: readonly number[]) => timing(values).median;
  const of = (size: Size | undefined, which: "ours" | "plain") =>
    middle(restores.filter((each) => each.size === size).map((each) => each[which]));
  const largest = bySize.at(-1);
  const median = (continuous: boolean) =>
    middle(writes.filter((each) => each.continuous === continuous).map((each) => each.median));
  return {
    lostAcknowledged: missing(killed).length,
    rpoSeconds: rounded(spanOf(lost)),
    rtoSeconds: Object.fromEntries(bySize.map((size) => [size, rounded(of(size, "ours"))])),
    restoreRatio: rounded(of(largest, "ours") / of(largest, "plain")),
    writeOverhead: rounded(median(true) / median(false) - 1),
  };
}

function isSize(name: string): name is Size {
  return Object.hasOwn(sizes, name);
}

/** When the missing ones were acknowledged. */
function missing({ acknowledged, kept }: Found["lost"]): readonly number[] {
  return [...acknowledged].filter(([key]) => !kept.has(key)).map(([, when]) => when);
}

function spanOf(lost: Found["lost"]): number {
  const gone = missing(lost);
  return gone.length === 0 ? 0 : Math.max(...lost.acknowledged.values()) - Math.min(...gone);
}

/** For a person. */
export function resultLines(result: DataResult): string {
  const { lostAcknowledged, rpoSeconds, rtoSeconds, restoreRatio, writeOverhead } = result;
  return [
    `the server killed under load     ${lostAcknowledged} acknowledged writes lost`,
    `its data lost, archive kept      ${rpoSeconds} s of writes lost`,
    ...Object.entries(rtoSeconds).map(([size, seconds]) => `${`${size} until it serves again`.padEnd(33)}${seconds} s`),
    `against pg_restore -j 2          ${restoreRatio} times`,
    `a write with a received log      ${Math.round(writeOverhead * 100)} % longer`,
  ].join("\n");
}
