import { z } from "zod";
import type { Place } from "../../../components/container/spec.ts";
import { isFargateAddress } from "../../../components/fargate/address.ts";
import { generatedSecrets } from "../../recorded/recorded.ts";
import { stackRecord } from "../../recorded/shapes.ts";
import type { RecordedResource } from "../../stack-state.ts";

/** What the last `up` recorded of a stack whose parts AWS runs. */
export interface ManagedRecord {
  /** Where tasks run, see components/fargate/address.ts. */
  readonly host: string;
  readonly place: Place;
  readonly url: string;
  readonly imageName: string | null;
  readonly commit: string | null;
  /** By workload, as config wants it; empty before the first release. */
  readonly releases: Readonly<Record<string, string>>;
  /** Id of Redis' replication group; undefined for a system without Redis. */
  readonly cache: string | undefined;
  /** Alarms by CloudWatch's own names. */
  readonly alarms: readonly string[];
  /** Every secret that something may repeat. Never to be printed. */
  readonly secrets: readonly string[];
}

const step = z.object({ host: z.string(), place: z.object({ stack: z.string(), system: z.string() }) });
const rollout = z.object({
  releases: z.record(z.string(), z.string()),
  hidden: z.array(z.string()).default([]),
});
const named = { alarm: z.object({ name: z.string() }), cache: z.object({ replicationGroupId: z.string() }) };

/**
 * Pure.
 * @throws Error in words for the user for a stack of which no step has run
 */
export function managedRecordOf(stack: string, resources: readonly RecordedResource[]): ManagedRecord {
  const ran = resources
    .map(({ outputs }) => step.safeParse(outputs).data)
    .find((found) => found !== undefined && isFargateAddress(found.host));
  if (ran === undefined)
    throw new Error(`nothing of it has been released to AWS yet; \`npm start -- --stack ${stack}\` does`);
  const all = <T>(type: string, shape: z.ZodType<T>): readonly T[] =>
    resources
      .filter((each) => each.type.endsWith(type))
      .flatMap(({ outputs }) => {
        const read = shape.safeParse(outputs);
        return read.success ? [read.data] : [];
      });
  const [{ url, image } = stackRecord.parse({})] = all("pulumi:pulumi:Stack", stackRecord);
  const [{ releases, hidden } = { releases: {}, hidden: [] }] = all("slipway:steps:Rollout", rollout);
  return {
    host: ran.host,
    place: ran.place,
    url,
    imageName: image.name ?? null,
    commit: image.commit ?? null,
    releases,
    cache: all("aws:elasticache/replicationGroup:ReplicationGroup", named.cache)[0]?.replicationGroupId,
    alarms: all("aws:cloudwatch/metricAlarm:MetricAlarm", named.alarm).map(({ name }) => name),
    secrets: generatedSecrets(resources, hidden),
  };
}
