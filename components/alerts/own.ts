import type { Alert, Objective, Severity, Team } from "./spec.ts";

/** Words for a system's own alerts, about the metrics of its own. */

interface Slow {
  readonly name: string;
  /** Its histogram in seconds, without `_bucket`. */
  readonly histogram: string;
  /** Label matchers, e.g. `route="/search"`. @default all */
  readonly where?: string;
  /** Seconds. */
  readonly above: number;
  readonly what: string;
  readonly severity: Severity;
  readonly team: Team;
  readonly guide: string;
  readonly silencedBy?: readonly string[];
}

/** 95 of 100 are faster. Without requests it says nothing. */
export function slowest(of: Slow): Alert {
  const { histogram, where = "" } = of;
  const expr = `histogram_quantile(0.95, sum by (le) (rate(${histogram}_bucket{${where}}[5m]))) > ${of.above}`;
  return slow(of, expr, "at the 95th percentile");
}

/** Guide 004, "Metrics to Watch": of a product that measures its queries as that guide's does. */
export function slowQueries(guide: string): Alert {
  return slowest({
    name: "QueriesSlow",
    histogram: "db_query_duration_seconds",
    above: 0.1,
    what: "queries are slow",
    severity: "ticket",
    team: "dba",
    guide,
    silencedBy: ["DatabaseDown"],
  });
}

/**
 * The mean of five minutes is above the limit, in seconds: for a histogram whose buckets are too coarse for a percentile. Without requests it says
 * nothing.
 */
export function slowOnAverage(of: Slow): Alert {
  const { histogram, where = "" } = of;
  const rate = (suffix: string) => `sum(rate(${histogram}_${suffix}{${where}}[5m]))`;
  return slow(of, `${rate("sum")} / ${rate("count")} > ${of.above}`, "on average");
}

function slow({ name, what, above, severity, team, guide, silencedBy }: Slow, expr: string, how: string): Alert {
  return {
    name,
    source: "app",
    expr,
    forSeconds: 300,
    severity,
    team,
    summary: `${what}: {{ $value | humanizeDuration }} ${how}`,
    description: `More than ${above * 1000} ms, for five minutes.`,
    guide,
    silencedBy: ["AppDown", ...(silencedBy ?? [])],
  };
}

/** Errors of a product that speaks no http, or tells more of them than the switch can. */
export function failing(
  { errors, total }: Pick<Objective, "errors" | "total">,
  above: number,
  of: Omit<Alert, "expr" | "source">,
): Alert {
  return { ...of, source: "app", expr: `sum(rate(${errors}[5m])) / sum(rate(${total}[5m])) > ${above}` };
}

/** Queries that failed, of a product that counts them: a violated constraint, a lost connection, a wait that was too long. */
export function failedQueries(counter: string): readonly Alert[] {
  const common = { source: "app", severity: "page" } as const;
  return [
    {
      ...common,
      name: "QueriesFail",
      team: "oncall",
      expr: `sum(increase(${counter}[5m])) > 0`,
      forSeconds: 0,
      summary: "{{ $value | humanize }} queries failed within five minutes",
      description:
        "A violated constraint (check_cost_status_values) is one of them, and no counter tells which: the product's log does.",
      guide:
        "guide 004, Alerting Rules 4: CHECK constraint violations >0; guide 002, Critical Alerts: Database connection failures",
      silencedBy: ["DatabaseDown", "DatabaseErrors"],
    },
    {
      ...common,
      name: "DatabaseErrors",
      team: "dba",
      expr: `sum(increase(${counter}[5m])) > 10`,
      forSeconds: 0,
      summary: "{{ $value | humanize }} database errors within five minutes",
      description: "Connections are refused, lost or waited for in vain, or a release broke a query.",
      guide: "guide 004, Alerting Rules 2: Database connection errors >10 in 5 minutes",
      silencedBy: ["DatabaseDown"],
    },
  ];
}
