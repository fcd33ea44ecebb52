import type { DataAccess } from "../backup/sets.ts";
import { label } from "../container/spec.ts";
import { type PostgresDatabase, rehearsalFile, rehearsalName, sqlCommand } from "../database/spec.ts";
import type { Lease } from "../steps/lease.ts";
import type { SessionRunner } from "../steps/runner.ts";
import type { Bench } from "./bench.ts";
import type { Finding } from "./lint/finding.ts";
import { statementsFromLog } from "./lint/log.ts";
import { lintPostgres } from "./lint/postgres.ts";
import { lintSqlite } from "./lint/sqlite.ts";
import { parseSnapshot, snapshotCommand } from "./lint/sqlite-snapshot.ts";
import { loggedMeanwhile } from "./marked-log.ts";

/** What a rehearsal knows of its stack. */
export interface RehearsalPlace extends Pick<Lease, "place" | "journal"> {
  readonly runner: SessionRunner;
}

const logLines = 20_000;

/** Runs a migration on the copy and tells what of it locks or loses: by the server's log on PostgreSQL, by before and after on SQLite. */
export async function findingsOf<T>(
  lease: RehearsalPlace,
  { data }: DataAccess,
  bench: Bench,
  migrate: () => Promise<T>,
): Promise<{ readonly result: T; readonly findings: readonly Finding[] }> {
  if (data.database.kind === "postgres" && data.database.host !== undefined)
    return foundLater(lease, data.database, bench, migrate);
  if (data.database.kind === "postgres") {
    const before = await serverLog(lease);
    const result = await migrate();
    const log = since(before, await serverLog(lease));
    return { result, findings: await lintPostgres(statementsFromLog(log, rehearsalName)) };
  }
  const snapshot = async () =>
    parseSnapshot(await bench.sql.must("reading the schema of the copy", { argv: snapshotCommand(rehearsalFile) }));
  const before = await snapshot();
  const result = await migrate();
  return { result, findings: lintSqlite(before, await snapshot()) };
}

/** A server that somebody else runs logs what changes the schema, and hands its log out later. */
async function foundLater<T>(
  lease: RehearsalPlace,
  database: PostgresDatabase,
  bench: Bench,
  migrate: () => Promise<T>,
): Promise<{ readonly result: T; readonly findings: readonly Finding[] }> {
  const say = (statement: string) =>
    bench.sql.must("marking the log", { argv: sqlCommand(database, "rehearsal", [statement]) });
  const { result, log } = await loggedMeanwhile({ say, read: () => serverLog(lease) }, rehearsalName, migrate);
  if (log === undefined)
    return { result, findings: [{ id: "unread", at: "the server's log, which did not come in time" }] };
  return { result, findings: await lintPostgres(statementsFromLog(log, rehearsalName)) };
}

/** What the server wrote since: the copy's own restore made its tables, and to a table that is new nothing is dangerous. */
function since(before: string, now: string): string {
  const last = before.trimEnd().split("\n").at(-1) ?? "";
  const at = last === "" ? -1 : now.lastIndexOf(last);
  return at < 0 ? now : now.slice(at + last.length);
}

async function serverLog({ runner, place }: RehearsalPlace): Promise<string> {
  const [server] = await runner.list({ [label.stack]: place.stack, [label.part]: "postgres" });
  return server === undefined ? "" : runner.logs(server.id, logLines);
}
