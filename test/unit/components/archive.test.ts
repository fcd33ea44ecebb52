import { describe, expect, test } from "vitest";
import { chooseMoment, parseSeries } from "../../../components/archive/choice.ts";
import { logEnds } from "../../../components/archive/recover.ts";
import {
  archiveContainer,
  archiveDropSql,
  archiveFiles,
  archiveFolders,
  archiveMount,
  archiveRoleSql,
} from "../../../components/archive/spec.ts";
import { hostExporter } from "../../../components/exporters/spec.ts";
import { hostBasedAccess, postgresConfig } from "../../../components/postgres/config.ts";
import { stampOf } from "../../../components/steps/stamp.ts";
import { isGenerational, isOfPart } from "../../../components/volumes/spec.ts";

const place = { stack: "blue", system: "orders", generation: 2 };
const limits = { cpus: 0.5, memoryMb: 128, pids: 64 };
const spec = {
  image: "sha256:1",
  network: "n",
  limits,
  database: "orders",
  windowDays: 30,
  baseHours: 24,
  slotMb: 4096,
};

describe("the archive's container", () => {
  const container = archiveContainer(place, spec);

  test("has the server's image, its own user and no right but its volumes", () => {
    expect(container).toMatchObject({
      image: "sha256:1",
      user: "999:999",
      capabilities: [],
      restart: "unless-stopped",
    });
    expect(container.network).toEqual([{ name: "n", aliases: ["archive"] }]);
    expect(container.mounts.map(({ volume, path, readOnly }) => [volume, path, readOnly ?? false])).toEqual([
      ["slipway-blue_archive", "/archive", false],
      ["slipway-blue_archive-notes", "/notes", false],
      ["slipway-blue_archive-config", "/etc/archive", true],
      ["slipway-blue_trust", "/etc/slipway/trust", true],
    ]);
  });

  test("verifies the server, and is told everything but the password by variables", () => {
    expect(container.env).toMatchObject({
      PGUSER: "orders_archive",
      PGPASSFILE: "/etc/archive/pgpass",
      PGSSLMODE: "verify-full",
      ARCHIVE_SLOT: "slipway_archive",
      ARCHIVE_SLOT_MB: "4096",
      ARCHIVE_GENERATION: "2",
      ARCHIVE_WINDOW_DAYS: "30",
      ARCHIVE_BASE_HOURS: "24",
    });
    expect(archiveFiles("echo", "a-password").map(({ path, mode, content }) => [path, mode, content])).toEqual([
      ["archive.sh", 0o444, "echo"],
      ["pgpass", 0o400, "*:*:*:*:a-password\n"],
    ]);
    expect(JSON.stringify(container)).not.toContain("a-password");
    expect(Object.keys(archiveFolders)).toEqual(["archive", "archive-notes"]);
  });

  test("its data are of no generation, and whoever reads them writes nothing", () => {
    expect([isOfPart("archive"), isGenerational("archive")]).toEqual([true, false]);
    expect(archiveMount(place)).toEqual({ volume: "slipway-blue_archive", path: "/archive", readOnly: true });
  });
});

describe("its role", () => {
  test("replicates and may do nothing else; its password is a variable", () => {
    const sql = archiveRoleSql("orders");
    expect(sql).toContain(
      `ALTER ROLE "orders_archive" LOGIN REPLICATION NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS CONNECTION LIMIT 8 PASSWORD :'archive_password';`,
    );
    expect(sql).toContain("\\getenv archive_password SLIPWAY_ARCHIVE_PASSWORD");
    expect(() => archiveRoleSql("Orders")).toThrow("allowed are");
  });

  test("it is shut out before its slot goes, so that it cannot make another", () => {
    const lines = archiveDropSql("orders").split("\n");
    expect(lines.map((line) => /NOLOGIN|pg_terminate_backend|pg_drop_replication_slot/.exec(line)?.[0])).toEqual([
      "NOLOGIN",
      "pg_terminate_backend",
      "pg_drop_replication_slot",
      undefined,
    ]);
  });

  test("comes in for replication alone, over TLS; without an archive nobody does", () => {
    const lines = hostBasedAccess({ role: "orders_archive", slotMb: 64 }).split("\n");
    expect(lines.filter((line) => line.includes("orders_archive"))).toEqual([
      "host all orders_archive all reject",
      "hostssl replication orders_archive samenet scram-sha-256",
    ]);
    expect(lines.indexOf("host all orders_archive all reject")).toBeLessThan(
      lines.indexOf("hostssl all all samenet scram-sha-256"),
    );
    expect(lines.at(-2)).toBe("host replication all all reject");
    expect(hostBasedAccess()).not.toMatch(/replication(?! all all reject)/);
  });

  test("the server keeps a bounded log for it", () => {
    const sizing = { limits: { cpus: 1, memoryMb: 1024, pids: 256 }, tier: "small", connections: 10 } as const;
    const config = postgresConfig({ ...sizing, archive: { role: "orders_archive", slotMb: 64 } }, "/etc/x");
    expect(config).toContain("max_slot_wal_keep_size = 64MB\n");
    expect(postgresConfig(sizing, "/etc/x")).not.toContain("slot");
  });
});

