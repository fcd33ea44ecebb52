import { CloudWatch, type MetricAlarm } from "@aws-sdk/client-cloudwatch";
import type { Task } from "@aws-sdk/client-ecs";
import { ElastiCache, type ReplicationGroup } from "@aws-sdk/client-elasticache";
import { type DBInstance, type DBSnapshot, RDS } from "@aws-sdk/client-rds";
import { eventsOf, fargateOf, idOf } from "../../../components/steps/fargate-clients.ts";

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

  async database(): Promise<DBInstance | undefined> {
    const asked = this.#rds.describeDBInstances({ DBInstanceIdentifier: this.at.database });
    return (await asked.catch(unlessGone))?.DBInstances?.[0];
  }

  async snapshots(): Promise<readonly DBSnapshot[]> {
    const found: DBSnapshot[] = [];
    let Marker: string | undefined;
    do {
      const asked = { DBInstanceIdentifier: this.at.database, ...(Marker !== undefined && { Marker }) };
      const page = await this.#rds.describeDBSnapshots(asked);
      found.push(...(page.DBSnapshots ?? []));
      Marker = page.Marker;
    } while (Marker !== undefined);
    return found;
  }

  async cache(ReplicationGroupId: string): Promise<ReplicationGroup | undefined> {
    const asked = this.#cache.describeReplicationGroups({ ReplicationGroupId });
    return (await asked.catch(unlessGone))?.ReplicationGroups?.[0];
  }

  async alarms(names: readonly string[]): Promise<readonly MetricAlarm[]> {
    const found: MetricAlarm[] = [];
    // So many it takes at once.
    for (let from = 0; from < names.length; from += 100) {
      const page = await this.#watch.describeAlarms({ AlarmNames: names.slice(from, from + 100), MaxRecords: 100 });
      found.push(...(page.MetricAlarms ?? []));
    }
    return found;
  }
}

function unlessGone(error: unknown): undefined {
  if (error instanceof Error && /NotFound/.test(error.name)) return undefined;
  throw error;
}
