import type { MetricAlarm } from "@aws-sdk/client-cloudwatch";
import { managedAlert } from "../../../components/alerts/managed.ts";
import { runbookOf } from "../../../components/alerts/spec.ts";
import type { Alert } from "../report.ts";

/** Alarms in alarm, as a look tells them; the rest is silent. Pure. @param cluster begins the name of each */
export function firing(alarms: readonly MetricAlarm[], cluster: string): readonly Alert[] {
  return alarms
    .filter(({ StateValue }) => StateValue === "ALARM")
    .map(({ AlarmName = "", StateReason = "", StateTransitionedTimestamp, StateUpdatedTimestamp }) => {
      // `<cluster>-<alert>-<what it is about>`
      const name = AlarmName.slice(cluster.length + 1);
      const alert = name.split("-")[0] ?? "";
      const since = StateTransitionedTimestamp ?? StateUpdatedTimestamp ?? new Date(0);
      const known = managedAlert(alert);
      return {
        name,
        severity: known?.severity ?? "page",
        summary: StateReason,
        ...(known && { runbook: runbookOf(alert) }),
        since: since.toISOString(),
      };
    });
}

/** Those that the last `up` made and that are no more: silence would look like health. */
export function goneAlarms(wanted: readonly string[], alarms: readonly MetricAlarm[]): readonly string[] {
  const found = new Set(alarms.map(({ AlarmName }) => AlarmName));
  return wanted.filter((name) => !found.has(name));
}
