import type { Limits } from "../container/spec.ts";
import type { Tier } from "../options/tier.ts";
import { superuser } from "./roles.ts";

export const serverCertificate = "server.crt";
export const serverKey = "server.key";

export const tierConnections: Record<Tier, number> = { small: 100, medium: 150, large: 200 };

/** For the owner role: an app that leaks connections must not keep a dump, a migration, its questions, a rehearsal or an undo out. */
const reservedConnections = 5;
/** PostgreSQL's default, said in so many words because it counts: for the roles step, and for a person who comes to look. */
const superuserConnections = 3;
const healthConnections = 1;
/** Slipway's own, beside what the system asks for. */
export const ownConnections = healthConnections + reservedConnections + superuserConnections;
/** PostgreSQL's default; with less, sorting and joining go to disk. */
const leastWorkMemMb = 4;

/** What must fit at once. @param ofRelease what all replicas of one release hold; in overlap two releases serve */
export function connectionsNeeded(ofRelease: number): number {
  return 2 * ofRelease + ownConnections;
}

/** What may fit: the tier's number, more where each connection still gets its work_mem out of half the memory. */
export function connectionsAllowed({ limits, tier }: Sizing): number {
  return Math.max(tierConnections[tier], Math.floor(workMemory(limits) / leastWorkMemMb));
}

export interface Sizing {
  readonly limits: Limits;
  readonly tier: Tier;
}

/** Megabytes. Beside a quarter in shared_buffers and what maintenance and the system take. */
function workMemory({ memoryMb }: Limits): number {
  return memoryMb * 0.5;
}

/** Who receives the log as it is written. */
export interface Archived {
  /** Its role, which may do that and nothing else. */
  readonly role: string;
  /** Megabytes of the log that are kept at most for one that does not come. */
  readonly slotMb: number;
}

/** What a system wants of its server, wherever that runs. */
export interface Tuning extends Sizing {
  readonly connections: number;
}

/** Memory in megabytes, from the container's limit (docs: "19.4. Resource Consumption"). */
export function memoryParameters(spec: Tuning): Readonly<Record<string, string>> {
  const { memoryMb } = spec.limits;
  const connections = Math.max(tierConnections[spec.tier], connectionsNeeded(spec.connections));
  const share = (part: number) => `${Math.floor(memoryMb * part)}MB`;
  return {
    max_connections: String(connections),
    reserved_connections: String(reservedConnections),
    superuser_reserved_connections: String(superuserConnections),
    shared_buffers: share(0.25),
    effective_cache_size: share(0.75),
    work_mem: `${Math.max(leastWorkMemMb, Math.floor(workMemory(spec.limits) / connections))}MB`,
    maintenance_work_mem: share(1 / 8),
    autovacuum_work_mem: share(1 / 32),
  };
}

/** What the server tells, guide 002, "2.2 Configure PostgreSQL". */
export const logParameters: Readonly<Record<string, string>> = {
  log_connections: "on",
  log_disconnections: "on",
  log_statement: "ddl",
  log_lock_waits: "on",
  log_timezone: "UTC",
  timezone: "UTC",
};

/** postgresql.conf. */
export function postgresConfig(spec: Tuning & { readonly archive?: Archived }, configPath: string): string {
  return lines(
    // All addresses of the container: the private network and its own loopback.
    "listen_addresses = '*'",
    "port = 5432",
    "unix_socket_directories = '/var/run/postgresql'",
    "unix_socket_permissions = 0700",
    `hba_file = '${configPath}/pg_hba.conf'`,
    // What is set is what this file says, after a restart too.
    "allow_alter_system = off",
    "password_encryption = 'scram-sha-256'",
    "ssl = on",
    `ssl_cert_file = '${configPath}/${serverCertificate}'`,
    `ssl_key_file = '${configPath}/${serverKey}'`,
    // libpq, node-pg and whatever else reaches the private network know it; nothing there is older.
    "ssl_min_protocol_version = 'TLSv1.3'",
    ...settings(memoryParameters(spec)),
    // posix would live in the container's /dev/shm of 64 MB, too little for a parallel build of a vector index.
    "dynamic_shared_memory_type = sysv",
    "log_destination = 'stderr'",
    "logging_collector = off",
    "log_line_prefix = '%m [%p] %q%u@%d %a '",
    ...settings(logParameters),
    // Beyond this the server lets go of the log, and the archive begins anew: a gap is told, a full disk stops every write.
    ...(spec.archive === undefined ? [] : [`max_slot_wal_keep_size = ${spec.archive.slotMb}MB`]),
  );
}

function settings(parameters: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(parameters).map(
    ([name, value]) => `${name} = ${/^(on|\d+(MB)?)$/.test(value) ? value : `'${value}'`}`,
  );
}

/** Whom pg_hba.conf lets ask at all: addresses of the server's own networks, or any, where pods have networks of their own and policies decide. */
export type Clients = "samenet" | "all";

/**
 * pg_hba.conf; the first line that fits decides. The superuser comes in by the socket alone, as the container's own user, and nobody else
 * does; the network is for passwords over TLS; foreign networks, and replication but by the archive's role, fit no line before those that refuse.
 */
export function hostBasedAccess(archive?: Archived, clients: Clients = "samenet"): string {
  const receives = archive === undefined ? [] : [`hostssl replication ${archive.role} samenet scram-sha-256`];
  const alone = archive === undefined ? [] : [`host all ${archive.role} all reject`];
  return lines(
    `local all ${superuser} peer`,
    "local all all reject",
    ...hostBasedRules(clients, alone),
    ...receives,
    "host replication all all reject",
  );
}

/** Those of the network. @param first lines that come before everybody's */
export function hostBasedRules(clients: Clients, first: readonly string[] = []): readonly string[] {
  return [
    "hostnossl all all all reject",
    `host all ${superuser} all reject`,
    ...first,
    `hostssl all all ${clients} scram-sha-256`,
    "host all all all reject",
  ];
}

function lines(...all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}
