import type { Provider } from "@pulumi/aws/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { Alarms } from "../../../components/alerts/aws.ts";
import { alarmsOf } from "../../../components/alerts/cloudwatch.ts";
import { Names } from "../../../components/dns/aws.ts";
import { Security } from "../../../components/firewall/aws.ts";
import { dataRoot } from "../../../components/machine/agent.ts";
import { Machine } from "../../../components/machine/aws.ts";
import { sizes } from "../../../components/machine/tiers.ts";
import { Copies } from "../../../components/offsite/aws.ts";
import { Registry } from "../../../components/registry/aws.ts";
import { Snapshots } from "../../../components/snapshots/aws.ts";
import { snapshotTag } from "../../../components/snapshots/spec.ts";
import { Vpc, type VpcWish } from "../../../components/vpc/aws.ts";
import type { Settings } from "../../config/settings.ts";
import type { System } from "../../systems/system.ts";
import { systemExposure } from "../docker/firewall.ts";
import { regionOf } from "./provider.ts";

/** One system's host, all that is known of it. */
export interface AwsPlacement {
  readonly stack: string;
  readonly settings: Settings;
  readonly system: Pick<System, "name" | "routes" | "tcp" | "ollama">;
  /** Number of the account. */
  readonly account: string;
  /** Debian's newest image. */
  readonly ami: string;
  readonly provider: Provider;
}

/** A Docker host on AWS with what belongs to it: network, walls, machine, copies, alarms, names. */
export class AwsHost extends pulumi.ComponentResource {
  readonly machine: Machine;
  readonly registry: Registry;
  /** Undefined when the config wants no bucket. */
  readonly copies: Copies | undefined;

  constructor(placement: AwsPlacement) {
    const { stack, settings, system, account, ami } = placement;
    const region = regionOf(settings);
    super("slipway:aws:Host", "host", {}, { providers: [placement.provider] });
    const { aws, environment } = settings;
    const parent = { parent: this };
    const size = sizes[settings.tier];
    const availabilityZone = `${region}${aws.availabilityZone}`;
    const name = `slipway ${stack}`;
    const vpc = new Vpc("network", { wish: vpcWish(settings), availabilityZone, name }, parent);
    const exposure = systemExposure(system, settings);
    const security = new Security(
      "walls",
      { exposure, sshPort: settings.firewall.ssh.port, vpc: vpc.id, name },
      parent,
    );
    this.registry = new Registry("registry", `slipway/${stack}`, parent);
    this.machine = new Machine(
      "machine",
      {
        stack,
        region,
        availabilityZone,
        ami,
        instanceType: aws.instanceType ?? size.instanceType,
        dataGb: aws.dataGb ?? size.dataGb,
        sshKeys: aws.sshKeys ?? [],
        subnet: vpc.subnet,
        group: security.group,
        repositoryArn: this.registry.arn,
        logDays: aws.logDays,
        namespace: namespaceOf(stack),
        environment,
        snapshotTags: snapshotTag(stack),
      },
      parent,
    );
    new Snapshots("snapshots", { stack, region, account, keep: aws.snapshots.keep }, parent);
    this.copies = this.offsite(placement, region);
    new Alarms(
      "alarms",
      {
        stack,
        region,
        account,
        instance: this.machine.instance,
        alarms: alarmsOf(namespaceOf(stack), dataRoot),
        budgetUsd: aws.budgetUsd ?? size.budgetUsd,
        email: aws.alarmEmail,
      },
      parent,
    );
    const hosts = system.routes.map(({ host }) => host);
    if (aws.zone !== undefined)
      new Names("names", { zone: aws.zone, hosts: [...new Set(hosts)], address: this.machine.address }, parent);
    this.registerOutputs({});
  }

  private offsite({ stack, settings, account }: AwsPlacement, region: string): Copies | undefined {
    const { bucket, keepDays, lockDays } = settings.aws.backup;
    if (!bucket) return undefined;
    const password = settings.offsite.password?.secret;
    return new Copies("copies", { stack, region, account, keepDays, lockDays, password }, { parent: this });
  }
}

/** Of the metrics that the agent on the host sends. */
function namespaceOf(stack: string): string {
  return `Slipway/${stack}`;
}

function vpcWish({ aws: { vpc } }: Settings): VpcWish {
  return vpc.id !== undefined && vpc.subnet !== undefined ? { id: vpc.id, subnet: vpc.subnet } : { cidr: vpc.cidr };
}
