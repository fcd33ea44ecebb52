import { CloudWatch, type MetricAlarm, type StateValue } from "@aws-sdk/client-cloudwatch";
import type { Alarms, Raised } from "./alarms.ts";

/** So many names CloudWatch takes at once. */
const atOnce = 100;

/** CloudWatch's, by the credentials of whoever runs the step. */
export function cloudwatchAlarms(region: string): Alarms {
  const watch = new CloudWatch({ region });
  return {
    async raised(names) {
      const found = await alarmsNamed(watch, names, "ALARM");
      return found.flatMap(({ AlarmName: name = "", StateReason: why = "", ...seen }): readonly Raised[] => {
        if (seen.StateValue !== "ALARM") return [];
        // A state that is told again with another reason is no new one.
        const since = seen.StateTransitionedTimestamp ?? seen.StateUpdatedTimestamp;
        return [{ name, why, since: since?.getTime() ?? 0 }];
      });
    },
  };
}

/** Those of these names that there are, in whatever state or in this one. */
export async function alarmsNamed(
  watch: CloudWatch,
  names: readonly string[],
  StateValue?: StateValue,
): Promise<readonly MetricAlarm[]> {
  const found: MetricAlarm[] = [];
  for (let from = 0; from < names.length; from += atOnce) {
    const asked = { AlarmNames: names.slice(from, from + atOnce), MaxRecords: atOnce };
    const page = await watch.describeAlarms({ ...asked, ...(StateValue !== undefined && { StateValue }) });
    found.push(...(page.MetricAlarms ?? []));
  }
  return found;
}
