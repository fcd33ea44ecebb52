import { describe, expect, test } from "vitest";
import { managedAlarms, shareExpression } from "../../../components/alerts/managed.ts";
import { snapshotName, takeSnapshot } from "../../../components/backup/snapshot.ts";
import { rateLimit, rulesOf, shortName } from "../../../components/balancer/spec.ts";
import { databaseUrl, migrationEnv, type PostgresDatabase } from "../../../components/database/spec.ts";
import { tierRules } from "../../../components/firewall/tiers.ts";
import { rehearsalOfLive } from "../../../components/postgres/dump.ts";
import { rdsRolesSql } from "../../../components/postgres/rds-roles.ts";
import {
  beginning,
  rdsConnections,
  rdsParameters,
  rdsServers,
  retentionDays,
} from "../../../components/postgres/rds-spec.ts";
import { scramVerifier } from "../../../components/postgres/scram.ts";
import { ServerBusy, type Snapshot, type Snapshots } from "../../../components/steps/snapshots.ts";
import { zonesOf } from "../../../components/vpc/spec.ts";

describe("PostgreSQL on RDS", () => {
  test("a verifier is RFC 7677's own of its example", () => {
    const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
    expect(scramVerifier("pencil", salt)).toBe(
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    );
  });

  test("its roles are made by no superuser: no word that only one may say", () => {
    const sql = rdsRolesSql("tria_aibpo", 1);
    expect(sql).not.toMatch(/NOSUPERUSER|NOREPLICATION|NOBYPASSRLS|pg_reload_conf|SET log_|ON PARAMETER/);
    expect(sql).toContain(
      `ALTER ROLE "tria_aibpo_app_b" LOGIN INHERIT NOCREATEDB NOCREATEROLE PASSWORD :'app_password';`,
    );
    expect(sql.indexOf('GRANT "tria_aibpo_owner" TO "slipway"')).toBeLessThan(sql.indexOf("OWNER TO"));
    expect(() => rdsRolesSql("postgres")).toThrow('database "postgres"');
  });

  test("takes TLS and scram alone, and logs who comes and what changes the schema", () => {
    const own = Object.fromEntries(
      rdsParameters({ tier: "small", connections: 10 }).map(({ name, value }) => [name, value]),
    );
    expect(own).toEqual({
      "rds.force_ssl": "1",
      ssl_min_protocol_version: "TLSv1.2",
      password_encryption: "scram-sha-256",
      "rds.accepted_password_auth_method": "scram",
      log_connections: "1",
      log_disconnections: "1",
      log_statement: "ddl",
      log_lock_waits: "1",
      timezone: "UTC",
      max_connections: "100",
    });
    expect(rdsConnections({ tier: "small", connections: 200 })).toBeGreaterThan(400);
  });

  test.each([
    [0, 1],
    [30, 30],
    [3650, 35],
  ])("a window of %i days is %i there", (days, kept) => {
    expect(retentionDays(days)).toBe(kept);
  });

  test("each restore is another server beside the one before; the last one serves", () => {
    const names = (serves: number, oldest?: number) =>
      rdsServers("blue", "postgres", { serves, oldest }).map(({ name, identifier }) => [name, identifier]);
    expect(names(0)).toEqual([["postgres", "slipway-blue"]]);
    expect(names(2)).toEqual([
      ["postgres", "slipway-blue"],
      ["postgres-g1", "slipway-blue-g1"],
      ["postgres-g2", "slipway-blue-g2"],
    ]);
    expect(names(2, 2)).toEqual([["postgres-g2", "slipway-blue-g2"]]);
    expect(names(2, 9)).toEqual([["postgres-g2", "slipway-blue-g2"]]);
  });

  test("a restored one begins with a moment, with the newest, or with a snapshot; the first with nothing", () => {
    const begins = (serves: number, from = {}) =>
      rdsServers("blue", "postgres", { serves }).map((server) => beginning("blue", server, { serves, ...from }));
    const time = "2026-01-01T10:00:00Z";
    expect(begins(2, { time })).toEqual([
      {},
      { restoreToPointInTime: { sourceDbInstanceIdentifier: "slipway-blue", restoreTime: time } },
      { restoreToPointInTime: { sourceDbInstanceIdentifier: "slipway-blue-g1", restoreTime: time } },
    ]);
    expect(begins(1)[1]).toEqual({
      restoreToPointInTime: { sourceDbInstanceIdentifier: "slipway-blue", useLatestRestorableTime: true },
    });
    expect(begins(1, { snapshot: "kept" })[1]).toEqual({ snapshotIdentifier: "kept" });
  });

  const database: PostgresDatabase = {
    kind: "postgres",
    name: "orders",
    image: "postgres",
    network: "private",
    host: "the-server.rds.amazonaws.com",
    trust: { volume: "trust", path: "/etc/slipway/trust" },
  };

  test("is found by its own name, verified", () => {
    expect(
      databaseUrl("postgresql://{user}:{password}@{host}:{port}/{name}", database, { PGPASSWORD: "p" }, "live"),
    ).toBe(
      "postgresql://orders_owner:p@the-server.rds.amazonaws.com:5432/orders?sslmode=verify-full&sslrootcert=/etc/slipway/trust/ca.crt",
    );
  });

  test("nobody there may have every statement logged", () => {
    expect(migrationEnv(database, "rehearsal")["PGOPTIONS"]).toBe("-c lock_timeout=2s");
    const { host: _, ...own } = database;
    expect(migrationEnv(own, "rehearsal")["PGOPTIONS"]).toBe("-c lock_timeout=2s -c log_statement=all");
  });

  test("its rehearsal copies the database as it is, in one command", () => {
    const [shell, flags, text = "", ...more] = rehearsalOfLive("orders", "slipway_rehearsal");
    expect([shell, flags, more]).toEqual(["sh", "-euc", []]);
    expect(text.indexOf("pg_dump")).toBeLessThan(text.indexOf("CREATE DATABASE"));
    expect(text).toContain("--dbname='slipway_rehearsal' '/tmp/live.dump'");
  });
});

