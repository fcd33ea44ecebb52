import { posix } from "node:path";
import type { Moment } from "../archive/choice.ts";
import { withRecovered } from "../archive/recover.ts";
import { type Mount, type Place, resourceName } from "../container/spec.ts";
import { benchOn, revisionOf } from "../migration/bench.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import { restoreDatabase } from "../postgres/dump.ts";
import { withRestoreServer } from "../postgres/restore-server.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Runner } from "../steps/runner.ts";
import { withSession } from "../steps/session.ts";
import { quote, script } from "../steps/shell.ts";
import { dataPart } from "../volumes/spec.ts";
import { recoverFileBeside } from "./beside-file.ts";
import { copyBack } from "./directories.ts";
import { lookedAt, lookedBeside, type Restored } from "./look.ts";
import { differences, type KnownSet } from "./manifest.ts";
import { countFile } from "./rows.ts";
import { all, type DataAccess, withData } from "./sets.ts";
import {
  backupPath,
  type Commands,
  type DataSpec,
  databaseCopy,
  readerRequest,
  restoreSet,
  setsPath,
  verifySet,
} from "./spec.ts";
import { keeperRequest, restoreStores, type Store, storeMounts } from "./stores.ts";

/** What a restore fills: the volumes of a place, by parts, which exist and are empty. The sets stay where they are. */
export interface Target {
  readonly place: Place;
  readonly data: DataSpec;
  readonly stores: readonly Store[];
  /** Parts that nobody mounts now, of an earlier version or switched off: they come along as they are. */
  readonly kept: readonly string[];
}

/** Where data come from. */
export interface From {
  /** Undefined when nothing of the moment is in a set: then only the database is of it. */
  readonly set: KnownSet | undefined;
  /** What the set has not. */
  readonly spare: string;
  /** The database is of this moment, by the archive, and not of the set. @param accepts is told its schema revision and throws when it is of no use */
  readonly recover?: {
    readonly moment: Moment;
    readonly schema: SchemaSpec;
    readonly accepts: (revision: string | undefined) => Promise<void>;
  };
}

/** The same data on the volumes of another place: another generation, or another stack. */
export function dataAt(data: DataSpec, from: Place, to: Place): DataSpec {
  return { ...data, mounts: data.mounts.map((mount) => ({ ...mount, volume: volumeAt(mount, from, to) })) };
}

type Recover = NonNullable<From["recover"]>;

function volumeAt({ volume }: Mount, from: Place, to: Place): string {
  const part = partOf(volume, from);
  return resourceName(to, dataPart(to, part));
}

/** The part of a volume that is mounted now. */
export function partOf(volume: string, place: Place): string {
  const suffix = dataPart(place, "");
  const part = volume.slice(resourceName(place, "").length);
  return suffix === "" ? part : part.slice(0, -suffix.length);
}

/** Reads a set to its end: each file's checksum. */
export async function verify(runner: Runner, place: Place, data: DataSpec, set: string): Promise<void> {
  await withSession(runner, place, "verify", readerRequest(data), (session) =>
    session.must(`checking backup set ${set}`, { argv: script(...verifySet(set)) }),
  );
}

/** Answers a problem where the running image does not know the set's schema: it could neither serve nor migrate it. */
export async function schemaProblem(
  runner: Runner,
  place: Place,
  access: DataAccess,
  schema: SchemaSpec,
  revision: string | undefined,
): Promise<string | undefined> {
  if (revision === undefined || revision === schema.target) return undefined;
  const known = await withData(runner, place, "restore", access, (sql) =>
    benchOn(runner, place, "restore", sql, access, schema, (bench) => bench.knows(revision)),
  );
  return known
    ? undefined
    : `the set's schema is at revision ${revision}, which the running image does not know (it has ${schema.target}): release the image that has it, then restore`;
}

/**
 * Puts a set onto the target's volumes and proves what it put: every checksum, the database's own integrity, the rows of each table. What the set
 * does not hold is as it is now: stores from the set `spare`, the rest of the volumes from those of `now`. The caller has the lease.
 */
