import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Volume } from "@pulumi/aws/ebs/volume.js";
import { Eip } from "@pulumi/aws/ec2/eip.js";
import { EipAssociation } from "@pulumi/aws/ec2/eipAssociation.js";
import { Instance } from "@pulumi/aws/ec2/instance.js";
import { VolumeAttachment } from "@pulumi/aws/ec2/volumeAttachment.js";
import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { trust } from "../iam/spec.ts";
import { agentPackages, cloudInit, volumeDevice } from "./cloud-init.ts";
import { hostPolicy } from "./role.ts";
import { rootGb } from "./tiers.ts";
import { hostName } from "./way.ts";

export interface MachineArgs {
  readonly stack: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly ami: pulumi.Input<string>;
  readonly instanceType: string;
  readonly dataGb: number;
  readonly sshKeys: readonly string[];
  readonly subnet: pulumi.Input<string>;
  readonly group: pulumi.Input<string>;
  readonly repositoryArn: pulumi.Input<string>;
  readonly logDays: number;
  readonly namespace: string;
  /** Of production AWS itself refuses to end the instance. */
  readonly environment: string;
  /** By which snapshots find the data volume. */
  readonly snapshotTags: Readonly<Record<string, string>>;
}

/** One EC2 instance that is a Docker host, its data on a volume that outlives it. */
export class Machine extends pulumi.ComponentResource {
  readonly instance: pulumi.Output<string>;
  readonly address: pulumi.Output<string>;

  constructor(name: string, args: MachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:Machine", name, {}, opts);
    const logs = new LogGroup(
      name,
      { name: `/slipway/${args.stack}`, retentionInDays: args.logDays },
      { parent: this },
    );
    const volume = this.volume(args);
    const instance = this.server(name, args, volume, logs, this.profile(name, args, logs));
    new VolumeAttachment(
      `${name}-data`,
      { instanceId: instance.id, volumeId: volume.id, deviceName: "/dev/sdf", stopInstanceBeforeDetaching: true },
      // Of two hosts one at a time: a volume has one place.
      { parent: this, deleteBeforeReplace: true },
    );
    const address = new Eip(name, { domain: "vpc", tags: { Name: title(args) } }, { parent: this, protect: true });
    new EipAssociation(name, { allocationId: address.id, instanceId: instance.id }, { parent: this });
    this.instance = instance.id;
    this.address = address.publicIp;
    this.registerOutputs({});
  }

  private volume(args: MachineArgs): Volume {
    const tags = { Name: `${title(args)} data`, ...args.snapshotTags };
    return new Volume(
      "data",
      { availabilityZone: args.availabilityZone, size: args.dataGb, type: "gp3", encrypted: true, tags },
      { parent: this, protect: true },
    );
  }

  private profile(name: string, { namespace, repositoryArn }: MachineArgs, logs: LogGroup): InstanceProfile {
    const parent = { parent: this };
    const role = new Role(name, { assumeRolePolicy: JSON.stringify(trust("ec2.amazonaws.com")) }, parent);
    const rights = pulumi
      .all([logs.arn, repositoryArn])
      .apply(([logGroupArn, arn]) => hostPolicy({ namespace, logGroupArn, repositoryArn: arn }));
    new RolePolicy(name, { role: role.id, policy: pulumi.jsonStringify(rights) }, parent);
    return new InstanceProfile(name, { role: role.id }, parent);
  }

  private server(name: string, args: MachineArgs, volume: Volume, logs: LogGroup, profile: InstanceProfile): Instance {
    const { stack, region, namespace, sshKeys } = args;
    const host = { name: hostName(stack), namespace, sshKeys, packages: agentPackages(region) };
    const userData = pulumi
      .all([volume.id, logs.name])
      .apply(([id, logGroup]) => cloudInit({ ...host, logGroup, dataDevice: volumeDevice(id) }));
    return new Instance(
      name,
      {
        ami: args.ami,
        instanceType: args.instanceType,
        availabilityZone: args.availabilityZone,
        subnetId: args.subnet,
        vpcSecurityGroupIds: [args.group],
        iamInstanceProfile: profile.id,
        userData,
        // Hop limit 1: no container reaches the role's credentials.
        metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
        rootBlockDevice: { volumeType: "gp3", volumeSize: rootGb, encrypted: true, deleteOnTermination: true },
        disableApiTermination: args.environment === "production",
        ebsOptimized: true,
        tags: { Name: title(args), "slipway:environment": args.environment },
      },
      // A newer Debian or another text for the first boot says nothing to a host that has booted: `--target-replace` makes a new one.
      { parent: this, ignoreChanges: ["ami", "userData"], deleteBeforeReplace: true },
    );
  }
}

function title({ stack }: MachineArgs): string {
  return `slipway ${stack}`;
}
