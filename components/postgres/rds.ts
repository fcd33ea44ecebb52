import { Instance } from "@pulumi/aws/rds/instance.js";
import { ParameterGroup } from "@pulumi/aws/rds/parameterGroup.js";
import { SubnetGroup } from "@pulumi/aws/rds/subnetGroup.js";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random";
import type { Mount, Place } from "../container/spec.ts";
import { stackName } from "../fargate/address.ts";
import { StepResource } from "../steps/resource.ts";
import { master, rdsRolesSql } from "./rds-roles.ts";
import { type RdsWish, rdsFamily, rdsParameters, rdsSizes, rdsVersion, retentionDays } from "./rds-spec.ts";
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

/** PostgreSQL by RDS: encrypted, in private subnets, any moment of the window to restore; protected like every data volume. */
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
    this.instance = this.made(name, args, this.#masterPassword);
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

  private made(name: string, args: RdsArgs, password: pulumi.Output<string>): Instance {
    const { place, tier, multiAz, windowDays } = args;
    const parent = { parent: this };
    // Its log is found by the name of the cluster, see components/fargate/server-log.ts.
    const identifier = stackName(place.stack);
    const size = rdsSizes[tier];
    const storage = args.storageGb ?? size.storageGb;
    const subnets = new SubnetGroup(name, { name: identifier, subnetIds: [...args.subnets] }, parent);
    const parameters = new ParameterGroup(
      name,
      { namePrefix: `${identifier}-`, family: rdsFamily, parameters: [...rdsParameters(args)] },
      parent,
    );
    return new Instance(
      name,
      {
        identifier,
        engine: "postgres",
        engineVersion: rdsVersion,
        instanceClass: args.instanceClass ?? size.instanceClass,
        allocatedStorage: storage,
        // It grows by itself, and cannot shrink again.
        maxAllocatedStorage: storage * 4,
        storageType: "gp3",
        storageEncrypted: true,
        username: master,
        password,
        port: postgresPort,
        multiAz,
        dbSubnetGroupName: subnets.name,
        vpcSecurityGroupIds: [args.group],
        publiclyAccessible: false,
        parameterGroupName: parameters.name,
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
      // RDS takes minor versions up by itself; a changed zone would be another server.
      { ...parent, protect: true, ignoreChanges: ["engineVersion", "availabilityZone"] },
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
