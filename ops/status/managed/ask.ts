import { CloudWatch, type MetricAlarm } from "@aws-sdk/client-cloudwatch";
import type { Task } from "@aws-sdk/client-ecs";
import { ElastiCache, type ReplicationGroup } from "@aws-sdk/client-elasticache";
import { type DBInstance, type DBSnapshot, RDS } from "@aws-sdk/client-rds";
import { alarmsNamed } from "../../../components/steps/cloudwatch-alarms.ts";
import { eventsOf, fargateOf, idOf } from "../../../components/steps/fargate-clients.ts";
import { instanceOf, snapshotsOf } from "../../../components/steps/rds.ts";

/** AWS' own clients, by the credentials of whoever looks. Every question only reads. */
export class ManagedEyes {
  readonly #fargate: ReturnType<typeof fargateOf>;
  readonly #rds: RDS;
  readonly #cache: ElastiCache;
  readonly #watch: CloudWatch;

  constructor(host: string) {
    this.#fargate = fargateOf(host);
    const { region } = this.#fargate.at;
    this.#rds = new RDS({ region });
    this.#cache = new ElastiCache({ region });
    this.#watch = new CloudWatch({ region });
  }

  get at() {
    return this.#fargate.at;
  }

  /** Of a service those that run or are to run. */
  async tasks(serviceName: string): Promise<readonly Task[]> {
    const { ecs, at } = this.#fargate;
    const { taskArns = [] } = await ecs.listTasks({ cluster: at.cluster, serviceName, maxResults: 100 });
    if (taskArns.length === 0) return [];
    return (await ecs.describeTasks({ cluster: at.cluster, tasks: taskArns })).tasks ?? [];
  }

  /** What a task has printed since a moment. */
  log(workload: string, { taskArn = "" }: Task, since: number): Promise<readonly string[]> {
    return eventsOf(this.#fargate, this.at.logs, since, `${workload}/${workload}/${idOf(taskArn)}`);
  }

  database(): Promise<DBInstance | undefined> {
    return instanceOf(this.#rds, this.at.database);
  }

  snapshots(): Promise<readonly DBSnapshot[]> {
    return snapshotsOf(this.#rds, { DBInstanceIdentifier: this.at.database });
  }

  async cache(ReplicationGroupId: string): Promise<ReplicationGroup | undefined> {
    const asked = this.#cache.describeReplicationGroups({ ReplicationGroupId });
    return (await asked.catch(unlessGone))?.ReplicationGroups?.[0];
  }

  alarms(names: readonly string[]): Promise<readonly MetricAlarm[]> {
    return alarmsNamed(this.#watch, names);
  }
}

function unlessGone(error: unknown): undefined {
  if (error instanceof Error && /NotFound/.test(error.name)) return undefined;
  throw error;
}
