import { rounded, timing } from "../statistics.ts";

/** Of one container: what the engine has counted since its start. */
export interface Counted {
  readonly part: string;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  /** That it received. */
  readonly networkBytes: number;
}

/** One round: the containers at its two ends. */
export interface Round {
  readonly watched: boolean;
  readonly seconds: number;
  readonly begin: readonly Counted[];
  readonly end: readonly Counted[];
}

/** What watching takes of a host. */
export interface Cost {
  readonly rounds: number;
  /** Of those who watch. */
  readonly memoryMegabytes: number;
  /** Cores in use by those who watch. */
  readonly watcherCores: number;
  /** Cores that all others use more while they are watched; noise makes it negative on an idle stack. */
  readonly watchedCores: number;
  /** What the watchers received. */
  readonly scrapeKilobytesPerSecond: number;
}

/** Medians over the rounds. @param watchers parts that are there to watch. @throws Error without a round of each kind */
export function costOf(rounds: readonly Round[], watchers: readonly string[]): Cost {
  const isWatcher = ({ part }: Counted) => watchers.includes(part);
  const others = (found: Counted) => !isWatcher(found);
  const on = rounds.filter(({ watched }) => watched);
  const off = rounds.filter(({ watched }) => !watched);
  const middle = (values: readonly number[]) => timing(values).median;
  return {
    rounds: rounds.length,
    memoryMegabytes: rounded(middle(on.map(({ end }) => sum(end.filter(isWatcher), "memoryBytes") / 1024 ** 2))),
    watcherCores: thousandths(middle(on.map((round) => perSecond(round, "cpuSeconds", isWatcher)))),
    watchedCores: thousandths(
      middle(on.map((round) => perSecond(round, "cpuSeconds", others))) -
        middle(off.map((round) => perSecond(round, "cpuSeconds", others))),
    ),
    scrapeKilobytesPerSecond: rounded(middle(on.map((round) => perSecond(round, "networkBytes", isWatcher) / 1024))),
  };
}

function perSecond({ begin, end, seconds }: Round, what: "cpuSeconds" | "networkBytes", of: (one: Counted) => boolean) {
  return (sum(end.filter(of), what) - sum(begin.filter(of), what)) / seconds;
}

function sum(found: readonly Counted[], what: "cpuSeconds" | "networkBytes" | "memoryBytes"): number {
  return found.reduce((all, one) => all + one[what], 0);
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}

export function costLines(cost: Cost): string {
  const { rounds, memoryMegabytes, watcherCores, watchedCores, scrapeKilobytesPerSecond } = cost;
  return [
    `memory of Prometheus       ${memoryMegabytes} MB`,
    `its processor time         ${(watcherCores * 100).toFixed(1)} % of a core`,
    `more in all others         ${(watchedCores * 100).toFixed(1)} % of a core`,
    `scraped                    ${scrapeKilobytesPerSecond} kB/s`,
    `medians of ${rounds} rounds, with and without in turn`,
    "",
    "its row of the README:",
    costRow(cost),
  ].join("\n");
}

/** As it stands in the README's table of what Slipway costs. */
export function costRow({ memoryMegabytes, watcherCores, scrapeKilobytesPerSecond }: Cost): string {
  const ours = `${memoryMegabytes} MB, ${(watcherCores * 100).toFixed(1)} % of a core, ${scrapeKilobytesPerSecond} kB/s scraped`;
  return `| watching (\`npm run bench:watch\`: TMWS 2.4, 20 requests/s) | ${ours} | nothing without Prometheus |`;
}
