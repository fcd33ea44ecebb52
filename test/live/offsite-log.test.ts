/** PostgreSQL's log off the host, in a real S3 server, and a server that is replayed from there, without a stack around them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chooseMoment } from "../../components/archive/choice.ts";
import { catchUp, listSeries, withRecovered } from "../../components/archive/recover.ts";
import {
  archiveContainer,
  archiveFiles,
  archiveFolders,
  archivePasswordVariable,
  archiveRole,
  archiveRoleSql,
  archiveSlot,
  archiveUser,
  filledArchive,
} from "../../components/archive/spec.ts";
import { resourceName } from "../../components/container/spec.ts";
import { type Away, fetchLog, listAwaySeries } from "../../components/offsite-log/fetch.ts";
import {
  logFolder,
  offsiteLogConfig,
  offsiteLogContainer,
  offsiteLogFiles,
  offsiteLogNetwork,
} from "../../components/offsite-log/spec.ts";
import { restoreServerEnv } from "../../components/postgres/restore-server.ts";
import { runScript } from "../../components/postgres/roles.step.ts";
import { postgresDataPath } from "../../components/postgres/spec.ts";
import { withSession } from "../../components/steps/session.ts";
import { resolvePart } from "../../infra/images/resolve.ts";
import { engine, eventually, runner } from "./support/host.ts";
import { toldOf } from "./support/offsite-log.ts";
import { TestPostgres } from "./support/postgres.ts";
import { checkout } from "./support/run.ts";
import { S3 } from "./support/s3.ts";

const slotMb = 64;
const postgres = new TestPostgres({ archive: { role: archiveRole("orders"), slotMb } });
const { place, image } = postgres;
const volume = resourceName(place, "postgres-data.g1");
const limits = { cpus: 0.5, memoryMb: 256, pids: 64 };
const password = "a-password-of-the-copies-0";

let s3: S3;
let away: Away;
let archive: string;
let sender: string;

beforeAll(async () => {
  s3 = await S3.start();
  const { id } = await resolvePart(engine, "rclone", "debian");
  const url = await s3.bucket("copies");
  away = {
    away: { image: id, url, keyId: s3.keyId, kind: "postgres", user: archiveUser },
    secrets: { password, key: s3.key },
  };
  await postgres.start();
  await postgres.roles();
  const env = { SLIPWAY_SQL: archiveRoleSql("orders"), [archivePasswordVariable]: password };
  const made = await runner.exec(postgres.id, { argv: runScript, env });
  expect(made.exitCode, made.output).toBe(0);
  for (const [part, entries] of Object.entries(archiveFolders)) await postgres.write([...entries], part);
  const read = (path: string) => readFileSync(join(checkout, "components", path), "utf8");
  await postgres.write([...archiveFiles(read("archive/archive.sh"), password)], "archive-config");
  const files = offsiteLogFiles(place, away.away, away.secrets, read("offsite-log/offsite-log.sh"));
  await postgres.write([...files], offsiteLogConfig);
  await engine.createNetwork({ Name: offsiteLogNetwork(place) });
  const spec = { image, network: postgres.network, limits, database: "orders", windowDays: 30, baseHours: 24, slotMb };
  archive = await runner.create(archiveContainer(place, spec));
  sender = await runner.create(
    offsiteLogContainer(place, { away: away.away, limits, windowDays: 30, baseClass: "STANDARD_IA" }),
  );
  await runner.start(archive);
  await runner.start(sender);
  await engine.createVolume({ Name: volume });
});
afterAll(async () => {
  await postgres.remove();
  for (const { Id } of await engine.listNetworks({ filters: { name: [offsiteLogNetwork(place)] } }))
    await engine.getNetwork(Id).remove();
  await s3?.stop();
});

const told = (name: string) =>
  toldOf(async () => (await runner.exec(sender, { argv: ["cat", "/notes/metrics/offsite.prom"] })).output, name);

const nowSeconds = () => Math.ceil(Date.now() / 1000);

/** Until the bucket has what was written before this was asked. */
async function inBucket(withinSeconds: number): Promise<void> {
  await postgres.session((session) => catchUp(session));
  const asked = nowSeconds();
  await eventually(
    "the bucket has all",
    async () => ((await told("contact_timestamp_seconds")) >= asked ? true : undefined),
    withinSeconds,
  );
}

