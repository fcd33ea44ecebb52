/** A log without a gap, and the moments from which it can be replayed. */
export interface Series {
  /** Its folder. */
  readonly name: string;
  /** Of the data that it is of. */
  readonly generation: number;
  readonly begun: Date;
  /** When each base backup was whole, oldest first. */
  readonly bases: readonly Date[];
}

/** Which base backup, and which log after it, leads to a moment. */
export interface Moment {
  readonly at: Date;
  readonly series: string;
  readonly base: Date;
  /** What replays it, where that is not the server's own. */
  readonly image?: string;
}

/** @param stamp as `stampOf` writes it */
function timeOf(stamp: string): Date {
  return new Date(stamp.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** Reads what `listSeries` prints: paths such as `20261128T201716Z-g0/base/20261128T201832Z`, and of each series its name. Oldest first. */
export function parseSeries(output: string): readonly Series[] {
  const found = new Map<string, Date[]>();
  for (const line of output.split("\n").toSorted()) {
    const [, name, , base] = /^(\d{8}T\d{6}Z-g\d+)(\/base\/(\d{8}T\d{6}Z))?$/.exec(line) ?? [];
    if (name === undefined) continue;
    const bases = found.get(name) ?? [];
    found.set(name, base === undefined ? bases : [...bases, timeOf(base)]);
  }
  return [...found].map(([name, bases]) => {
    const [begun = "", generation = ""] = name.split("-g");
    return { name, generation: Number(generation), begun: timeOf(begun), bases };
  });
}

/**
 * What leads to a moment: the newest base backup before it, of the log that was written then. Undefined when there is none: from before the
 * archive, or from the first seconds of a log.
 */
export function chooseMoment(all: readonly Series[], at: Date): Moment | undefined {
  const series = all.findLast(({ begun }) => begun <= at);
  const base = series?.bases.findLast((each) => each <= at);
  return series === undefined || base === undefined ? undefined : { at, series: series.name, base };
}