test("node exporter reads the notes of both folders", () => {
  const notes = { mount: { volume: "v", path: "/p", readOnly: true }, folder: "/p/metrics" };
  const folders = hostExporter(place, [notes]).command.filter((word) => word.includes("textfile.directory"));
  expect(folders).toHaveLength(2);
  expect(folders[1]).toBe("--collector.textfile.directory=/p/metrics");
  expect(hostExporter(place, [notes]).mounts.at(-1)).toEqual(notes.mount);
});

describe("which base backup leads to a moment", () => {
  const all = parseSeries(
    [
      "20260102T000000Z-g0/base/20260103T020000Z",
      "20260102T000000Z-g0",
      "20260104T120000Z-g1",
      "20260102T000000Z-g0/base/20260102T000030Z",
      "20260104T120000Z-g1/base/20260104T120040Z",
      "20260102T000000Z-g0/base/plain.part",
      "gaps",
    ].join("\n"),
  );
  const chosen = (at: string) => {
    const moment = chooseMoment(all, new Date(at));
    return moment === undefined ? undefined : [moment.series, stampOf(moment.base)];
  };

  test("series and their base backups, oldest first", () => {
    expect(all.map(({ name, generation, bases }) => [name, generation, bases.map(stampOf)])).toEqual([
      ["20260102T000000Z-g0", 0, ["20260102T000030Z", "20260103T020000Z"]],
      ["20260104T120000Z-g1", 1, ["20260104T120040Z"]],
    ]);
    expect(parseSeries("")).toEqual([]);
  });

  test("the newest before it, of the log that was written then", () => {
    expect(chosen("2026-01-02T00:00:30Z")).toEqual(["20260102T000000Z-g0", "20260102T000030Z"]);
    expect(chosen("2026-01-03T01:59:59.999Z")).toEqual(["20260102T000000Z-g0", "20260102T000030Z"]);
    expect(chosen("2026-01-04T11:59:59Z")).toEqual(["20260102T000000Z-g0", "20260103T020000Z"]);
    expect(chosen("2026-02-01T00:00:00Z")).toEqual(["20260104T120000Z-g1", "20260104T120040Z"]);
  });

  test("none from before the archive, nor while a log has no base backup yet: another log's would be other data", () => {
    expect(chosen("2026-01-01T00:00:00Z")).toBeUndefined();
    expect(chosen("2026-01-02T00:00:29Z")).toBeUndefined();
    expect(chosen("2026-01-04T12:00:39Z")).toBeUndefined();
  });
});

describe("a log that ends before the moment", () => {
  const at = new Date("2026-01-05T00:00:00Z");
  const fatal = "FATAL:  recovery ended before configured recovery target was reached";

  test("is told with its last commit, a millisecond up, so that --at takes it", () => {
    const last = "LOG:  last completed transaction was at log time 2026-01-04 18:15:15.534756+00";
    expect(logEnds(`${last}\n${fatal}`, at)?.message).toBe(
      "the archive does not reach 2026-01-05T00:00:00.000Z: its last commit is of 2026-01-04T18:15:15.535Z: --at 2026-01-04T18:15:15.535Z restores that. What was acknowledged between the two is in no archive",
    );
    const whole = "LOG:  last completed transaction was at log time 2026-01-04 18:15:15+00";
    expect(logEnds(`${whole}\n${fatal}`, at)?.message).toContain("of 2026-01-04T18:15:15.000Z");
  });

  test("without a commit that is said; another end is none of these", () => {
    expect(logEnds(fatal, at)?.message).toContain("it has no commit after its base backup");
    expect(logEnds("FATAL:  could not locate required checkpoint record", at)).toBeUndefined();
  });
});
