import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import type { Alarms, Raised } from "./alarms.ts";

/** So many names CloudWatch takes at once. */
const atOnce = 100;

/** CloudWatch's, by the credentials of whoever runs the step. */
export function cloudwatchAlarms(region: string): Alarms {
  const watch = new CloudWatch({ region });
  return {
    async raised(names) {
      const found: Raised[] = [];
      for (let from = 0; from < names.length; from += atOnce) {
        const AlarmNames = names.slice(from, from + atOnce);
        const { MetricAlarms = [] } = await watch.describeAlarms({
          AlarmNames,
          StateValue: "ALARM",
          MaxRecords: atOnce,
        });
        for (const { AlarmName: name = "", StateReason: why = "", ...seen } of MetricAlarms) {
          if (seen.StateValue !== "ALARM") continue;
          // A state that is told again with another reason is no new one.
          const since = seen.StateTransitionedTimestamp ?? seen.StateUpdatedTimestamp;
          found.push({ name, why, since: since?.getTime() ?? 0 });
        }
      }
      return found;
    },
  };
}
