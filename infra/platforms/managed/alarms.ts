import type * as pulumi from "@pulumi/pulumi";
import { Alarms } from "../../../components/alerts/aws.ts";
import { undoing } from "../../../components/alerts/managed.ts";
import { alarmsAbout, type Subject } from "../../../components/alerts/managed-aws.ts";
import { stackName } from "../../../components/fargate/address.ts";
import type { Rds } from "../../../components/postgres/rds.ts";
import { rdsConnections, rdsSizes } from "../../../components/postgres/rds-spec.ts";
import type { ElastiCache } from "../../../components/redis/elasticache.ts";
import { managedCost } from "./cost.ts";
import type { ManagedPlacement } from "./placement.ts";
import type { Ways } from "./ways.ts";

export interface Watched {
  readonly ways: Ways;
  readonly postgres: Rds;
  readonly redis: ElastiCache | undefined;
}

/** The stack's alarms. Answers names of those that undo a release while ECS rolls it out. */
export function managedAlarms(
  placement: ManagedPlacement,
  watched: Watched,
  parent: pulumi.Resource,
): readonly pulumi.Output<string>[] {
  const { settings, system, region, account } = placement;
  const { stack, tier, aws } = settings;
  const { database } = system;
  if (database.kind !== "postgres") throw new Error("a system without PostgreSQL was to be refused before");
  const capacity = {
    connections: rdsConnections({ tier, connections: database.connections }),
    storageGb: aws.databaseGb ?? rdsSizes[tier].storageGb,
  };
  const further = alarmsAbout(subjects(placement, watched), capacity);
  const budgetUsd = aws.budgetUsd ?? managedCost[tier];
  const told = { budgetUsd, email: aws.alarmEmail, database: watched.postgres.instance.identifier };
  const { names } = new Alarms("alarms", { stack, region, account, alarms: [], further, ...told }, { parent });
  return Object.entries(names)
    .filter(([name]) => name.startsWith(`${undoing}-`))
    .map(([, name]) => name);
}

function subjects({ system, settings: { stack } }: ManagedPlacement, { ways, postgres, redis }: Watched) {
  const { web } = ways;
  const balancer = web === undefined ? [] : [{ name: "", dimensions: { LoadBalancer: web.balancer.arnSuffix } }];
  const target = Object.entries(web?.targets ?? {}).map(
    ([name, { arnSuffix }]): Subject => ({
      name,
      dimensions: { TargetGroup: arnSuffix, ...(web && { LoadBalancer: web.balancer.arnSuffix }) },
    }),
  );
  const service = system.workloads.map(({ name }) => ({
    name,
    dimensions: { ClusterName: stackName(stack), ServiceName: name },
  }));
  return {
    balancer,
    target,
    service,
    database: [{ name: "", dimensions: { DBInstanceIdentifier: postgres.instance.identifier } }],
    // By the node that is made first: a second one takes its place and name.
    cache: redis === undefined ? [] : [{ name: "", dimensions: { CacheClusterId: `${stackName(stack)}-001` } }],
  };
}
