import type { Moment } from "../archive/choice.ts";
import type { Place } from "../container/spec.ts";
import { recoverFile } from "../litestream/recover.ts";
import { revisionOf } from "../migration/bench.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import type { Runner } from "../steps/runner.ts";
import { withSession } from "../steps/session.ts";
import { quote, script } from "../steps/shell.ts";
import { lookedAt, type Restored } from "./look.ts";
import { countFile } from "./rows.ts";
import { type DataSpec, integrity } from "./spec.ts";

/** Which moment of SQLite's log, and what is asked of it before it counts. */
export interface FileMoment {
  readonly moment: Moment;
  readonly schema: SchemaSpec;
  /** Throws when a schema's revision is of no use. */
  readonly accepts: (revision: string | undefined) => Promise<void>;
}

/** The database's file of a moment onto new volumes, whole by its own check. @param data on those volumes */
export async function recoverFileBeside(
  runner: Runner,
  place: Place,
  data: DataSpec,
  { moment, schema, accepts }: FileMoment,
): Promise<Restored> {
  const { database, image, user, mounts } = data;
  if (database.kind !== "sqlite" || moment.image === undefined) throw new Error("only SQLite's log is a file's");
  const { file } = database;
  const to = `${file}.restoring`;
  await recoverFile(runner, place, { image: moment.image, user, mounts, moment, to });
  const request = { image, user, env: {}, mounts, network: [], memoryMb: 256 };
  return withSession(runner, place, "restore", request, async (session) => {
    const stale = ["-wal", "-shm", "-journal"].map((suffix) => quote(`${file}${suffix}`)).join(" ");
    await session.must("checking the database that was restored", {
      argv: script(...integrity(to), `rm -f ${stale}`, `mv ${quote(to)} ${quote(file)}`),
    });
    const revision = await revisionOf(session, { data, secrets: {} }, schema, "live");
    await accepts(revision);
    return { ...(await lookedAt(session, database, countFile(file))), revision };
  });
}
