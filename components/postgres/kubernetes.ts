import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Authority, Certificate } from "../certificate/resource.ts";
import { caFile, trustVolume } from "../certificate/spec.ts";
import { type ClusterPlace, claim, configFiles, contentsOf, part, secret } from "../cluster/resource.ts";
import { resourceName } from "../container/spec.ts";
import { dataPart } from "../volumes/spec.ts";
import { postgresPod, postgresPodContainer, postgresProbes } from "./pod.ts";
import { PostgresRoles, retireLogin, roleUrl } from "./resource.ts";
import { loginRole, rolesSql } from "./roles.ts";
import {
  acceptsApp,
  type PostgresSpec,
  postgresFiles,
  postgresNames,
  postgresPort,
  postgresSecretFiles,
} from "./spec.ts";

export interface ClusterPostgresArgs {
  readonly at: ClusterPlace;
  readonly spec: PostgresSpec;
  readonly ownerPassword: pulumi.Input<string>;
  readonly appPassword: pulumi.Input<string>;
  /** Signs the server's certificate; clients find it in the ConfigMap `trust`. */
  readonly authority: Authority;
}

/** PostgreSQL in a stack's namespace. A changed password and a renewed certificate restart it: they are files of a Secret. */
export class ClusterPostgres extends pulumi.ComponentResource {
  readonly server: kubernetes.apps.v1.StatefulSet;
  /** What needs the database depends on this: the server accepts, the roles are there, and clients know whom to trust. */
  readonly ready: PostgresRoles;
  /** With the app's password: a secret. */
  readonly appUrl: pulumi.Output<string>;
  readonly #args: ClusterPostgresArgs;

  constructor(name: string, args: ClusterPostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:kubernetes:Postgres", name, {}, opts);
    this.#args = args;
    const { database, generation = 0 } = args.spec;
    const { authority } = args;
    const tls = new Certificate(`${name}-certificate`, { authority, names: postgresNames }, { parent: this });
    this.server = this.statefulSet(name, tls);
    this.ready = this.roles(name, tls, trusted(args, { parent: this }));
    this.appUrl = roleUrl(loginRole(database, generation), args.appPassword, database);
    this.registerOutputs({ appUrl: this.appUrl });
  }

  /** After the release's proof: the login with the password from before is none any more. */
  retirePasswords(proof: pulumi.Resource, parent: pulumi.Resource): void {
    const { at, spec } = this.#args;
    const server = { host: at.host, place: at.place, container: postgresPod };
    retireLogin(server, spec, { parent, dependsOn: proof });
  }

  private statefulSet(name: string, { certificate, key, ca }: Certificate): kubernetes.apps.v1.StatefulSet {
    const { at, spec, appPassword } = this.#args;
    const own = { parent: this };
    const data = claim(at, resourceName(at.place, dataPart(at.place, "postgres-data")), own);
    const secrets = pulumi
      .all([appPassword, certificate, key, ca])
      .apply(([password, ...pem]) =>
        contentsOf(postgresSecretFiles(spec, password, { certificate: pem[0], key: pem[1], ca: pem[2] })),
      );
    const files = {
      kind: "files",
      configMap: configFiles(at, "postgres-config", postgresFiles(spec), own),
      secret: secret(at, "postgres-secrets", secrets, own),
    } as const;
    const volumes = { [resourceName(at.place, "postgres-config")]: files };
    const container = postgresPodContainer(at.place, spec);
    const wish = { spec: container, volumes, port: postgresPort, probes: postgresProbes(spec.database), after: [data] };
    return part(at, name, wish, own);
  }

  private roles(name: string, { fingerprint }: Certificate, trust: pulumi.Resource): PostgresRoles {
    const { at, spec, ownerPassword, appPassword } = this.#args;
    const { uid, generation } = this.server.metadata;
    const inputs = {
      host: at.host,
      place: at.place,
      container: postgresPod,
      revision: pulumi.interpolate`${uid}/${generation}`,
      sql: rolesSql(spec.database, spec.generation),
      accepts: acceptsApp(spec.database),
      generation: spec.generation ?? 0,
      ownerPassword,
      appPassword,
      certificate: fingerprint,
    };
    return new PostgresRoles(`${name}-roles`, inputs, { parent: this, dependsOn: trust });
  }
}

/** Whom clients trust. By a name that does not change: a pod that runs reads another CA in place. */
export function trusted(
  { at, authority }: Pick<ClusterPostgresArgs, "at" | "authority">,
  opts: pulumi.CustomResourceOptions,
): kubernetes.core.v1.ConfigMap {
  return new kubernetes.core.v1.ConfigMap(
    trustVolume,
    { metadata: { name: trustVolume, namespace: at.namespace }, data: { [caFile]: authority.certificate } },
    { ...opts, provider: at.provider },
  );
}
