import type { Place } from "../container/spec.ts";
import { type Catalogue, catalogueCommand, parseCatalogue } from "../migration/catalogue.ts";
import { countTables } from "../postgres/counts.ts";
import { restoreServerEnv } from "../postgres/restore-server.ts";
import { postgresDataPath } from "../postgres/spec.ts";
import type { Runner } from "../steps/runner.ts";
import { type Session, withSession } from "../steps/session.ts";
import { parseCounts } from "./manifest.ts";
import type { DataSpec } from "./spec.ts";
import { keeperRequest } from "./stores.ts";

/** What was put onto the target's volumes. */
export interface Restored {
  /** Of each table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Undefined where there is no database yet. */
  readonly schema: Catalogue | undefined;
  /** Undefined where nobody knows: of a release's own set. */
  readonly revision: string | undefined;
}

/** A session on the server beside: its work, then a look at what it made. @param work answers the schema's revision where it asks for that */
export function lookedBeside(
  runner: Runner,
  data: DataSpec,
  place: Place,
  volume: string,
  work: (session: Session) => Promise<string | undefined>,
): Promise<Restored> {
  const { database } = data;
  if (database.kind !== "postgres") throw new Error("only a server's data are looked at beside it");
  const request = keeperRequest(data, [{ volume, path: postgresDataPath }], restoreServerEnv(database.name));
  return withSession(runner, place, "restore", request, async (session) => {
    const revision = await work(session);
    return { ...(await lookedAt(session, database, countTables())), revision };
  });
}

/** Rows by table and the schema, asked in a session that reaches what was restored. @param count the command whose output `parseCounts` reads */
export async function lookedAt(
  session: Session,
  database: DataSpec["database"],
  count: readonly string[],
): Promise<Omit<Restored, "revision">> {
  const rows = parseCounts(await session.must("counting what was restored", { argv: count }));
  // Nothing to read, and SQLite would make a file of the question.
  if (Object.keys(rows).length === 0) return { rows, schema: undefined };
  const schema = await session.must("reading the schema of what was restored", { argv: catalogueCommand(database) });
  return { rows, schema: parseCatalogue(schema) };
}
