import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Certificate } from "../certificate/resource.ts";
import { type ClusterPlace, secret, service } from "../cluster/resource.ts";
import { StepResource } from "../steps/resource.ts";
import { type ClusterPostgresArgs, trusted } from "./kubernetes.ts";
import {
  acceptsOperated,
  catalogSpec,
  type OperatedSpec,
  operatedApi,
  operatedMonitor,
  operatedName,
  operatedNames,
  operatedRolesSql,
  operatedSpec,
  primaryLabels,
} from "./operated-spec.ts";
import { PostgresRoles, retireLogin, roleUrl } from "./resource.ts";
import { loginRole, ownerRole } from "./roles.ts";
import { postgresAlias, postgresPort } from "./spec.ts";

export interface OperatedPostgresArgs extends Omit<ClusterPostgresArgs, "spec"> {
  readonly spec: OperatedSpec;
  /** A Prometheus of the Prometheus Operator is to be told of the servers. */
  readonly monitored: boolean;
}

/**
 * PostgreSQL by CloudNativePG: the operator runs servers that follow each other, and clients reach the one that writes. The Cluster is kept like a data
 * volume, because the volumes go with it; without the stack it sleeps. A renewed certificate is read in place.
 */
export class OperatedPostgres extends pulumi.ComponentResource {
  readonly cluster: kubernetes.apiextensions.CustomResource;
  /** What needs the database depends on this: the servers are ready, the roles are there, and clients know whom to trust. */
  readonly ready: PostgresRoles;
  /** With the app's password: a secret. */
  readonly appUrl: pulumi.Output<string>;
  readonly #args: OperatedPostgresArgs;

  constructor(name: string, args: OperatedPostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:kubernetes:OperatedPostgres", name, {}, opts);
    this.#args = args;
    const { at, authority, spec, monitored } = args;
    const tls = new Certificate(`${name}-certificate`, { authority, names: operatedNames }, { parent: this });
    this.cluster = this.servers(name, tls);
    // The name by which everybody comes leads to the server that writes.
    const entry = service(at, postgresAlias, { selector: primaryLabels, ports: [postgresPort] }, { parent: this });
    this.ready = this.roles(name, tls, [trusted(args, { parent: this }), entry, this.awake(name)]);
    if (monitored) this.custom("PodMonitor", "monitor-postgres", "monitoring.coreos.com/v1", operatedMonitor);
    this.appUrl = roleUrl(loginRole(spec.database, spec.generation ?? 0), args.appPassword, spec.database);
    this.registerOutputs({ appUrl: this.appUrl });
  }

  /** After the release's proof: the login with the password from before is none any more. */
  retirePasswords(proof: pulumi.Resource, parent: pulumi.Resource): void {
    const { at, spec } = this.#args;
    retireLogin(chosen(at), spec, { parent, dependsOn: proof });
  }

  private servers(name: string, { certificate, key }: Certificate): kubernetes.apiextensions.CustomResource {
    const { at, spec, authority, ownerPassword } = this.#args;
    const own = { parent: this };
    const pair = pulumi.all([certificate, key]).apply(([crt, pem]) => ({ "tls.crt": crt, "tls.key": pem }));
    const login = pulumi.output(ownerPassword).apply((password) => ({ username: ownerRole(spec.database), password }));
    const catalog = this.custom("ImageCatalog", "postgres-image", operatedApi, catalogSpec(spec));
    const parts = {
      ca: secret(
        at,
        `${name}-server-ca`,
        authority.certificate.apply((ca) => ({ "ca.crt": ca })),
        own,
      ),
      tls: secret(at, `${name}-tls`, pair, own),
      owner: secret(at, `${name}-owner`, login, own),
      catalog: catalog.metadata.name,
    };
    return this.custom("Cluster", operatedName, operatedApi, operatedSpec(spec, at, parts), true);
  }

  /** @param protect the data go with it */
  private custom(kind: string, name: string, apiVersion: string, spec: object, protect = false) {
    const { at } = this.#args;
    // The step that follows knows when it is ready.
    const metadata = { name, namespace: at.namespace, annotations: { "pulumi.com/skipAwait": "true" } };
    const opts = { parent: this, provider: at.provider, protect };
    return new kubernetes.apiextensions.CustomResource(name, { apiVersion, kind, metadata, spec }, opts);
  }

  private get revision(): pulumi.Output<string> {
    const { uid, generation } = this.cluster.metadata;
    return pulumi.interpolate`${uid}/${generation}`;
  }

  private awake(name: string): pulumi.Resource {
    const { host } = this.#args.at;
    const inputs = { host, name: operatedName, revision: this.revision, awake: undefined };
    const step = { module: "postgres/operated.step.ts", type: "OperatedServers" };
    return new StepResource(step, `${name}-servers`, inputs, [], { parent: this, dependsOn: this.cluster });
  }

  private roles(name: string, { fingerprint }: Certificate, dependsOn: pulumi.Resource[]): PostgresRoles {
    const { at, spec, ownerPassword, appPassword } = this.#args;
    const { database, generation = 0 } = spec;
    const inputs = {
      ...chosen(at),
      revision: this.revision,
      sql: operatedRolesSql(database, generation),
      accepts: acceptsOperated(database, generation),
      generation,
      ownerPassword,
      appPassword,
      certificate: fingerprint,
    };
    return new PostgresRoles(`${name}-roles`, inputs, { parent: this, dependsOn });
  }
}

function chosen({ host, place }: ClusterPlace) {
  return { host, place, container: operatedName, chosen: { ...primaryLabels } };
}
