import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type Authority, Certificate } from "../certificate/resource.ts";
import { caFile, trustVolume } from "../certificate/spec.ts";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import { file } from "../files/spec.ts";
import { dataVolume, volume } from "../volumes/docker.ts";
import { dataPart } from "../volumes/spec.ts";
import { PostgresRoles, retireLogin, roleUrl } from "./resource.ts";
import { loginRole, ownerRole, rolesSql } from "./roles.ts";
import {
  acceptsApp,
  type PostgresSpec,
  postgresContainer,
  postgresFiles,
  postgresNames,
  postgresSecretFiles,
} from "./spec.ts";

export interface PostgresArgs {
  readonly host: DockerHost;
  readonly spec: PostgresSpec;
  readonly ownerPassword: pulumi.Input<string>;
  readonly appPassword: pulumi.Input<string>;
  readonly network: docker.Network;
  /** Signs the server's certificate; clients find it in the trust volume, see `trustMount`. */
  readonly authority: Authority;
}

/** PostgreSQL on a Docker host, reachable only on the system's private network. */
export class Postgres extends pulumi.ComponentResource {
  readonly container: Part;
  /** What needs the database depends on this: the server accepts, the roles are there, and clients know whom to trust. */
  readonly ready: PostgresRoles;
  /** Both with a password: secrets. */
  readonly ownerUrl: pulumi.Output<string>;
  readonly appUrl: pulumi.Output<string>;
  /** The role that comes in by the app's password of now. */
  readonly login: string;
  readonly #args: PostgresArgs;

  constructor(name: string, args: PostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Postgres", name, {}, opts);
    this.#args = args;
    const { database, generation = 0 } = args.spec;
    const { authority } = args;
    const certificate = new Certificate(`${name}-certificate`, { authority, names: postgresNames }, { parent: this });
    this.container = this.server(name, args, certificate);
    this.ready = this.roles(name, args, certificate, this.trust(args));
    this.ownerUrl = roleUrl(ownerRole(database), args.ownerPassword, database);
    this.login = loginRole(database, generation);
    this.appUrl = roleUrl(this.login, args.appPassword, database);
    this.registerOutputs({ ownerUrl: this.ownerUrl, appUrl: this.appUrl });
  }

  /** After the release's proof: the login with the password from before is none any more. No child of this one, see Redis. */
  retirePasswords(proof: pulumi.Resource, parent: pulumi.Resource): void {
    const { host, spec } = this.#args;
    retireLogin({ ...host, container: this.container.id }, spec, { parent, dependsOn: proof });
  }

  private server(name: string, { host, spec, appPassword, network }: PostgresArgs, tls: Certificate): Part {
    const parent = { parent: this };
    const data = dataVolume(host, dataPart(host.place, "postgres-data"), parent);
    const config = volume(host, "postgres-config", parent);
    const target = { host, image: spec.image, volume: config.name };
    const files = new Files(`${name}-files`, { ...target, entries: [...postgresFiles(spec)] }, parent);
    const entries = pulumi
      .all([appPassword, tls.certificate, tls.key, tls.ca])
      .apply(([password, certificate, key, ca]) => postgresSecretFiles(spec, password, { certificate, key, ca }));
    // One after the other: both write through a container of the same name. Not told to the container, which need not restart.
    const secrets = new Files(`${name}-secrets`, { ...target, entries }, { ...parent, dependsOn: files });
    const dependsOn = [data, config, network, secrets];
    return new Part(host, name, postgresContainer(host.place, spec), { ...parent, dependsOn }, files);
  }

  /** Written in place, so that the next connection of a client that runs reads it. */
  private trust({ host, spec, authority }: PostgresArgs): Files {
    const { name } = volume(host, trustVolume, { parent: this });
    const entries = authority.certificate.apply((ca) => [file(caFile, ca, { uid: 0, gid: 0 })]);
    return new Files(`${trustVolume}-files`, { host, image: spec.image, volume: name, entries }, { parent: this });
  }

  private roles(name: string, args: PostgresArgs, { fingerprint }: Certificate, trust: Files): PostgresRoles {
    const { host, spec, ownerPassword, appPassword } = args;
    const sql = rolesSql(spec.database, spec.generation);
    const inputs = {
      ...host,
      container: this.container.id,
      sql,
      accepts: acceptsApp(spec.database),
      generation: spec.generation ?? 0,
      ownerPassword,
      appPassword,
      certificate: fingerprint,
    };
    return new PostgresRoles(`${name}-roles`, inputs, { parent: this, dependsOn: trust });
  }
}
