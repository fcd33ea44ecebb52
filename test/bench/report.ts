import { rounded, type Timing } from "./statistics.ts";

export interface Measured {
  readonly emptyPreview: Timing;
  readonly preview: Timing;
  readonly noChangeUp: Timing;
  /** `npm start` around the same. */
  readonly noChangeStart: Timing;
  readonly coldUp: Timing;
  readonly composeUp: Timing;
}

export const goals = { ratio: 2, compose: 1.15, startAdds: 3 } as const;

/** The one line for machines: seconds, medians. */
export function jsonLine(measured: Measured): string {
  return JSON.stringify({
    emptyPreview: rounded(measured.emptyPreview.median),
    preview: rounded(measured.preview.median),
    ratio: rounded(ratios(measured).ratio),
    noChangeUp: rounded(measured.noChangeUp.median),
    coldUp: rounded(measured.coldUp.median),
    composeUp: rounded(measured.composeUp.median),
    startAdds: rounded(startAdds(measured)),
  });
}

const meanings: Readonly<Record<keyof Measured, string>> = {
  emptyPreview: "pulumi preview, empty program",
  preview: "pulumi preview, no change",
  noChangeUp: "pulumi up, no change",
  noChangeStart: "npm start, no change",
  coldUp: "pulumi up from nothing, proved",
  composeUp: "compose up until https answers",
};

export function table(measured: Measured, composeVersion: string): string {
  const rows = (["emptyPreview", "preview", "noChangeUp", "noChangeStart", "coldUp", "composeUp"] as const).map(
    (name) => {
      const { min, median, max, runs } = measured[name];
      return [meanings[name], ...[min, median, max].map((value) => value.toFixed(2)), String(runs)];
    },
  );
  const all = [["seconds", "min", "median", "max", "runs"], ...rows];
  const width = (column: number) => Math.max(...all.map((row) => row[column]?.length ?? 0));
  const lines = all.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(width(0)) : cell.padStart(width(column)))).join("  "),
  );
  const { ratio, compose } = ratios(measured);
  return [
    ...lines,
    "",
    `preview / empty preview: ${ratio.toFixed(2)} (goal: at most ${goals.ratio})`,
    `up from nothing / compose: ${compose.toFixed(2)} (goal: at most ${goals.compose})`,
    `npm start adds to pulumi up: ${startAdds(measured).toFixed(2)} s (goal: less than ${goals.startAdds})`,
    "",
    `Compose is ${composeVersion}: the same images, variables, volumes, networks, limits, health checks; config files lie ready.`,
    "It takes no backup, rehearses no migration, asks no smoke test, makes no secret, and keeps no state to preview from.",
  ].join("\n");
}

/** What stands before `pulumi` starts and after it has ended, in seconds. */
function startAdds({ noChangeStart, noChangeUp }: Measured): number {
  return noChangeStart.median - noChangeUp.median;
}

function ratios({ emptyPreview, preview, coldUp, composeUp }: Measured): { ratio: number; compose: number } {
  return { ratio: preview.median / emptyPreview.median, compose: coldUp.median / composeUp.median };
}