/** In the log as they are written. */
const words = "plain-words-of-the-log";

it("the log and its base backup come there within half a minute, and nothing of it can be read, names neither", async () => {
  await eventually("a base backup is there", async () =>
    (await listAwaySeries(runner, place, away)).find(({ bases }) => bases.some((each) => each < new Date())),
  );
  await postgres.root("CREATE TABLE t (x int)", "orders");
  await postgres.root("INSERT INTO t VALUES (1)", "orders");
  await postgres.root(`SELECT pg_logical_emit_message(false, 'words', '${words}')`, "orders");
  await inBucket(40);
  expect(await told("waiting_bytes")).toBe(0);
  expect(await s3.holds("base.tar.gz")).toBe(false);
  expect(await s3.holds(words)).toBe(false);
});

/** Ten minutes; `SLIPWAY_OUTAGE_SECONDS` has less for whoever changes the test. */
const refusedSeconds = Number(process.env["SLIPWAY_OUTAGE_SECONDS"] ?? 600);

it(`a bucket that refuses for ${refusedSeconds} s costs no write and fills nothing of the server's; the numbers say so; it catches up within a minute`, async () => {
  await s3.pause();
  // Before the next full file, which a slow machine may not write in time: one waits at least.
  await postgres.root("SELECT pg_switch_wal()", "orders");
  const until = Date.now() + refusedSeconds * 1000;
  let written = 0;
  while (Date.now() < until) {
    const fill = "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 20000))";
    await postgres.root(`INSERT INTO t VALUES (2); ${fill}`, "orders");
    written += 1;
  }
  expect(Number(await postgres.root("SELECT count(*) FROM t WHERE x = 2", "orders"))).toBe(written);
  expect(nowSeconds() - (await told("contact_timestamp_seconds"))).toBeGreaterThan(refusedSeconds - 30);
  expect(await told("waiting_bytes")).toBeGreaterThan(0);
  expect(await told("failures_total")).toBeGreaterThan(3);
  const kept = `SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), restart_lsn) < ${(slotMb * 1048576) / 2} FROM pg_replication_slots WHERE slot_name = '${archiveSlot}'`;
  expect(await postgres.root(kept)).toBe("t");
  await s3.resume();
  const resumed = new Date();
  await inBucket(60);
  expect(await told("waiting_bytes")).toBe(0);
  const [series] = await listAwaySeries(runner, place, away);
  expect(series?.newest.getTime()).toBeGreaterThanOrEqual(Math.floor(resumed.getTime() / 1000) * 1000);
}, 900_000);

it("a host that has lost its archive replays the log from there: of two commits the one before the moment is there alone", async () => {
  await postgres.root("TRUNCATE t; INSERT INTO t VALUES (7)", "orders");
  const at = new Date(Number(await postgres.root("SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000)")));
  await postgres.root("INSERT INTO t VALUES (8)", "orders");
  await inBucket(60);
  for (const each of [sender, archive]) await runner.remove(each);
  const emptied = { image, user: "0:0", env: {}, network: [], memoryMb: 64, capabilities: ["DAC_OVERRIDE"] };
  const mounts = [filledArchive(place)];
  await withSession(runner, place, "lose", { ...emptied, mounts }, (session) =>
    session.must("losing the archive", { argv: ["sh", "-euc", `rm -rf ${logFolder(away.away)}/*`] }),
  );
  expect(await listSeries(runner, place, image)).toEqual([]);
  const moment = chooseMoment(await listAwaySeries(runner, place, away), at);
  if (moment === undefined) throw new Error("no base backup in the bucket leads to the moment");
  await fetchLog(runner, place, place, away, moment);
  const request = {
    ...emptied,
    env: restoreServerEnv("orders"),
    mounts: [{ volume, path: postgresDataPath }],
    memoryMb: 128,
  };
  const rows = await withRecovered(runner, place, { image, volume, database: "orders", moment }, () =>
    withSession(runner, place, "look", request, (session) =>
      session.must("reading", { argv: ["psql", "-XAtq", "-U", "postgres", "-c", "SELECT x FROM t"] }),
    ),
  );
  expect(rows.trim()).toBe("7");
});

it("another password opens nothing", async () => {
  const wrong = { ...away, secrets: { ...away.secrets, password: "another-password-of-copies" } };
  expect(await listAwaySeries(runner, place, wrong)).toEqual([]);
});
