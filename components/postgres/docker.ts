import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import { StepResource } from "../steps/resource.ts";
import { dataVolume, volume } from "../volumes/docker.ts";
import type { PostgresRolesInputs, PostgresRolesOutputs } from "./roles.step.ts";
import { appRole, ownerRole, rolesSql } from "./roles.ts";
import { type PostgresSpec, postgresContainer, postgresFiles, postgresSecretFiles, postgresUrl } from "./spec.ts";

export interface PostgresArgs {
  readonly host: DockerHost;
  readonly spec: PostgresSpec;
  readonly ownerPassword: pulumi.Input<string>;
  readonly appPassword: pulumi.Input<string>;
  readonly network: docker.Network;
}

/** PostgreSQL on a Docker host, reachable only on the system's private network. */
export class Postgres extends pulumi.ComponentResource {
  readonly container: Part;
  /** What needs the database depends on this: the server accepts and the roles are there. */
  readonly ready: PostgresRoles;
  /** Both with a password: secrets. */
  readonly ownerUrl: pulumi.Output<string>;
  readonly appUrl: pulumi.Output<string>;

  constructor(name: string, args: PostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Postgres", name, {}, opts);
    const { database } = args.spec;
    this.container = this.server(name, args);
    this.ready = this.roles(name, args);
    this.ownerUrl = url(ownerRole(database), args.ownerPassword, database);
    this.appUrl = url(appRole(database), args.appPassword, database);
    this.registerOutputs({ ownerUrl: this.ownerUrl, appUrl: this.appUrl });
  }

  private server(name: string, { host, spec, appPassword, network }: PostgresArgs): Part {
    const parent = { parent: this };
    const data = dataVolume(host, "postgres-data", parent);
    const config = volume(host, "postgres-config", parent);
    const target = { host, image: spec.image, volume: config.name };
    const files = new Files(`${name}-files`, { ...target, entries: [...postgresFiles(spec)] }, parent);
    const entries = pulumi.output(appPassword).apply(postgresSecretFiles);
    // One after the other: both write through a container of the same name. Not told to the container, which need not restart.
    const secrets = new Files(`${name}-secrets`, { ...target, entries }, { ...parent, dependsOn: files });
    const dependsOn = [data, config, network, secrets];
    return new Part(host, name, postgresContainer(host.place, spec), { ...parent, dependsOn }, files);
  }

  private roles(name: string, { host, spec, ownerPassword, appPassword }: PostgresArgs): PostgresRoles {
    const sql = rolesSql(spec.database);
    const inputs = { ...host, container: this.container.id, sql, ownerPassword, appPassword };
    return new PostgresRoles(`${name}-roles`, inputs, { parent: this });
  }
}

/** The roles, databases and rights in the server, see roles.step.ts. */
export class PostgresRoles extends StepResource {
  declare readonly ready: pulumi.Output<PostgresRolesOutputs["ready"]>;
  declare readonly version: pulumi.Output<PostgresRolesOutputs["version"]>;

  constructor(
    name: string,
    args: { [K in keyof PostgresRolesInputs]: pulumi.Input<PostgresRolesInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      { module: "postgres/roles.step.ts", type: "PostgresRoles" },
      name,
      {
        ...args,
        ready: undefined,
        version: undefined,
      },
      ["ownerPassword", "appPassword"],
      opts,
    );
  }
}

function url(role: string, password: pulumi.Input<string>, database: string): pulumi.Output<string> {
  return pulumi.secret(pulumi.output(password).apply((known) => postgresUrl(role, known, database)));
}
