import { rounded, timing } from "../statistics.ts";
import type { Kind } from "./program.ts";

/** On what a program ran. */
export type Ground = "mocks" | "engine";

export const sizes: Readonly<Record<Ground, readonly number[]>> = { mocks: [1, 5, 20, 100], engine: [1, 5, 20] };

/** A program's own share of each resource may be that much of a flat one's. */
export const goal = 1.3;

/** One run. */
export interface Run {
  readonly ground: Ground;
  readonly kind: Kind;
  readonly systems: number;
  readonly resources: number;
  /** From the start of the process, or of `pulumi preview`, to its end. */
  readonly seconds: number;
  /** The most that the program's process had. */
  readonly megabytes: number;
}

/** Medians over the runs of one size. */
export type Point = Omit<Run, "ground" | "kind">;

/** From small to large. @throws Error when a size was not run: a median of nothing is no number */
export function pointsOf(runs: readonly Run[], ground: Ground, kind: Kind): readonly Point[] {
  return sizes[ground].map((systems) => {
    const same = runs.filter((run) => run.ground === ground && run.kind === kind && run.systems === systems);
    const middle = (of: (run: Run) => number) => timing(same.map(of)).median;
    return {
      systems,
      resources: middle(({ resources }) => resources),
      seconds: middle(({ seconds }) => seconds),
      megabytes: middle(({ megabytes }) => megabytes),
    };
  });
}

/** What one more resource takes: the least-squares line through the points. */
export function slopeOf(points: readonly Point[], of: "seconds" | "megabytes"): number {
  const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
  const [x, y] = [mean(points.map(({ resources }) => resources)), mean(points.map((point) => point[of]))];
  const over = points.reduce((sum, point) => sum + (point.resources - x) * (point[of] - y), 0);
  return over / points.reduce((sum, { resources }) => sum + (resources - x) ** 2, 0);
}

export function ratioOn(runs: readonly Run[], ground: Ground): number {
  return slopeOf(pointsOf(runs, ground, "ours"), "seconds") / slopeOf(pointsOf(runs, ground, "flat"), "seconds");
}

/** For machines: ours, first on mocks and then on the engine, each from small to large; the ratio of the engine, whose seconds users wait. */
export function jsonLine(runs: readonly Run[]): string {
  const all = [...pointsOf(runs, "mocks", "ours"), ...pointsOf(runs, "engine", "ours")];
  return JSON.stringify({
    resources: all.map(({ resources }) => resources),
    seconds: all.map(({ seconds }) => rounded(seconds)),
    slopeRatio: rounded(ratioOn(runs, "engine")),
    megabytes: all.map(({ megabytes }) => Math.round(megabytes)),
  });
}

/** As it stands in docs/scale.md. */
export function table(runs: readonly Run[]): string {
  const rows = (["mocks", "engine"] as const).flatMap((ground) => {
    const flat = pointsOf(runs, ground, "flat");
    return pointsOf(runs, ground, "ours").map((ours, place) => rowOf(ground, ours, flat[place] ?? ours));
  });
  return [
    "| on | systems | resources | seconds | MB | flat: seconds | flat: MB |",
    "|---|---|---|---|---|---|---|",
    ...rows,
    "",
    ...(["mocks", "engine"] as const).map((ground) => slopesOf(runs, ground)),
  ].join("\n");
}

function rowOf(ground: Ground, { systems, resources, seconds, megabytes }: Point, flat: Point): string {
  const cells = [ground, systems, resources, ...[{ seconds, megabytes }, flat].flatMap(costOf)];
  return `| ${cells.join(" | ")} |`;
}

function costOf({ seconds, megabytes }: Pick<Point, "seconds" | "megabytes">): readonly string[] {
  return [seconds.toFixed(2), megabytes.toFixed(0)];
}

function slopesOf(runs: readonly Run[], ground: Ground): string {
  const [ours, flat] = [pointsOf(runs, ground, "ours"), pointsOf(runs, ground, "flat")];
  const milliseconds = (points: readonly Point[]) => (slopeOf(points, "seconds") * 1000).toFixed(2);
  const kilobytes = (points: readonly Point[]) => Math.round(slopeOf(points, "megabytes") * 1024);
  return (
    `${ground}: ${milliseconds(ours)} ms and ${kilobytes(ours)} kB for each further resource, ` +
    `flat ${milliseconds(flat)} ms and ${kilobytes(flat)} kB: ${ratioOn(runs, ground).toFixed(2)} times the seconds (goal: at most ${goal})`
  );
}
