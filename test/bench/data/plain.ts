import { withData } from "../../../components/backup/sets.ts";
import { databaseCopy } from "../../../components/backup/spec.ts";
import { maintenanceDatabase, templateDatabase } from "../../../components/postgres/roles.ts";
import type { Runner } from "../../../components/steps/runner.ts";
import { quote, script } from "../../../components/steps/shell.ts";
import type { DataFacts } from "../../../ops/data/facts.ts";

const database = "bench_plain";

/** Seconds that pg_restore takes for a set's dump, with two jobs, into an empty database of the server that serves: the least that anybody could do. */
export async function plainRestore(runner: Runner, { place, access }: DataFacts, set: string): Promise<number> {
  const file = quote(databaseCopy(access.data, set));
  const sql = (text: string) => `psql -XqAt -v ON_ERROR_STOP=1 -d ${maintenanceDatabase} -c ${quote(text)}`;
  const drop = sql(`DROP DATABASE IF EXISTS ${database}`);
  return withData(runner, place, "bench", access, async (session) => {
    // Comments on extensions are the superuser's.
    const list = `pg_restore --list ${file} | grep -v 'COMMENT - EXTENSION' > /tmp/list`;
    await session.must("preparing", {
      argv: script(drop, sql(`CREATE DATABASE ${database} TEMPLATE ${templateDatabase}`), list),
    });
    const began = performance.now();
    await session.must("restoring", {
      argv: script(`pg_restore -j 2 --exit-on-error --no-owner --no-privileges -L /tmp/list -d ${database} ${file}`),
    });
    const seconds = (performance.now() - began) / 1000;
    await session.must("removing it", { argv: script(drop) });
    return seconds;
  });
}