export async function restoreBeside(
  runner: Runner,
  now: Pick<Target, "place" | "data">,
  target: Target,
  { set, spare, recover }: From,
): Promise<Restored> {
  const { place, data, stores, kept } = target;
  const { database } = data;
  const name = set?.name ?? spare;
  const what = `restoring backup set ${name}`;
  if (name !== "") await verify(runner, place, data, name);
  const volumes = [...carried(now, "/now", kept, true), ...carried(target, "/new", kept, false)];
  await withSession(
    runner,
    place,
    "keeper",
    keeperRequest(data, [...volumes, ...storeMounts(place, stores, false)]),
    async (keeper) => {
      await all(keeper, what, carryOver(data, kept));
      await all(keeper, what, restoreStores(name, spare, stores));
    },
  );
  const files = {
    ...readerRequest(data),
    image: data.image,
    mounts: [...data.mounts, { volume: data.backupVolume, path: backupPath }],
  };
  const found = await withSession(runner, place, "restore", files, async (session) => {
    await all(session, what, directoriesFrom(data, name, spare));
    if (database.kind === "postgres" || recover !== undefined) return undefined;
    await all(session, what, restoreSet(data, name));
    return lookedAt(session, database, countFile(database.file));
  });
  if (recover !== undefined) return recoverMoment(runner, target, recover);
  const revision = set?.manifest?.revision;
  const restored = { ...(found ?? (await restoreDump(runner, target, name))), revision };
  const wrong = set?.manifest === undefined ? [] : differences(set.manifest.rows, restored.rows);
  if (wrong.length > 0)
    throw new StepFailure(`what was restored from ${name} is not what the set holds: ${wrong.join("; ")}`);
  return restored;
}

/** The dump into a server of its own on the new volume. */
function restoreDump(runner: Runner, { place, data }: Target, set: string): Promise<Restored> {
  const { database } = data;
  if (database.kind !== "postgres") throw new Error("only a server's rows are in a dump");
  const volume = resourceName(place, dataPart(place, "postgres-data"));
  return withRestoreServer(runner, place, { image: database.image, volume, database: database.name }, () =>
    lookedBeside(runner, data, place, volume, async (session) => {
      await session.must(`restoring backup set ${set}`, {
        argv: restoreDatabase(databaseCopy(data, set), database.name),
      });
      return undefined;
    }),
  );
}

/** The database of a moment, by the archive of the stack. */
function recoverMoment(
  runner: Runner,
  { place, data }: Target,
  { moment, schema, accepts }: Recover,
): Promise<Restored> {
  const { database } = data;
  if (database.kind === "sqlite") return recoverFileBeside(runner, place, data, { moment, schema, accepts });
  const volume = resourceName(place, dataPart(place, "postgres-data"));
  const to = { image: database.image, volume, database: database.name, moment };
  return withRecovered(runner, place, to, () =>
    lookedBeside(runner, data, place, volume, async (session) => {
      const revision = await revisionOf(session, { data, secrets: {} }, schema, "live");
      await accepts(revision);
      return revision;
    }),
  );
}

/** Directories that a set has not, because its version had none, come from the set of now. */
function directoriesFrom(data: DataSpec, set: string, spare: string): Commands {
  const lines = data.directories.flatMap((directory) => {
    const [own, other] = [set, spare].map((each) => `${setsPath}/${each}/${directory.name}`);
    return [
      `if [ -d ${quote(own ?? "")} ]; then :`,
      ...copyBack(own ?? "", directory, data.database),
      "else :",
      ...copyBack(other ?? "", directory, data.database),
      "fi",
    ];
  });
  return lines.length === 0 ? [] : [script(...lines)];
}

/** What lies on the mounted volumes and belongs to no set, e.g. logs: from the volumes of now, the set's own aside. */
function carryOver({ mounts, directories, database }: DataSpec, kept: readonly string[]): Commands {
  const inSets = [
    ...directories.map(({ path }) => path),
    ...(database.kind === "sqlite"
      ? ["", "-wal", "-shm", "-journal"].map((suffix) => `${database.file}${suffix}`)
      : []),
  ];
  const others = mounts.filter(({ path }) => !inSets.includes(path));
  const copies = others.map(({ path }) => {
    const below = [...inSets, ...mounts.map((mount) => mount.path)]
      .map((each) => posix.relative(path, each))
      .filter((way) => way !== "" && !way.startsWith(".."));
    const excluded = below.map((way) => `--exclude=${quote(`./${way}`)}`).join(" ");
    // What grows or goes while it is read (a log) is no reason to fail: the second tar tells whether an archive came.
    return script(
      `tar -C ${quote(`/now${path}`)} --numeric-owner --anchored ${excluded} -cf - . | tar -C ${quote(`/new${path}`)} --numeric-owner -xpf -`,
    );
  });
  const whole = kept.map((part) => script(`cp -a /now${keptPath(part)}/. /new${keptPath(part)}/`));
  return [...copies, ...whole];
}

const keptPath = (part: string) => `/kept/${part}`;

/** All volumes of a place, below a folder. */
function carried(
  { place, data }: Pick<Target, "place" | "data">,
  below: string,
  kept: readonly string[],
  readOnly: boolean,
): readonly Mount[] {
  const others = kept.map((part) => ({ volume: resourceName(place, dataPart(place, part)), path: keptPath(part) }));
  return [...data.mounts, ...others].map(({ volume, path }) => ({ volume, path: `${below}${path}`, readOnly }));
}
