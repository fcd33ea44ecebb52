import * as pulumi from "@pulumi/pulumi";
import type { Known } from "../../../components/app/spec.ts";
import type { FargateCluster } from "../../../components/ecs/aws.ts";
import type { Rds } from "../../../components/postgres/rds.ts";
import type { ElastiCache } from "../../../components/redis/elasticache.ts";
import type { Secrets } from "../../../components/secrets/resource.ts";
import type { PrivateVpc } from "../../../components/vpc/private.ts";
import type { Ways } from "./ways.ts";

/** What the workloads and their proof are made of. */
export interface Parts {
  readonly at: FargateCluster;
  readonly vpc: PrivateVpc;
  readonly group: pulumi.Output<string>;
  readonly secrets: Secrets;
  readonly postgres: Rds;
  readonly redis: ElastiCache | undefined;
  readonly ways: Ways;
  readonly alarms: readonly pulumi.Output<string>[];
  readonly known: pulumi.Output<Known>;
}

/** Secrets and stores as the workloads use them. */
export function knownOf(secrets: Secrets, postgres: Rds, redis: ElastiCache | undefined): pulumi.Output<Known> {
  return pulumi.output({
    secrets: secrets.values,
    stores: {
      ...(redis && { redis: { url: redis.url, password: secrets.redisPassword } }),
      ...(secrets.database && { postgres: { url: postgres.appUrl, password: secrets.database.app } }),
    },
  });
}
