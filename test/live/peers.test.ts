/** From inside each container of a whole stack: whom it reaches, and what the logins of exporters may do. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { innerNetwork } from "../../components/container/spec.ts";
import { Secret } from "../../components/options/secret.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { type Peers, peersOf, reachOf } from "../../infra/platforms/docker/peers.ts";
import { localSettings } from "../fixtures/settings.ts";
import { AlertReceiver } from "./support/alert-receiver.ts";
import { engine, eventually, type Outside, runner } from "./support/host.ts";
import watchedOrders from "./support/orders-watched.system.ts";
import { type Reached, reached, reachTable } from "./support/reach.ts";
import type { TestStack } from "./support/stack.ts";
import { launchTelling, watchedStack } from "./support/watched-stack.ts";

const receiver = new AlertReceiver();
let stack: TestStack;
let outside: Outside;
let peers: Peers;

beforeAll(async () => {
  stack = await watchedStack();
  await stack.set(["slipway:backup"], { continuous: true, slotMb: 64 });
  outside = await launchTelling(stack, receiver);
  peers = peersOf(placed());
});
afterAll(async () => {
  await receiver.close();
  await stack?.destroy();
});

/** The same stack as plain data: what says who needs whom. */
function placed(): Parameters<typeof peersOf>[0] {
  const settings = {
    ...localSettings,
    stack: stack.name,
    app: { version: "1.0.0", schemaRevision: "0002_note", replicas: 1, workers: 1, extraEnv: {} },
    watch: { profile: "full" },
    alerts: { to: { everybody: { webhook: new Secret("https://hooks.example.org") } }, smtp: {}, factor: 1 },
    backup: { ...localSettings.backup, continuous: true },
  } as unknown as Settings;
  const system = watchedOrders.system(settings as never) as Parameters<typeof peersOf>[0]["system"];
  return {
    host: { host: "unix:///var/run/docker.sock", place: { stack: stack.name, system: "orders" } },
    settings,
    system,
  };
}

/** Pairs in which what was reached is other than the data say, in words. */
function wrongPairs(found: Reached): readonly string[] {
  return [...found].flatMap(([from, others]) => {
    const wanted = reachOf(peers, from);
    return [...others].flatMap(([to, { answered, listening }]) => {
      const may = wanted.includes(to) ? listening : [];
      return answered.join() === may.join() ? [] : [`${from} reaches ${to} at [${answered}], not at [${may}]`];
    });
  });
}

describe("who reaches whom", () => {
  test("every listening port of every container, from inside every other: exactly as the data say", async () => {
    const found = await reached(outside);
    process.stdout.write(`${reachTable(found)}\n`);
    expect([...found.keys()].sort()).toEqual(Object.keys(peers).sort());
    // Else nothing would have been tried.
    for (const part of ["web", "redis", "postgres", "switch", "prometheus", "alertmanager"])
      expect(
        Math.max(...[...found.values()].map((others) => others.get(part)?.listening.length ?? 0)),
        part,
      ).toBeGreaterThan(0);
    expect(wrongPairs(found)).toEqual([]);
    for (const [from, { needs }] of Object.entries(peers))
      for (const need of needs) expect(found.get(from)?.get(need)?.answered, `${from} needs ${need}`).not.toEqual([]);
    for (const from of ["switch", "prometheus"])
      for (const store of ["redis", "postgres"])
        expect(found.get(from)?.get(store)?.answered, `${from} to ${store}`).toEqual([]);
  });

  test("a part that is on one network more is seen: the test can fail", async () => {
    const network = engine.getNetwork(innerNetwork({ stack: stack.name, system: "orders" }, "private"));
    const { Id } = await outside.inspect("prometheus");
    await network.connect({ Container: Id });
    try {
      const wrong = wrongPairs(await reached(outside));
      expect(wrong).toEqual(
        expect.arrayContaining([
          "prometheus reaches redis at [6379], not at []",
          "prometheus reaches postgres at [5432], not at []",
        ]),
      );
    } finally {
      await network.disconnect({ Container: Id });
    }
    expect(wrongPairs(await reached(outside))).toEqual([]);
  });
});

/** What an exporter's config folder holds, by the engine: its image may have no shell. */
async function given(part: string, file: string): Promise<string> {
  const { Id } = await outside.inspect(part);
  return (await runner.get(Id, `/etc/exporter/${file}`)) ?? "";
}

describe("the logins of exporters", () => {
  test("both come in, and say so", async () => {
    for (const query of ["redis_up", "pg_up"])
      await eventually(query, async () => ((await outside.query(query))[0]?.value[1] === "1" ? true : undefined), 120);
    expect((await outside.query('pg_database_size_bytes{datname="orders"}')).length).toBe(1);
  });

  test("Redis' may ask how it is, and nothing else", async () => {
    const [password = ""] = Object.values<string>(JSON.parse(await given("redis-exporter", "redis.json")));
    const { Id } = await outside.inspect("redis");
    const ask = async (...words: readonly string[]) => {
      const argv = ["redis-cli", "--user", "exporter", ...words];
      return (await runner.exec(Id, { argv, env: { REDISCLI_AUTH: password } })).output.trim();
    };
    expect(await ask("INFO", "server")).toContain("redis_version");
    expect(await ask("PING")).toBe("PONG");
    const refused = [
      ["GET", "a"],
      ["SET", "a", "b"],
      ["KEYS", "*"],
      ["SCAN", "0"],
      ["DBSIZE"],
      ["EVAL", "return 1", "0"],
      ["PUBLISH", "a", "b"],
      ["CONFIG", "GET", "*"],
      ["ACL", "LIST"],
      ["CLIENT", "LIST"],
      ["FLUSHALL"],
      ["SHUTDOWN"],
    ] as const;
    for (const words of refused) expect(await ask(...words), words.join(" ")).toContain("NOPERM");
  });

  test("PostgreSQL's reads what the server counts: no row, no file, no database of the system, no other role", async () => {
    const PGPASSWORD = await given("postgres-exporter", "password");
    const { Id } = await outside.inspect("postgres");
    const ask = (sql: string, database = "postgres") => {
      const to = `host=postgres user=orders_monitor dbname=${database} sslmode=require`;
      return runner.exec(Id, { argv: ["psql", "-XqAt", to, "-c", sql], env: { PGPASSWORD } });
    };
    expect(await ask("SELECT pg_database_size('orders') > 0")).toEqual({ exitCode: 0, output: "t\n" });
    const refused = [
      ["CREATE TABLE public.mine (a int)", "permission denied for schema public"],
      ["CREATE ROLE mine", "permission denied to create role"],
      ["CREATE DATABASE mine", "permission denied to create database"],
      ["SET ROLE orders_app", 'permission denied to set role "orders_app"'],
      ["SET ROLE postgres", 'permission denied to set role "postgres"'],
      ["SELECT pg_read_file('/etc/passwd')", "permission denied for function pg_read_file"],
      ["COPY (SELECT 1) TO PROGRAM 'id'", "permission denied to COPY to or from an external program"],
      ["SELECT * FROM pg_authid", "permission denied for table pg_authid"],
      [
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'orders_archive'",
        "permission denied to terminate process",
      ],
    ] as const;
    for (const [sql, why] of refused) {
      const { exitCode, output } = await ask(sql);
      expect([exitCode, output], sql).toEqual([1, expect.stringContaining(why)]);
    }
    for (const database of ["orders", "slipway_template"]) {
      const { exitCode, output } = await ask("SELECT 1", database);
      expect([exitCode, output]).toEqual([2, expect.stringContaining(`permission denied for database "${database}"`)]);
    }
  });
});