/** Stands for RDS' snapshots: each is ready after two looks, or fails. */
class MemorySnapshots implements Snapshots {
  readonly kept: (Snapshot & { looks: number })[] = [];
  fails = false;
  /** How often it is still asked in vain. */
  busy = 0;
  async list() {
    for (const each of this.kept) each.looks += 1;
    return this.kept.map((each) => ({
      ...each,
      state: this.fails ? ("failed" as const) : each.looks > 1 ? ("ready" as const) : ("coming" as const),
    }));
  }
  async create(id: string, tags: Readonly<Record<string, string>>) {
    if (this.busy > 0) {
      this.busy -= 1;
      throw new ServerBusy("Instance slipway-blue is not currently available");
    }
    this.kept.push({ id, state: "coming", percent: 0, gigabytes: 20, tags, looks: 0 });
  }
  async remove(id: string) {
    this.kept.splice(
      this.kept.findIndex((each) => each.id === id),
      1,
    );
  }
}

describe("a backup point of RDS", () => {
  const wish = { place: { stack: "blue", system: "tria" }, image: "app@sha256:1", target: "0002", keep: 3 };

  test("is waited for; the oldest of Slipway's go, and no other's", async () => {
    const snapshots = new MemorySnapshots();
    const ours = { "slipway:stack": "blue" };
    for (const id of ["slipway-blue-2020", "slipway-blue-2021", "slipway-blue-2022"]) await snapshots.create(id, ours);
    await snapshots.create("by-hand", {});
    const { set, kilobytes } = await takeSnapshot(snapshots, wish, 0);
    expect(set).toMatch(/^slipway-blue-20\d{6}t\d{6}z-backup-point$/);
    expect(kilobytes).toBe(20 * 1024 * 1024);
    expect(snapshots.kept.map(({ id }) => id)).toEqual(["slipway-blue-2021", "slipway-blue-2022", "by-hand", set]);
    expect(snapshots.kept.at(-1)?.tags).toEqual({
      "slipway:stack": "blue",
      "slipway:before-image": "app+sha256:1",
      "slipway:before-schema": "0002",
    });
  });

  test("waits for a server that makes its own backup, or changes", async () => {
    const snapshots = new MemorySnapshots();
    snapshots.busy = 2;
    expect((await takeSnapshot(snapshots, wish, 0)).set).toMatch(/^slipway-blue-/);
    expect(snapshots.busy).toBe(0);
  });

  test("that fails lets nothing begin", async () => {
    const snapshots = new MemorySnapshots();
    snapshots.fails = true;
    await expect(takeSnapshot(snapshots, wish, 0)).rejects.toThrow("failed; nothing of the release has begun");
  });

  test("has a name that RDS takes", () => {
    expect(snapshotName({ stack: "a-b", system: "x" }, new Date("2026-01-02T03:04:05Z"))).toBe(
      "slipway-a-b-20260102t030405z-backup-point",
    );
  });
});

