import { stringify } from "yaml";
import {
  archiveConfig,
  archiveHealth,
  archiveNotes,
  archivePart,
  archivePath,
  archiveVolume,
  filledArchive,
  writtenNotes,
} from "../archive/spec.ts";
import { type ContainerSpec, type Limits, labelsFor, type Mount, type Place, resourceName } from "../container/spec.ts";
import { directory, file, ownerOf } from "../files/spec.ts";
import type { FileEntry } from "../steps/runner.ts";

/**
 * SQLite's log, received as it is written, by Litestream 0.5: what `components/archive` is for PostgreSQL, by the same name, volumes and numbers,
 * because a system has one of them.
 *
 * It holds a read lock and makes every checkpoint, and makes tables of its own in the database (`_litestream_seq`, `_litestream_lock`). Where
 * another file is put in the place of the database's, by an undo or on the way back, it is stopped before (pause.ts) and begins a new log after.
 */
export interface LitestreamSpec {
  readonly image: string;
  readonly network: string;
  /** The product's: SQLite's files belong to it. */
  readonly user: string;
  /** The database's file, as the product sees it. */
  readonly database: string;
  /** The product's own volumes, on one of which it lies. */
  readonly mounts: readonly Mount[];
  readonly limits: Limits;
  /** How far back any moment can be restored. */
  readonly windowDays: number;
}

/** How far back to the second; before that to half a minute. Each second with a write is a file so long. */
export const preciseHours = 24;
export const seriesPath = `${archivePath}/sqlite`;
const configPath = "/etc/archive";
export const logScript = `${configPath}/litestream.sh`;

/** Of a write: how long it may be on the host alone, in the log that is lost with the volume. */
const syncSeconds = 1;
/** What seconds are merged into, once they are older than `preciseHours`. */
const mergedSeconds = 30;

/** What Litestream reads; litestream.sh puts the log's folder in. Its state lies with the log and not beside the database, which belongs to sets and restores. */
export function litestreamConfig({ database, windowDays }: Pick<LitestreamSpec, "database" | "windowDays">): string {
  return stringify({
    "l0-retention": `${preciseHours}h`,
    levels: [{ interval: `${mergedSeconds}s` }, { interval: "5m" }, { interval: "1h" }],
    // A restore replays at most a day; the oldest snapshot of the window and what came after it stay.
    snapshot: { interval: "24h", retention: `${(windowDays + 1) * 24}h` },
    dbs: [
      {
        path: database,
        "meta-path": "SERIES/state",
        "monitor-interval": `${syncSeconds}s`,
        "busy-timeout": "5s",
        replica: { type: "file", path: "SERIES/replica", "sync-interval": `${syncSeconds}s` },
      },
    ],
  });
}

/** @param script the text of litestream.sh */
export function litestreamFiles(spec: LitestreamSpec, script: string): readonly FileEntry[] {
  const owner = ownerOf(spec.user);
  return [file("litestream.sh", script, owner), file("litestream.yml", litestreamConfig(spec), owner)];
}

/** By volume. A fresh volume belongs to root; the log does not. */
export function litestreamFolders(spec: Pick<LitestreamSpec, "user">): Readonly<Record<string, readonly FileEntry[]>> {
  const owner = ownerOf(spec.user);
  return { [archiveVolume]: [directory("sqlite", owner, 0o700)], [archiveNotes]: [directory("metrics", owner)] };
}

/** It asks nobody and nobody asks it; of the stack's networks it is on the one without a way out. */
export function litestreamContainer(place: Place, spec: LitestreamSpec): ContainerSpec {
  const { image, network, user, database, mounts, limits } = spec;
  return {
    name: resourceName(place, archivePart),
    image,
    entrypoint: ["bash", logScript],
    command: [],
    env: { LITESTREAM_DATABASE: database, LITESTREAM_GENERATION: String(place.generation ?? 0) },
    user,
    mounts: [
      ...mounts,
      filledArchive(place),
      writtenNotes(place),
      { volume: resourceName(place, archiveConfig), path: configPath, readOnly: true },
    ],
    tmpfs: ["/tmp"],
    network: [{ name: network, aliases: [archivePart] }],
    labels: labelsFor(place, archivePart, "part"),
    limits,
    capabilities: [],
    health: archiveHealth,
    restart: "unless-stopped",
    stopSignal: "SIGTERM",
    stopGraceSeconds: 30,
  };
}

/**
 * How much of what was written just before a moment may be missing when it is restored, in seconds; of what came after it nothing is there. It
 * is told before somebody agrees. @param away of the log off the host
 */
export function missingSeconds(at: Date, now: Date, away = false): number {
  return !away && now.getTime() - at.getTime() < preciseHours * 3_600_000 ? syncSeconds : mergedSeconds;
}
