import {
  type ContainerSpec,
  type Health,
  type Limits,
  labelsFor,
  type Mount,
  type Place,
  resourceName,
} from "../container/spec.ts";
import { directory, file } from "../files/spec.ts";
import { assertDatabaseName, identifier, literal } from "../postgres/roles.ts";
import { postgresAlias, postgresPort, tlsEnv, trustMount } from "../postgres/spec.ts";
import type { FileEntry } from "../steps/runner.ts";

/**
 * PostgreSQL's log, received as it is written, with base backups: a restore to any moment. The server's own image and programs
 * (pg_receivewal, pg_basebackup, pg_verifybackup, pg_archivecleanup), so that their versions always agree with it.
 */
export interface ArchiveSpec {
  /** PostgreSQL's. */
  readonly image: string;
  readonly network: string;
  readonly limits: Limits;
  readonly database: string;
  /** How far back any moment can be restored. */
  readonly windowDays: number;
  readonly baseHours: number;
  /** What the server keeps at most for an archive that does not come, see `PostgresSpec.archive`. */
  readonly slotMb: number;
}

export const archivePart = "archive";
/** Data: of every generation, because a restore may want a moment from before the last one. */
export const archiveVolume = "archive";
export const archiveConfig = "archive-config";
/** Numbers for node exporter, which sees nothing else of the archive. */
export const archiveNotes = "archive-notes";
export const archiveSlot = "slipway_archive";
export const archivePath = "/archive";
export const seriesPath = `${archivePath}/log`;
const configPath = "/etc/archive";
const owner = { uid: 999, gid: 999 };
export const archiveUser = `${owner.uid}:${owner.gid}`;
const passwordFile = "pgpass";

/** It speaks the replication protocol and reads no table: it has no right to any database. */
export function archiveRole(database: string): string {
  return `${database}_archive`;
}

/** Receives PostgreSQL's log as it is written, and takes base backups, as archive.sh says. It reads no table: see `archiveRole`. */
export function archiveContainer(place: Place, spec: ArchiveSpec): ContainerSpec {
  const { image, network, limits, database, windowDays, baseHours, slotMb } = spec;
  return {
    name: resourceName(place, archivePart),
    image,
    command: ["bash", `${configPath}/archive.sh`],
    env: {
      PGHOST: postgresAlias,
      PGPORT: String(postgresPort),
      PGUSER: archiveRole(database),
      PGPASSFILE: `${configPath}/${passwordFile}`,
      PGAPPNAME: archivePart,
      PGCONNECT_TIMEOUT: "10",
      ...tlsEnv,
      ARCHIVE_SLOT: archiveSlot,
      ARCHIVE_SLOT_MB: String(slotMb),
      ARCHIVE_GENERATION: String(place.generation ?? 0),
      ARCHIVE_WINDOW_DAYS: String(windowDays),
      ARCHIVE_BASE_HOURS: String(baseHours),
    },
    user: archiveUser,
    mounts: [
      filledArchive(place),
      writtenNotes(place),
      { volume: resourceName(place, archiveConfig), path: configPath, readOnly: true },
      trustMount(place),
    ],
    tmpfs: ["/tmp"],
    network: [{ name: network, aliases: [archivePart] }],
    labels: labelsFor(place, archivePart, "part"),
    limits,
    capabilities: [],
    health: archiveHealth,
    restart: "unless-stopped",
    stopSignal: "SIGTERM",
    stopGraceSeconds: 10,
  };
}

/** Within the last minute it received, and wrote its numbers. */
export const archiveHealth: Health = {
  test: ["CMD-SHELL", "find /tmp/contact -newermt '-60 seconds' | grep -q ."],
  intervalSeconds: 30,
  timeoutSeconds: 5,
  startPeriodSeconds: 60,
  retries: 3,
};

/** By volume. A fresh volume belongs to root; the archive does not. */
export const archiveFolders: Readonly<Record<string, readonly FileEntry[]>> = {
  [archiveVolume]: [directory("log", owner, 0o700)],
  [archiveNotes]: [directory("metrics", owner)],
};

/** @param script the text of archive.sh */
export function archiveFiles(script: string, password: string): readonly FileEntry[] {
  return [file("archive.sh", script, owner), file(passwordFile, `*:*:*:*:${password}\n`, owner, 0o400)];
}

/** Of whoever fills it. */
export function filledArchive(place: Place): Mount {
  return { volume: resourceName(place, archiveVolume), path: archivePath };
}

/** Of whoever reads it. */
export function archiveMount(place: Place): Mount {
  return { ...filledArchive(place), readOnly: true };
}

/** Of who tells numbers about it. */
export function writtenNotes(place: Place): Mount {
  return { volume: resourceName(place, archiveNotes), path: "/notes" };
}

/** Where node exporter finds the numbers. */
export function archiveNotesOf(place: Place): { readonly mount: Mount; readonly folder: string } {
  const path = "/var/lib/slipway-archive";
  return { mount: { volume: resourceName(place, archiveNotes), path, readOnly: true }, folder: `${path}/metrics` };
}

export const archivePasswordVariable = "SLIPWAY_ARCHIVE_PASSWORD";

/** For the superuser; may run again and again. Two connections receive and look, one more copies a base. */
export function archiveRoleSql(database: string): string {
  assertDatabaseName(database);
  const role = identifier(archiveRole(database));
  const rights = "NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS";
  return [
    "SET log_statement = 'none';",
    "SET log_min_error_statement = 'panic';",
    `\\getenv archive_password ${archivePasswordVariable}`,
    `SELECT ${literal(`CREATE ROLE ${role}`)} WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(archiveRole(database))}) \\gexec`,
    `ALTER ROLE ${role} LOGIN REPLICATION ${rights} CONNECTION LIMIT 8 PASSWORD :'archive_password';`,
    "",
  ].join("\n");
}

/** When nobody receives any more: a slot that is left would keep the log until the disk is full. */
export function archiveDropSql(database: string): string {
  const role = archiveRole(database);
  const ours = `FROM pg_replication_slots WHERE slot_name = ${literal(archiveSlot)}`;
  return [
    `SELECT ${literal(`ALTER ROLE ${identifier(role)} NOLOGIN PASSWORD NULL`)} WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(role)}) \\gexec`,
    `SELECT pg_terminate_backend(active_pid, 5000) ${ours} AND active_pid IS NOT NULL;`,
    `SELECT pg_drop_replication_slot(slot_name) ${ours};`,
    "",
  ].join("\n");
}
