import { caFile, trustPath, trustVolume } from "../certificate/spec.ts";
import {
  type ContainerSpec,
  type Health,
  type Limits,
  labelsFor,
  type Mount,
  type Place,
  resourceName,
} from "../container/spec.ts";
import { file } from "../files/spec.ts";
import type { Tier } from "../options/tier.ts";
import type { FileEntry } from "../steps/runner.ts";
import { dataPart } from "../volumes/spec.ts";
import {
  type Archived,
  type Clients,
  hostBasedAccess,
  postgresConfig,
  serverCertificate,
  serverKey,
} from "./config.ts";
import { assertDatabaseName, loginRole } from "./roles.ts";

/** PostgreSQL 17 with pgvector, reachable on the private network only. One database, two roles, see roles.ts. */
export interface PostgresSpec {
  readonly image: string;
  readonly network: string;
  readonly limits: Limits;
  /** Decides how many connections there are; the rest of the tuning follows from the memory limit. */
  readonly tier: Tier;
  /** What all replicas of one release of the system hold at most. */
  readonly connections: number;
  /** Name of the system's database. */
  readonly database: string;
  /** Of the app's password, see `loginRole`. @default 0 */
  readonly generation?: number;
  /** @default nobody receives the log */
  readonly archive?: Archived;
  /** @default samenet */
  readonly clients?: Clients;
}

export const postgresAlias = "postgres";
export const postgresPort = 5432;
export const postgresUser = "999:999";
/** Images before 18 keep the data here; a wrong path would lose them without a word. */
export const postgresDataPath = "/var/lib/postgresql/data";
/** Under which clients, and the health check, come. */
export const postgresNames = [postgresAlias, "localhost", "127.0.0.1"] as const;
const owner = { uid: 999, gid: 999 };
const configPath = "/usr/local/etc/postgres";
const passwordFile = "app-password";
const roleFile = "app-role";
/** Where the server's own container has whom to trust. */
export const insideCa = `${configPath}/${caFile}`;

/**
 * Of a new cluster. The builtin locale sorts the same in every image and after every update of libc, whose own collations corrupt indexes when
 * they change.
 */
export const initdbArguments =
  "--data-checksums --encoding=UTF8 --locale=C.UTF-8 --locale-provider=builtin --builtin-locale=C.UTF-8";

/** PostgreSQL on a Docker host: its config from a volume, TLS by the stack's own CA, a superuser who cannot log in by network. */
export function postgresContainer(place: Place, spec: PostgresSpec): ContainerSpec {
  return {
    name: resourceName(place, "postgres"),
    image: spec.image,
    command: ["postgres", "-c", `config_file=${configPath}/postgresql.conf`],
    env: {
      // The image wants one to begin with. The roles step takes the superuser's password away; until then no line of
      // pg_hba.conf lets the superuser in by network.
      POSTGRES_PASSWORD_FILE: `${configPath}/${passwordFile}`,
      POSTGRES_INITDB_ARGS: initdbArguments,
    },
    user: postgresUser,
    mounts: [
      { volume: resourceName(place, dataPart(place, "postgres-data")), path: postgresDataPath },
      { volume: resourceName(place, "postgres-config"), path: configPath, readOnly: true },
    ],
    tmpfs: ["/tmp", "/var/run/postgresql"],
    network: [{ name: spec.network, aliases: [postgresAlias] }],
    labels: labelsFor(place, "postgres", "part"),
    limits: spec.limits,
    capabilities: [],
    health: health(spec.database),
    restart: "unless-stopped",
    // SIGINT is the fast shutdown: sessions end, a checkpoint is written. SIGTERM would wait for every session.
    stopSignal: "SIGINT",
    stopGraceSeconds: 60,
  };
}

/** Exits with 0 when the server takes the app in. What the app does: TLS, scram, its own database. pg_isready answers 0 before there are roles, and to any password. */
export function acceptsApp(database: string): string {
  const query = `psql -XAt -h 127.0.0.1 -U "$(cat ${configPath}/${roleFile})" -d ${database} -c 'SELECT 1'`;
  // As strictly as every client: a certificate that has ended, or that another CA signed, is no healthy server.
  const tls = `PGSSLMODE=verify-full PGSSLROOTCERT=${insideCa}`;
  const variables = `PGAPPNAME=health PGCONNECT_TIMEOUT=3 ${tls}`;
  return `PGPASSWORD="$(cat ${configPath}/${passwordFile})" ${variables} ${query} | grep -qx 1`;
}

function health(database: string): Health {
  return {
    test: ["CMD-SHELL", acceptsApp(database)],
    intervalSeconds: 10,
    timeoutSeconds: 5,
    // The first start makes the cluster, and the roles step the role.
    startPeriodSeconds: 60,
    retries: 3,
  };
}

/** What the server reads at its start: changed files restart it. */
export function postgresFiles(spec: PostgresSpec): readonly FileEntry[] {
  assertDatabaseName(spec.database);
  return [
    file("postgresql.conf", postgresConfig(spec, configPath), owner),
    file("pg_hba.conf", hostBasedAccess(spec.archive, spec.clients), owner),
  ];
}

/** PEM texts of `Certificate`. */
export interface ServerTls {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

/** What the health check reads each time, and the server when the roles step tells it to: changed ones restart nothing. */
export function postgresSecretFiles(
  { database, generation = 0 }: Pick<PostgresSpec, "database" | "generation">,
  appPassword: string,
  tls: ServerTls,
): readonly FileEntry[] {
  return [
    // In a file, so that another role is another file and no other container.
    file(roleFile, loginRole(database, generation), owner),
    file(passwordFile, appPassword, owner, 0o400),
    file(serverCertificate, tls.certificate, owner),
    // The server refuses a key that others may read.
    file(serverKey, tls.key, owner, 0o600),
    file(caFile, tls.ca, owner),
  ];
}

/** Where every client of the stack finds whom to trust. */
export function trustMount(place: Place): Mount {
  return { volume: resourceName(place, trustVolume), path: trustPath, readOnly: true };
}

/** libpq's variables of a client that verifies the server. */
export const tlsEnv = { PGSSLMODE: "verify-full", PGSSLROOTCERT: `${trustPath}/${caFile}` } as const;

/** The same as the query of an address; libpq, psycopg, pgx and node-pg read these words. */
export const tlsQuery = `sslmode=${tlsEnv.PGSSLMODE}&sslrootcert=${tlsEnv.PGSSLROOTCERT}`;

/** As the app gets it. */
export function postgresUrl(role: string, password: string, database: string, host: string = postgresAlias): string {
  const account = `${encodeURIComponent(role)}:${encodeURIComponent(password)}`;
  return `postgresql://${account}@${host}:${postgresPort}/${encodeURIComponent(database)}?${tlsQuery}`;
}
