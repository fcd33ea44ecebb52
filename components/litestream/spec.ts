import { stringify } from "yaml";
import { type ContainerSpec, type Limits, labelsFor, type Mount, type Place, resourceName } from "../container/spec.ts";
import { file } from "../files/spec.ts";
import type { FileEntry } from "../steps/runner.ts";

/**
 * SQLite's log, received as it is written, by Litestream 0.5: what `components/archive` is for PostgreSQL. PURE PARTS ALONE: no platform places it
 * yet, and `slipway:backup.continuous` refuses SQLite. What is to be settled first, each seen in Litestream's own source:
 *
 * - It makes tables of its own in the database (`_litestream_seq`, `_litestream_lock`): the comparison of schemas for drift must leave them out,
 *   and a set has them.
 * - It holds a read lock and makes every checkpoint. Where a restore puts another file in the place of the database's (the undo of a stop-first
 *   release), it must have stopped before and begin a new log after: it is stopped with the writer, not beside it.
 * - Later than 0.5.9 it wants a newer Go than Debian's, of which its image would be built.
 */
export interface LitestreamSpec {
  readonly image: string;
  /** Where its numbers are asked for. */
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
  /** How far back to the second; before that to half a minute. Each second with a write is a file so long. */
  readonly preciseHours: number;
}

export const litestreamPart = "litestream";
/** By the same name as PostgreSQL's: a system has one of them. */
const archiveVolume = "archive";
const archivePath = "/archive";
const configPath = "/etc/litestream";
const configFile = "litestream.yml";
export const metricsPort = 9092;

/** Of a write: how long it may be on the host alone, in the log that is lost with the volume. */
const syncSeconds = 1;
/** What seconds are merged into, once they are older than `preciseHours`. */
const mergedSeconds = 30;

/** One log a generation: a restore begins another. */
export function logPath({ generation = 0 }: Pick<Place, "generation">): string {
  return `${archivePath}/sqlite-g${generation}`;
}

/** What Litestream reads. Its state lies with the log and not beside the database, which belongs to sets and restores. */
export function litestreamConfig(
  place: Pick<Place, "generation">,
  { database, windowDays, preciseHours }: Pick<LitestreamSpec, "database" | "windowDays" | "preciseHours">,
): string {
  const log = logPath(place);
  return stringify({
    addr: `:${metricsPort}`,
    "l0-retention": `${preciseHours}h`,
    levels: [{ interval: `${mergedSeconds}s` }, { interval: "5m" }, { interval: "1h" }],
    // A restore replays at most a day; the oldest snapshot of the window and what came after it stay.
    snapshot: { interval: "24h", retention: `${(windowDays + 1) * 24}h` },
    dbs: [
      {
        path: database,
        "meta-path": `${log}/state`,
        "monitor-interval": `${syncSeconds}s`,
        "busy-timeout": "5s",
        replica: { type: "file", path: `${log}/replica`, "sync-interval": `${syncSeconds}s` },
      },
    ],
  });
}

export function litestreamFiles(place: Place, spec: LitestreamSpec): readonly FileEntry[] {
  const [uid = 0, gid = 0] = spec.user.split(":").map(Number);
  return [file(configFile, litestreamConfig(place, spec), { uid, gid })];
}

export function litestreamContainer(place: Place, spec: LitestreamSpec): ContainerSpec {
  const { image, network, user, mounts, limits } = spec;
  return {
    name: resourceName(place, litestreamPart),
    image,
    command: ["replicate", "-config", `${configPath}/${configFile}`],
    env: {},
    user,
    mounts: [
      ...mounts,
      { volume: resourceName(place, archiveVolume), path: archivePath },
      { volume: resourceName(place, `${litestreamPart}-config`), path: configPath, readOnly: true },
    ],
    tmpfs: ["/tmp"],
    network: [{ name: network, aliases: [litestreamPart] }],
    labels: labelsFor(place, litestreamPart, "part"),
    limits,
    capabilities: [],
    restart: "unless-stopped",
    stopSignal: "SIGTERM",
    // It sends what is left of the log before it ends.
    stopGraceSeconds: 30,
  };
}

/** Writes the database of a moment to a file that is not there yet, from the log of the generation that served then. */
export function recoverFile(of: Pick<Place, "generation">, at: Date, to: string): readonly string[] {
  return ["litestream", "restore", "-timestamp", at.toISOString(), "-o", to, `file://${logPath(of)}/replica`];
}

/**
 * How much of what was written just before a moment may be missing when it is restored, in seconds; of what came after it nothing is there. It
 * is told before somebody agrees.
 */
export function missingSeconds(at: Date, now: Date, { preciseHours }: Pick<LitestreamSpec, "preciseHours">): number {
  const isPrecise = now.getTime() - at.getTime() < preciseHours * 3_600_000;
  return isPrecise ? syncSeconds : mergedSeconds;
}
