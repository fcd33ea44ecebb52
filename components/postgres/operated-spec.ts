import { labelsFor, type Place } from "../container/spec.ts";
import type { Tier } from "../options/tier.ts";
import { hostBasedRules, logParameters, memoryParameters, type Tuning } from "./config.ts";
import { identifier, loginRole, maintenanceDatabase, ownerRole, passwordVariables, rolesSql } from "./roles.ts";
import { postgresAlias, postgresNames, postgresUser } from "./spec.ts";

/** PostgreSQL as a Cluster of CloudNativePG; pure. Of the operator's API, `postgresql.cnpg.io/v1`. */

export interface OperatedSpec extends Tuning {
  readonly image: string;
  readonly database: string;
  /** Of the app's password, see `loginRole`. @default 0 */
  readonly generation?: number;
  readonly instances: number;
}

export const operatedApi = "postgresql.cnpg.io/v1";
/** Of the Cluster: its servers are postgres-1, postgres-2. */
export const operatedName = postgresAlias;
/** Family of our image and of the official one, whose names tell the operator nothing. */
const major = 17;
/** Where the operator asks a server how it is. */
export const statusPort = 8000;
export const metricsPort = 9187;

/** Of every pod that the operator makes for the Cluster. */
export const operatedLabels = { "cnpg.io/cluster": operatedName } as const;
/** Of the server that writes, whichever it is now. */
export const primaryLabels = { ...operatedLabels, "cnpg.io/instanceRole": "primary" } as const;

/** Clients come by the name that they use everywhere; servers to each other by the operator's. */
export const operatedNames = [...postgresNames, ...["rw", "ro", "r"].map((each) => `${operatedName}-${each}`)] as const;

const tierInstances: Record<Tier, number> = { small: 1, medium: 3, large: 3 };

/** How many servers: what config says, else one in tier small and three above, of which any may be lost. */
export function instancesOf(tier: Tier, wanted: number | undefined): number {
  return wanted ?? tierInstances[tier];
}

export interface OperatedPlace {
  readonly place: Place;
  readonly storageClass: string | undefined;
  readonly volumeGb: number;
}

/** Names of Secrets and of the catalogue, which are known late. */
export interface OperatedParts<Name> {
  /** `ca.crt` of the stack's CA. */
  readonly ca: Name;
  /** `tls.crt` and `tls.key` of the servers. */
  readonly tls: Name;
  /** `username` and `password` of the owner role. */
  readonly owner: Name;
  readonly catalog: Name;
}

/** The image by its major version: the operator would read that from a tag, and ours has a hash. */
export function catalogSpec({ image }: Pick<OperatedSpec, "image">) {
  return { images: [{ major, image }] };
}

/** The Cluster's `spec`: what postgresql.conf, initdb and the StatefulSet say of a server without operator stands here in the operator's words. */
export function operatedSpec<Name>(
  spec: OperatedSpec,
  { place, storageClass, volumeGb }: OperatedPlace,
  { ca, tls, owner, catalog }: OperatedParts<Name>,
) {
  const { instances, database, limits } = spec;
  const [uid, gid] = postgresUser.split(":").map(Number);
  return {
    instances,
    imageCatalogRef: { apiGroup: operatedApi.split("/")[0], kind: "ImageCatalog", name: catalog, major },
    imagePullPolicy: "IfNotPresent",
    postgresUID: uid,
    postgresGID: gid,
    bootstrap: {
      initdb: {
        database,
        owner: ownerRole(database),
        secret: { name: owner },
        dataChecksums: true,
        encoding: "UTF8",
        localeCollate: "C.UTF-8",
        localeCType: "C.UTF-8",
        localeProvider: "builtin",
        builtinLocale: "C.UTF-8",
      },
    },
    postgresql: {
      parameters: { ...memoryParameters(spec), ...logParameters, password_encryption: "scram-sha-256" },
      // The operator's own lines come before: its socket, and its servers to each other by certificate.
      pg_hba: [...hostBasedRules("all")],
      ...(instances > 1 && { synchronous: synchronous(instances) }),
    },
    // The superuser comes by the socket alone, and has no password.
    enableSuperuserAccess: false,
    certificates: { serverCASecret: ca, serverTLSSecret: tls },
    storage: { size: `${volumeGb}Gi`, ...(storageClass !== undefined && { storageClass }) },
    resources: {
      requests: { cpu: `${Math.ceil(limits.cpus * 250)}m`, memory: `${limits.memoryMb}Mi` },
      limits: { cpu: `${Math.round(limits.cpus * 1000)}m`, memory: `${limits.memoryMb}Mi` },
    },
    inheritedMetadata: { labels: labelsFor(place, "postgres", "part") },
    // One after the other; the one that writes hands over before it restarts.
    primaryUpdateStrategy: "unsupervised",
    primaryUpdateMethod: instances > 1 ? "switchover" : "restart",
    // A smart shutdown waits for every session, and an app's never end.
    smartShutdownTimeout: 1,
    stopDelay: 60,
    affinity: { enablePodAntiAffinity: true, podAntiAffinityType: "preferred", topologyKey: "kubernetes.io/hostname" },
  };
}

/**
 * What is acknowledged is on two servers. With a third one a write waits for either of the others; of two, the one that writes goes on alone while the
 * other is away, since otherwise losing any of them would stop all writes.
 */
function synchronous(instances: number) {
  return { method: "any", number: 1, dataDurability: instances > 2 ? "required" : "preferred" };
}

/** By it the servers come to each other, by certificate. */
const replica = "streaming_replica";

/** The roles' script, which shuts everybody out of the maintenance database but the owner: a server that is to follow the new one asks it there. */
export function operatedRolesSql(database: string, generation = 0): string {
  const grant = `GRANT CONNECT ON DATABASE ${identifier(maintenanceDatabase)} TO ${identifier(replica)};`;
  return `${grant}\n${rolesSql(database, generation)}`;
}

/** As `acceptsApp`, in a pod that has neither the role nor its password in a file. */
export function acceptsOperated(database: string, generation = 0): string {
  const query = `psql -XAt -h 127.0.0.1 -U ${loginRole(database, generation)} -d ${database} -c 'SELECT 1'`;
  const tls = "PGSSLMODE=verify-full PGSSLROOTCERT=/controller/certificates/server-ca.crt";
  return `PGPASSWORD="$${passwordVariables.app}" PGAPPNAME=health PGCONNECT_TIMEOUT=3 ${tls} ${query} | grep -qx 1`;
}

/** For a Prometheus of the Prometheus Operator. */
export const operatedMonitor = {
  selector: { matchLabels: operatedLabels },
  podMetricsEndpoints: [{ port: "metrics", interval: "15s" }],
};
