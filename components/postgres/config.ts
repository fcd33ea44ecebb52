import type { Tier } from "../app/options.ts";
import type { Limits } from "../container/spec.ts";
import { superuser } from "./roles.ts";

/** Both releases of an overlap hold their pools at once: twice what a release needs. */
const maxConnections: Record<Tier, number> = { small: 100, medium: 150, large: 200 };

/** postgresql.conf; memory in megabytes, from the container's limit (docs: "19.4. Resource Consumption"). */
export function postgresConfig(spec: { readonly limits: Limits; readonly tier: Tier }, configPath: string): string {
  const { memoryMb } = spec.limits;
  const connections = maxConnections[spec.tier];
  const share = (part: number) => `${Math.floor(memoryMb * part)}MB`;
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
    `max_connections = ${connections}`,
    // For the owner role: an app that leaks connections must not keep a backup or an undo out.
    "reserved_connections = 5",
    `shared_buffers = ${share(0.25)}`,
    `effective_cache_size = ${share(0.75)}`,
    `work_mem = ${Math.max(4, Math.floor((memoryMb * 0.5) / connections))}MB`,
    `maintenance_work_mem = ${share(1 / 8)}`,
    `autovacuum_work_mem = ${share(1 / 32)}`,
    // posix would live in the container's /dev/shm of 64 MB, too little for a parallel build of a vector index.
    "dynamic_shared_memory_type = sysv",
    "log_destination = 'stderr'",
    "logging_collector = off",
    "log_line_prefix = '%m [%p] %q%u@%d %a '",
    "log_connections = on",
    "log_disconnections = on",
    "log_statement = 'ddl'",
    "log_lock_waits = on",
    "log_timezone = 'UTC'",
    "timezone = 'UTC'",
  );
}

/**
 * pg_hba.conf; the first line that fits decides. The superuser comes in by the socket alone, as the container's own user, and nobody else
 * does; the network is for passwords; replication and foreign networks fit no line before the last two.
 */
export function hostBasedAccess(): string {
  return lines(
    `local all ${superuser} peer`,
    "local all all reject",
    `host all ${superuser} all reject`,
    "host all all samenet scram-sha-256",
    "host all all all reject",
    "host replication all all reject",
  );
}

function lines(...all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}
