import { stringify } from "yaml";
import { archiveAlerts } from "./archive.ts";
import { containerAlerts, containerRecords } from "./containers.ts";
import { hostAlerts } from "./host.ts";
import { burnRates, ratios } from "./objective.ts";
import { offsiteLogAlerts } from "./offsite-log.ts";
import { productAlerts } from "./product.ts";
import { scaledExpr, scaledSeconds } from "./scale.ts";
import { type Alert, runbookOf, type Watched } from "./spec.ts";
import { postgresAlerts, redisAlerts } from "./stores.ts";
import { switchAlerts, trafficAlerts } from "./traffic.ts";
import { probeAlerts, upkeepAlerts, watchAlerts } from "./upkeep.ts";

/** All alerts of one stack: the general ones of what it has, then the system's own. */
export function alertsOf(watched: Watched): readonly Alert[] {
  const { jobs, https, objective, sources } = watched;
  const all = [
    ...(jobs.length > 0 ? productAlerts(watched) : []),
    ...switchAlerts,
    ...(https ? trafficAlerts : []),
    ...(objective === undefined ? [] : burnRates(objective)),
    ...redisAlerts,
    ...postgresAlerts,
    ...archiveAlerts,
    ...offsiteLogAlerts,
    ...hostAlerts,
    ...containerAlerts,
    ...upkeepAlerts,
    ...probeAlerts(watched),
    ...watchAlerts,
    ...watched.alerts,
  ];
  const twice = all.find(({ name }, index) => all.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw new Error(`two alerts are called ${twice.name}; a runbook belongs to one`);
  return all.filter(({ source }) => sources.has(source));
}

/**
 * Prometheus' rules file.
 * @param factor 1, or less in tests: every `for`, range and age is multiplied by it, see scale.ts
 */
export function rulesFile(watched: Watched, factor = 1): string {
  return rulesText(watched, alertsOf(watched), factor);
}

/** The same with some of the alerts alone: a test of one need not evaluate them all. */
export function rulesText(
  watched: Pick<Watched, "objective" | "sources">,
  alerts: readonly Alert[],
  factor: number,
): string {
  const { objective } = watched;
  const records = [
    ...(objective === undefined || !watched.sources.has(objective.source) ? [] : ratios(objective)),
    ...(watched.sources.has("containers") ? containerRecords : []),
  ];
  const groups = [
    { name: "records", rules: records.map(({ record, expr }) => ({ record, expr: scaledExpr(expr, factor) })) },
    { name: "alerts", rules: alerts.map((alert) => rule(alert, factor)) },
  ];
  return stringify({ groups: groups.filter(({ rules }) => rules.length > 0) }, { lineWidth: 0 });
}

function rule({ name, expr, forSeconds, severity, team, summary, description }: Alert, factor: number) {
  return {
    alert: name,
    expr: scaledExpr(expr, factor),
    for: `${scaledSeconds(forSeconds, factor)}s`,
    labels: { severity, team },
    annotations: { summary, description, runbook: runbookOf(name) },
  };
}
