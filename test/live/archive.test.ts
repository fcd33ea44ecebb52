/** What receives PostgreSQL's log, and a server that is replayed from it, without a stack around them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chooseMoment, type Moment } from "../../components/archive/choice.ts";
import { catchUp, listSeries, withRecovered } from "../../components/archive/recover.ts";
import {
  archiveContainer,
  archiveDropSql,
  archiveFiles,
  archiveFolders,
  archivePasswordVariable,
  archiveRole,
  archiveRoleSql,
} from "../../components/archive/spec.ts";
import { resourceName } from "../../components/container/spec.ts";
import { restoreServerEnv } from "../../components/postgres/restore-server.ts";
import { runScript } from "../../components/postgres/roles.step.ts";
import { postgresDataPath } from "../../components/postgres/spec.ts";
import { withSession } from "../../components/steps/session.ts";
import { engine, eventually, runner } from "./support/host.ts";
import { TestPostgres } from "./support/postgres.ts";
import { checkout } from "./support/run.ts";

const slotMb = 64;
const postgres = new TestPostgres({ archive: { role: archiveRole("orders"), slotMb } });
const { place, image } = postgres;
const volume = resourceName(place, "postgres-data.g1");
const password = "a-password-of-the-archive";
let moment: Moment;

/** As the superuser, who must succeed. */
async function asSuperuser(sql: string): Promise<void> {
  const env = { SLIPWAY_SQL: sql, [archivePasswordVariable]: password };
  const { exitCode, output } = await runner.exec(postgres.id, { argv: runScript, env });
  expect(exitCode, output).toBe(0);
}

/** Replays up to a moment and answers what the table has then. */
function rowsAt(to: Moment): Promise<string> {
  const request = {
    image,
    user: "0:0",
    env: restoreServerEnv("orders"),
    mounts: [{ volume, path: postgresDataPath }],
    network: [],
    memoryMb: 128,
    capabilities: ["DAC_OVERRIDE"],
  };
  return withRecovered(runner, place, { image, volume, database: "orders", moment: to }, () =>
    withSession(runner, place, "look", request, async (session) => {
      const argv = ["psql", "-XAtq", "-U", "postgres", "-c", "SELECT string_agg(x::text, ' ' ORDER BY x) FROM t"];
      return (await session.must("reading", { argv })).trim();
    }),
  );
}

beforeAll(async () => {
  await postgres.start();
  await postgres.roles();
  await asSuperuser(archiveRoleSql("orders"));
  const script = readFileSync(join(checkout, "components/archive/archive.sh"), "utf8");
  for (const [part, entries] of Object.entries(archiveFolders)) await postgres.write([...entries], part);
  await postgres.write([...archiveFiles(script, password)], "archive-config");
  const limits = { cpus: 0.5, memoryMb: 128, pids: 64 };
  const spec = { image, network: postgres.network, limits, database: "orders", windowDays: 30, baseHours: 24, slotMb };
  await runner.start(await runner.create(archiveContainer(place, spec)));
  await engine.createVolume({ Name: volume });
});
afterAll(async () => postgres.remove());

it("a base backup comes by itself; a moment between two commits has the first alone", async () => {
  const base = await eventually("the base backup is past", async () => {
    const [series] = await listSeries(runner, place, image);
    return series?.bases.find((each) => each < new Date());
  });
  await postgres.root("CREATE TABLE t (x int)", "orders");
  await postgres.root("INSERT INTO t VALUES (1)", "orders");
  // A millisecond up, and no commit within it: the next one is a process later.
  const at = new Date(Number(await postgres.root("SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000)")));
  await postgres.root("INSERT INTO t VALUES (2)", "orders");
  await postgres.session((session) => catchUp(session));
  const chosen = chooseMoment(await listSeries(runner, place, image), at);
  if (chosen === undefined) throw new Error("no base backup leads to the moment");
  moment = chosen;
  expect(moment.base).toEqual(base);
  expect(await rowsAt(moment)).toBe("1");
});

it("a moment after the log's end is refused with its last commit, which can be restored", async () => {
  const late = { ...moment, at: new Date(Date.now() + 60_000) };
  const why = await rowsAt(late).then(
    () => "",
    (error: unknown) => String(error),
  );
  expect(why).toContain(`the archive does not reach ${late.at.toISOString()}: its last commit is of`);
  const last = /--at (\S+) restores that/.exec(why)?.[1] ?? "";
  expect(await rowsAt({ ...moment, at: new Date(last) })).toBe("1 2");
});

it("the slot goes while somebody receives, who cannot make another", async () => {
  await asSuperuser(archiveDropSql("orders"));
  expect(await postgres.root("SELECT count(*) FROM pg_replication_slots")).toBe("0");
  expect(await postgres.root("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'orders_archive'")).toBe("f");
});
