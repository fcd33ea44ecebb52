import { Instance } from "@pulumi/aws/rds/instance.js";
import { ParameterGroup } from "@pulumi/aws/rds/parameterGroup.js";
import { SubnetGroup } from "@pulumi/aws/rds/subnetGroup.js";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random";
import type { Mount, Place } from "../container/spec.ts";
import { stackName } from "../fargate/address.ts";
import { StepResource } from "../steps/resource.ts";
import { master, rdsRolesSql } from "./rds-roles.ts";
import {
  beginning,
  type Generations,
  type RdsServer,
  type RdsWish,
  rdsFamily,
  rdsParameters,
  rdsServers,
  rdsSizes,
  rdsVersion,
  retentionDays,
} from "./rds-spec.ts";
import { assertDatabaseName, loginRole, retireSql } from "./roles.ts";
import { postgresPort, postgresUrl } from "./spec.ts";

export interface RdsArgs extends RdsWish {
  readonly place: Place;
  readonly database: string;
  readonly generation: number;
  readonly ownerPassword: pulumi.Input<string>;
  readonly appPassword: pulumi.Input<string>;
  /** Private ones, in two zones at least. */
  readonly subnets: readonly pulumi.Input<string>[];
  readonly group: pulumi.Input<string>;
  readonly multiAz: boolean;
  readonly windowDays: number;
  readonly generations: Generations;
  /** Class of the instance. @default the tier's */
  readonly instanceClass?: string | undefined;
  /** @default the tier's */
  readonly storageGb?: number | undefined;
  /** Where tasks run, see components/fargate/address.ts. */
  readonly host: pulumi.Input<string>;
  /** With psql. */
  readonly image: string;
  readonly trust: Mount;
}

/** RDS takes minor versions up by itself; what a server began with, and in which zone, is over. */
const settled = ["engineVersion", "availabilityZone", "snapshotIdentifier", "restoreToPointInTime"] as const;

/**
 * PostgreSQL by RDS: encrypted, in private subnets, any moment of the window to restore; protected like every data volume. A restore is another server
 * beside the one before, which keeps its data until somebody takes it away.
 */
export class Rds extends pulumi.ComponentResource {
  readonly instance: Instance;
  /** Its name in the network; the certificate is made out to it. */
  readonly server: pulumi.Output<string>;
  /** With the app's password: a secret. */
  readonly appUrl: pulumi.Output<string>;
  /** What needs the database depends on this: the roles are there. */
  readonly ready: pulumi.Resource;
  readonly #args: RdsArgs;
  readonly #masterPassword: pulumi.Output<string>;

  constructor(name: string, args: RdsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:Rds", name, {}, opts);
    this.#args = args;
    const { database, generation, appPassword } = args;
    assertDatabaseName(database);
    this.#masterPassword = new RandomPassword(
      `${name}-master-password`,
      { length: 32, special: false },
      { parent: this, protect: true },
    ).result;
    this.instance = this.servers(name, args);
    this.server = this.instance.address;
    this.ready = this.roles(name, args, this.#masterPassword);
    this.appUrl = pulumi.secret(
      pulumi
        .all([appPassword, this.server])
        .apply(([known, host]) => postgresUrl(loginRole(database, generation), known, database, host)),
    );
    this.registerOutputs({ appUrl: this.appUrl });
  }

  /** After the release's proof: the login with the password from before is none any more. */
  retirePasswords(proof: pulumi.Resource): void {
    const { host, place, image, trust, database, generation } = this.#args;
    if (generation === 0) return;
    new StepResource(
      { module: "postgres/rds-retire.step.ts", type: "RetiredLogin" },
      "postgres-login-retired",
      {
        ...{ host, place, image, trust, server: this.server, database, sql: retireSql(database, generation) },
        masterPassword: this.#masterPassword,
      },
      ["masterPassword"],
      { parent: this, dependsOn: proof },
    );
  }

  /** Answers the one that serves. */
  private servers(name: string, args: RdsArgs): Instance {
    const { place, generations } = args;
    const parent = { parent: this };
    const own = stackName(place.stack);
    const subnets = new SubnetGroup(name, { name: own, subnetIds: [...args.subnets] }, parent);
    const group = { namePrefix: `${own}-`, family: rdsFamily, parameters: [...rdsParameters(args)] };
    const parameters = new ParameterGroup(name, group, parent);
    const inNetwork = { dbSubnetGroupName: subnets.name, parameterGroupName: parameters.name };
    const made = rdsServers(place.stack, name, generations).map((server) => this.made(args, server, inNetwork));
    const serving = made.at(-1);
    if (serving === undefined) throw new Error("a stack has a server");
    return serving;
  }

  private made(
    args: RdsArgs,
    server: RdsServer,
    inNetwork: { readonly dbSubnetGroupName: pulumi.Input<string>; readonly parameterGroupName: pulumi.Input<string> },
  ): Instance {
    const { place, tier, multiAz, windowDays, generations } = args;
    const { identifier, name, generation } = server;
    const size = rdsSizes[tier];
    const storage = args.storageGb ?? size.storageGb;
    return new Instance(
      name,
      {
        identifier,
        engine: "postgres",
        engineVersion: rdsVersion,
        instanceClass: args.instanceClass ?? size.instanceClass,
        // A restored one has the size and the master that it had.
        ...(generation === 0 && { allocatedStorage: storage, username: master }),
        ...beginning(place.stack, server, generations),
        // It grows by itself, and cannot shrink again.
        maxAllocatedStorage: storage * 4,
        storageType: "gp3",
        storageEncrypted: true,
        password: this.#masterPassword,
        port: postgresPort,
        multiAz,
        ...inNetwork,
        vpcSecurityGroupIds: [args.group],
        publiclyAccessible: false,
        caCertIdentifier: "rds-ca-rsa2048-g1",
        backupRetentionPeriod: retentionDays(windowDays),
        // The guides' hour of backups; the maintenance after it.
        backupWindow: "02:00-02:30",
        maintenanceWindow: "sun:03:00-sun:04:00",
        copyTagsToSnapshot: true,
        deleteAutomatedBackups: false,
        skipFinalSnapshot: false,
        finalSnapshotIdentifier: `${identifier}-final`,
        deletionProtection: true,
        autoMinorVersionUpgrade: true,
        allowMajorVersionUpgrade: false,
        enabledCloudwatchLogsExports: ["postgresql"],
        applyImmediately: true,
      },
      { parent: this, protect: true, ignoreChanges: [...settled] },
    );
  }

  private roles(name: string, args: RdsArgs, masterPassword: pulumi.Output<string>): pulumi.Resource {
    const { host, place, image, trust, database, generation, ownerPassword, appPassword } = args;
    const sql = rdsRolesSql(database, generation);
    return new StepResource(
      { module: "postgres/rds-roles.step.ts", type: "PostgresRoles" },
      `${name}-roles`,
      {
        ...{ host, place, image, trust, server: this.server, database, sql, generation },
        ...{ masterPassword, ownerPassword, appPassword, ready: undefined },
      },
      ["masterPassword", "ownerPassword", "appPassword"],
      { parent: this, dependsOn: this.instance },
    );
  }
}