describe("who reaches whom", () => {
  const rules = tierRules({
    open: [{ port: 443, sources: ["0.0.0.0/0"] }],
    taskPorts: [8003],
    databasePort: 5432,
    cachePort: undefined,
  });
  const lines = rules.map(({ group, way, port, peer }) => `${group} ${way} ${port} ${JSON.stringify(peer)}`);

  test("every rule, and no other", () => {
    expect(lines).toEqual([
      'balancer in 443 {"cidr":"0.0.0.0/0"}',
      'tasks in 8003 {"group":"balancer"}',
      'balancer out 8003 {"group":"tasks"}',
      'tasks in 8003 {"group":"tasks"}',
      'tasks out 8003 {"group":"tasks"}',
      'database in 5432 {"group":"tasks"}',
      'tasks out 5432 {"group":"database"}',
      'tasks out 443 {"cidr":"0.0.0.0/0"}',
    ]);
    expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  });
});

describe("a balancer", () => {
  const route = { host: "a.example", alias: "web", port: 80 };
  test("gives 404 for what is private before it leads anywhere", () => {
    expect(rulesOf([{ ...route, private: ["/metrics", "/x", "/y"] }])).toEqual([
      { priority: 1, hosts: ["a.example"], paths: ["/metrics", "/metrics/*", "/x", "/x/*"] },
      { priority: 2, hosts: ["a.example"], paths: ["/y", "/y/*"] },
      { priority: 3, hosts: ["a.example"], to: "web-80" },
    ]);
  });
  test("limits as config says, within what WAF takes", () => {
    expect([0, 5, 3000].map(rateLimit)).toEqual([undefined, 10, 3000]);
  });
  test("is called by names that AWS takes; two that begin alike stay two", () => {
    expect(shortName("slipway", "production", "backend-8003")).toBe("slipway-production-backend-8003");
    const long = ["web", "tcp"].map((kind) => shortName("slipway", "a-stack-with-a-very-long-name-x", kind));
    for (const name of long) expect(name).toMatch(/^slipway-a-stack-with-a-ve[a-z-]*-[0-9a-f]{6}$/);
    expect(long.map((name) => name.length <= 32)).toEqual([true, true]);
    expect(new Set(long).size).toBe(2);
  });
});

test("two zones, public and private subnets that do not meet", () => {
  expect(zonesOf("10.20.0.0/16", ["eu-central-1a", "eu-central-1b"])).toEqual([
    { zone: "eu-central-1a", public: "10.20.1.0/24", private: "10.20.11.0/24" },
    { zone: "eu-central-1b", public: "10.20.2.0/24", private: "10.20.12.0/24" },
  ]);
});

describe("alarms where no Prometheus runs", () => {
  const alarms = managedAlarms({ connections: 100, storageGb: 20 });
  test("have the alerts' own limits", () => {
    const of = (name: string) =>
      alarms
        .filter((each) => each.name === name)
        .map(({ threshold, evaluationPeriods }) => [threshold, evaluationPeriods]);
    expect(of("ErrorRateCritical")).toEqual([[0.05, 1]]);
    expect(of("ErrorRateHigh")).toEqual([[0.01, 5]]);
    expect(of("AnswersVerySlow")).toEqual([[1, 5]]);
    expect(of("DatabaseConnectionsHigh")).toEqual([[80, 5]]);
    expect(of("RedisMemoryHigh")).toEqual([[80, 5]]);
    expect(of("HostMemoryHigh")).toEqual([[75, 15]]);
    expect(of("HostCpuHigh")).toEqual([
      [80, 15],
      [80, 15],
    ]);
    expect(of("DiskLow")).toEqual([[20 * 0.15 * 1024 ** 3, 15]]);
  });
  test("name guide and runbook", () => {
    for (const { description, name } of alarms)
      expect(description).toMatch(new RegExp(`guide.*docs/runbooks/${name}\\.md$`));
  });
  test("of a share are nothing while hardly anybody asks", () => {
    expect(shareExpression({ part: ["A", "B"], whole: "W", atLeast: 50 })).toBe(
      "IF(w >= 50, (FILL(p0, 0) + FILL(p1, 0)) / w, 0)",
    );
  });
});
