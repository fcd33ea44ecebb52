import { Budget } from "@pulumi/aws/budgets/budget.js";
import { MetricAlarm, type MetricAlarmArgs } from "@pulumi/aws/cloudwatch/metricAlarm.js";
import { EventSubscription } from "@pulumi/aws/rds/eventSubscription.js";
import { Topic } from "@pulumi/aws/sns/topic.js";
import { TopicPolicy } from "@pulumi/aws/sns/topicPolicy.js";
import { TopicSubscription } from "@pulumi/aws/sns/topicSubscription.js";
import * as pulumi from "@pulumi/pulumi";
import { document, type Statement } from "../iam/spec.ts";
import type { Alarm } from "./cloudwatch.ts";

export interface AlarmsArgs {
  readonly stack: string;
  readonly region: string;
  readonly account: string;
  /** Of a host. @default none */
  readonly instance?: pulumi.Input<string>;
  readonly alarms: readonly Alarm[];
  /** Without a host: about things of AWS, by the name of the resource. @default none */
  readonly further?: Readonly<Record<string, FurtherAlarm>>;
  /** Identifier of a server of RDS whose own events are told: a failover, a full disk. @default none */
  readonly database?: pulumi.Input<string>;
  readonly budgetUsd: number;
  /** Undefined: alarms stand in CloudWatch and nobody is written to. */
  readonly email: string | undefined;
}

/** As AWS takes it, but for whom it tells. */
export type FurtherAlarm = Omit<MetricAlarmArgs, "alarmActions" | "okActions" | "name">;

/** Alarms about the host, what it may cost, and who hears of both. */
export class Alarms extends pulumi.ComponentResource {
  /** Of `further`, as CloudWatch calls them. */
  readonly names: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: AlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:Alarms", name, {}, opts);
    const topic = this.topic(name, args);
    for (const alarm of args.alarms) this.alarm(name, alarm, args, topic);
    const further = Object.entries(args.further ?? {}).map(([own, alarm]) => {
      const actions = { alarmActions: [topic.arn], okActions: [topic.arn] };
      const told = { ...alarm, ...actions, name: `slipway-${args.stack}-${own}` };
      return [own, new MetricAlarm(`${name}-${own}`, told, { parent: this }).name] as const;
    });
    this.names = Object.fromEntries(further);
    if (args.email !== undefined) this.budget(name, args, args.email);
    this.registerOutputs({});
  }

  private topic(name: string, args: AlarmsArgs): Topic {
    const { stack, region, account, email, database } = args;
    const parent = { parent: this };
    const topic = new Topic(name, { name: `slipway-${stack}-alarms` }, parent);
    const may = (Sid: string, service: string, from: string, arn: string): Statement => ({
      Sid,
      Effect: "Allow",
      Principal: { Service: service },
      Action: ["sns:Publish"],
      Resource: [arn],
      Condition: { ArnLike: { "aws:SourceArn": from } },
    });
    const alarms = `arn:aws:cloudwatch:${region}:${account}:alarm:slipway-${stack}-*`;
    const servers = `arn:aws:rds:${region}:${account}:db:slipway-${stack}*`;
    const policy = (arn: string) =>
      document(
        may("CloudWatchTells", "cloudwatch.amazonaws.com", alarms, arn),
        ...(database === undefined ? [] : [may("RdsTells", "events.rds.amazonaws.com", servers, arn)]),
      );
    const told = new TopicPolicy(
      name,
      { arn: topic.arn, policy: pulumi.jsonStringify(topic.arn.apply(policy)) },
      parent,
    );
    if (database !== undefined) this.events(name, database, topic, told);
    if (email !== undefined)
      new TopicSubscription(name, { topic: topic.arn, protocol: "email", endpoint: email }, parent);
    return topic;
  }

  /** What no number tells: that another server has taken over, that a backup failed, that there is no disk any more. */
  private events(name: string, database: pulumi.Input<string>, topic: Topic, may: pulumi.Resource): void {
    const eventCategories = ["availability", "backup", "failover", "failure", "low storage", "recovery"];
    new EventSubscription(
      `${name}-database`,
      { snsTopic: topic.arn, sourceType: "db-instance", sourceIds: [database], eventCategories },
      { parent: this, dependsOn: may },
    );
  }

  private alarm(
    name: string,
    { name: own, description, dimensions, ...rest }: Alarm,
    args: AlarmsArgs,
    topic: Topic,
  ): void {
    const actions = [topic.arn];
    new MetricAlarm(
      `${name}-${own}`,
      {
        ...rest,
        name: `slipway-${args.stack}-${own}`,
        alarmDescription: description,
        dimensions: { ...(args.instance !== undefined && { InstanceId: args.instance }), ...dimensions },
        alarmActions: actions,
        okActions: actions,
      },
      { parent: this },
    );
  }

  private budget(name: string, { stack, budgetUsd }: AlarmsArgs, email: string): void {
    const at = (threshold: number, notificationType: string) => ({
      comparisonOperator: "GREATER_THAN",
      threshold,
      thresholdType: "PERCENTAGE",
      notificationType,
      subscriberEmailAddresses: [email],
    });
    new Budget(
      name,
      {
        name: `slipway-${stack}`,
        budgetType: "COST",
        limitAmount: String(budgetUsd),
        limitUnit: "USD",
        timeUnit: "MONTHLY",
        notifications: [at(80, "ACTUAL"), at(100, "FORECASTED")],
      },
      { parent: this },
    );
  }
}
