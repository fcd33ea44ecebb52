import type * as pulumi from "@pulumi/pulumi";
import type { FurtherAlarm } from "./aws.ts";
import { type About, type Capacity, type ManagedAlarm, managedAlarms, namespaces, shareExpression } from "./managed.ts";

/** A thing of AWS that numbers are about. */
export interface Subject {
  /** Told apart from others of its kind; empty where there is one. */
  readonly name: string;
  readonly dimensions: Readonly<Record<string, pulumi.Input<string>>>;
}

/** Every alarm about every thing that it is about. */
export function alarmsAbout(
  subjects: Readonly<Record<About, readonly Subject[]>>,
  capacity: Capacity,
): Readonly<Record<string, FurtherAlarm>> {
  const all = managedAlarms(capacity).flatMap((alarm) =>
    subjects[alarm.about].map((subject) => [nameOf(alarm, subject), alarmOf(alarm, subject)] as const),
  );
  return Object.fromEntries(all);
}

function nameOf({ name, about }: ManagedAlarm, subject: Subject): string {
  return [name, about, subject.name].filter((each) => each !== "").join("-");
}

function alarmOf(
  { description, about, metric, name: _, ...rest }: ManagedAlarm,
  { dimensions }: Subject,
): FurtherAlarm {
  const { period, ...limits } = rest;
  const namespace = namespaces[about];
  const common = { ...limits, alarmDescription: description };
  if ("metricName" in metric) return { ...common, period, namespace, dimensions, ...metric };
  const sum = (id: string, metricName: string) => ({
    id,
    metric: { metricName, namespace, period, stat: "Sum", dimensions },
  });
  return {
    ...common,
    metricQueries: [
      { id: "share", expression: shareExpression(metric), label: "share", returnData: true },
      sum("w", metric.whole),
      ...metric.part.map((each, at) => sum(`p${at}`, each)),
    ],
  };
}
