import { agentMetrics } from "../machine/agent.ts";
import { hostAlerts } from "./host.ts";

/** An alarm of CloudWatch about one instance. */
export interface Alarm {
  /** Prometheus' name of the same, where there is one; its runbook too. */
  readonly name: string;
  readonly description: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly statistic: "Average" | "Maximum" | "Minimum";
  readonly comparisonOperator: "GreaterThanThreshold" | "GreaterThanOrEqualToThreshold" | "LessThanThreshold";
  readonly threshold: number;
  readonly period: number;
  readonly evaluationPeriods: number;
  /** A host that says nothing is in trouble, but for what is silent while all is well. */
  readonly treatMissingData: "breaching" | "notBreaching";
  /** Dimensions beside the instance's id. */
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What an alert's expression is to CloudWatch; what is not here is seen by Prometheus alone. */
const seen: Readonly<
  Record<string, Pick<Alarm, "metricName" | "threshold"> & { readonly agent: boolean; readonly disk?: true }>
> = {
  HostCpuHigh: { metricName: "CPUUtilization", threshold: 80, agent: false },
  HostMemoryHigh: { metricName: agentMetrics.memory, threshold: 75, agent: true },
  HostMemoryCritical: { metricName: agentMetrics.memory, threshold: 90, agent: true },
  DiskLow: { metricName: agentMetrics.disk, threshold: 85, agent: true, disk: true },
};

/**
 * The host's alerts as far as CloudWatch can see them, told also when Prometheus, which runs on that host, cannot tell any more.
 * @param namespace of the agent's metrics
 * @param dataRoot where the data volume is mounted
 */
export function alarmsOf(namespace: string, dataRoot: string): readonly Alarm[] {
  const fromAlerts = hostAlerts.flatMap(({ name, description, forSeconds, guide }) => {
    const metric = seen[name];
    if (metric === undefined) return [];
    const period = metric.agent ? 60 : 300;
    return [
      {
        name,
        description: `${description} ${guide}. docs/runbooks/${name}.md`,
        namespace: metric.agent ? namespace : "AWS/EC2",
        metricName: metric.metricName,
        statistic: "Average" as const,
        comparisonOperator: "GreaterThanThreshold" as const,
        threshold: metric.threshold,
        period,
        evaluationPeriods: Math.max(1, forSeconds / period),
        treatMissingData: "breaching" as const,
        dimensions: metric.disk === true ? { path: dataRoot, fstype: "ext4" } : {},
      },
    ];
  });
  return [
    ...fromAlerts,
    checks("System", "AWS' own machine below the host has failed"),
    checks("Instance", "the host does not answer AWS' check"),
  ];
}

/** Of AWS itself: the one alarm that nobody on the host could give. */
function checks(kind: "System" | "Instance", words: string): Alarm {
  return {
    name: `StatusCheck${kind}`,
    description: `${words}. docs/aws.md, "The host is gone"`,
    namespace: "AWS/EC2",
    metricName: `StatusCheckFailed_${kind}`,
    statistic: "Maximum",
    comparisonOperator: "GreaterThanOrEqualToThreshold",
    threshold: 1,
    period: 60,
    evaluationPeriods: 2,
    treatMissingData: "breaching",
    dimensions: {},
  };
}
