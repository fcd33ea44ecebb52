import type { Alert, Objective } from "./spec.ts";

/** Windows of the multi-window burn rates (Google's SRE workbook, "Alerting on SLOs"). */
export const windows = ["5m", "30m", "1h", "6h", "3d"] as const;
type Window = (typeof windows)[number];

/** The recorded series of the share of errors within a window, which burn rates compare. */
export function ratioName(window: Window): string {
  return `slipway:error_ratio:${window}`;
}

/** The share of requests that failed, over each window: kept, since five alerts and the dashboards ask the same. */
export function ratios(objective: Objective): readonly { readonly record: string; readonly expr: string }[] {
  const rate = (selector: string, window: Window) => `sum(rate(${selector}[${window}]))`;
  return windows.map((window) => ({
    record: ratioName(window),
    expr: `${rate(objective.errors, window)} / ${rate(objective.total, window)}`,
  }));
}

const guide = "no guide has burn rates; the objective is guide 001, Performance Metrics: Error Rate <0.1%";

/** Two windows each: the long one says that it counts, the short one that it still goes on. */
export function burnRates({ target, source, total }: Objective): readonly Alert[] {
  const burns = (times: number, long: Window, short: Window) => {
    const limit = Number((times * (1 - target)).toPrecision(6));
    // Of a few requests one odd answer is a large share.
    const enough = `sum(increase(${total}[${long}])) >= 100`;
    return `${ratioName(long)} > ${limit} and ${ratioName(short)} > ${limit} and ${enough}`;
  };
  const objective = `${Number((target * 100).toFixed(3))} % of requests are to succeed`;
  const common = {
    source,
    team: "oncall",
    guide,
    summary: "{{ $value | humanizePercentage }} of requests fail",
  } as const;
  return [
    {
      ...common,
      name: "ErrorBudgetBurnsFast",
      expr: burns(14.4, "1h", "5m"),
      forSeconds: 120,
      severity: "page",
      description: `${objective}; at this rate the errors that are allowed in 30 days are used up in two.`,
      silencedBy: ["AppDown", "SwitchDown", "NoBackend"],
    },
    {
      ...common,
      name: "ErrorBudgetBurns",
      expr: burns(6, "6h", "30m"),
      forSeconds: 900,
      severity: "page",
      description: `${objective}; at this rate the errors that are allowed in 30 days are used up in five.`,
      silencedBy: ["AppDown", "SwitchDown", "NoBackend", "ErrorBudgetBurnsFast"],
    },
    {
      ...common,
      name: "ErrorBudgetBurnsSlowly",
      expr: burns(1, "3d", "6h"),
      forSeconds: 3600,
      severity: "ticket",
      description: `${objective}; at this rate nothing is left at the end of the 30 days.`,
      silencedBy: ["AppDown", "ErrorBudgetBurnsFast", "ErrorBudgetBurns"],
    },
  ];
}
