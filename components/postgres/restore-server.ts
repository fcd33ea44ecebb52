import { randomBytes } from "node:crypto";
import { type ContainerSpec, labelsFor, type Mount, type Place, resourceName } from "../container/spec.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Runner } from "../steps/runner.ts";
import { reconcileRoles } from "./roles.step.ts";
import { ownerRole, rolesSql } from "./roles.ts";
import { initdbArguments, postgresDataPath, postgresUser } from "./spec.ts";

export interface RestoreServer {
  readonly image: string;
  /** For the data; an empty one is initialised. */
  readonly volume: string;
  readonly database: string;
  /** The volume has a base backup, from which the server recovers. @default it is empty, and filled at once */
  readonly recovery?: Recovery;
}

export interface Recovery {
  readonly mounts: readonly Mount[];
  readonly settings: Readonly<Record<string, string>>;
  /** Until it takes connections. */
  readonly awaited: (server: string) => Promise<void>;
}

/**
 * A server of its own on a volume that serves nobody, for a restore: it has no network, and its socket lies among its data, so that a session
 * with the same volume reaches it as the owner. It stops cleanly before this ends: what is on the volume then is a whole cluster.
 */
export async function withRestoreServer<T>(
  runner: Runner,
  place: Place,
  wish: RestoreServer,
  work: (server: string) => Promise<T>,
): Promise<T> {
  const id = await runner.create(serverSpec(place, wish));
  try {
    await runner.start(id);
    await wish.recovery?.awaited(id);
    // Throw-away passwords: with the next `up` the roles step gives both roles the stack's own.
    const [ownerPassword, appPassword] = [randomBytes(24).toString("hex"), randomBytes(24).toString("hex")];
    const sql = rolesSql(wish.database);
    const inputs = {
      host: "",
      place,
      container: id,
      sql,
      accepts: "true",
      ownerPassword,
      appPassword,
      certificate: "",
    };
    await reconcileRoles(runner, inputs);
    const done = await work(id);
    await runner.stop(id, stopSeconds);
    const ended = await runner.inspect(id);
    if (ended?.exitCode !== 0)
      throw new StepFailure(`the server for the restore did not stop cleanly: ${await runner.logs(id, 10)}`);
    return done;
  } finally {
    await runner.remove(id);
  }
}

const stopSeconds = 120;

/** Variables of a session that reaches it. */
export function restoreServerEnv(database: string): Readonly<Record<string, string>> {
  return { HOME: "/tmp", PGHOST: postgresDataPath, PGUSER: ownerRole(database), PGDATABASE: database };
}

/**
 * For who fills an empty server from a dump, after PostgreSQL's "Populating a Database": nothing of it needs to survive a crash, after which it would
 * be filled anew. What was loaded is on the disk all the same when the server has stopped, because `fsync` stays on.
 */
const filling = {
  // A table that is made and filled in one transaction needs no log.
  wal_level: "minimal",
  max_wal_senders: "0",
  max_wal_size: "2GB",
  synchronous_commit: "off",
  full_page_writes: "off",
  autovacuum: "off",
  maintenance_work_mem: "192MB",
};

function serverSpec(place: Place, { image, volume, recovery }: RestoreServer): ContainerSpec {
  const settings = Object.entries(recovery?.settings ?? filling);
  return {
    name: resourceName(place, "restore-server", randomBytes(4).toString("hex")),
    image,
    command: [
      "postgres",
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      `unix_socket_directories=/var/run/postgresql,${postgresDataPath}`,
      ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    env: {
      POSTGRES_PASSWORD: randomBytes(24).toString("hex"),
      POSTGRES_INITDB_ARGS: initdbArguments,
    },
    user: postgresUser,
    mounts: [{ volume, path: postgresDataPath }, ...(recovery?.mounts ?? [])],
    tmpfs: ["/tmp", "/var/run/postgresql"],
    network: [],
    labels: labelsFor(place, "restore-server", "session"),
    limits: { cpus: 2, memoryMb: 1024, pids: 128 },
    capabilities: [],
    restart: "no",
    stopSignal: "SIGINT",
    stopGraceSeconds: stopSeconds,
  };
}
