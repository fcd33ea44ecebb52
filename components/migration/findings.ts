import type { DataAccess } from "../backup/sets.ts";
import { label } from "../container/spec.ts";
import { rehearsalFile, rehearsalName } from "../database/spec.ts";
import type { Lease } from "../steps/lease.ts";
import type { Bench } from "./bench.ts";
import type { Finding } from "./lint/finding.ts";
import { statementsFromLog } from "./lint/log.ts";
import { lintPostgres } from "./lint/postgres.ts";
import { lintSqlite } from "./lint/sqlite.ts";
import { parseSnapshot, snapshotCommand } from "./lint/sqlite-snapshot.ts";

const logLines = 20_000;

/** Runs a migration on the copy and tells what of it locks or loses: by the server's log on PostgreSQL, by before and after on SQLite. */
export async function findingsOf<T>(
  lease: Lease,
  { data }: DataAccess,
  bench: Bench,
  migrate: () => Promise<T>,
): Promise<{ readonly result: T; readonly findings: readonly Finding[] }> {
  if (data.database.kind === "postgres") {
    const result = await migrate();
    const log = await serverLog(lease);
    return { result, findings: await lintPostgres(statementsFromLog(log, rehearsalName)) };
  }
  const snapshot = async () =>
    parseSnapshot(await bench.sql.must("reading the schema of the copy", { argv: snapshotCommand(rehearsalFile) }));
  const before = await snapshot();
  const result = await migrate();
  return { result, findings: lintSqlite(before, await snapshot()) };
}

async function serverLog({ runner, place }: Lease): Promise<string> {
  const [server] = await runner.list({ [label.stack]: place.stack, [label.part]: "postgres" });
  return server === undefined ? "" : runner.logs(server.id, logLines);
}
