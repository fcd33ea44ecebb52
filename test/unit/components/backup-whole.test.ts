import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { dataAt, partOf } from "../../../components/backup/restore-beside.ts";
import { countSet } from "../../../components/backup/rows.ts";
import { type DataSpec, takePieces, takeSet } from "../../../components/backup/spec.ts";
import { copyStores, keeperRequest, restoreStores, storeMounts, storesOf } from "../../../components/backup/stores.ts";
import { countDump, countTables } from "../../../components/postgres/counts.ts";
import { emptyDump } from "../../../components/postgres/dump.ts";

const data: DataSpec = {
  image: "sha256:app",
  user: "1000:1000",
  mounts: [
    { volume: "slipway-local_data", path: "/app/data" },
    { volume: "slipway-local_licenses", path: "/app/data/licenses" },
  ],
  backupVolume: "slipway-local_backups",
  database: { kind: "sqlite", file: "/app/data/tmws.db" },
  directories: [{ name: "licenses", path: "/app/data/licenses" }],
  keep: 30,
};
const trust = { volume: "slipway-local_trust", path: "/etc/slipway/trust", readOnly: true };
const rows: DataSpec = {
  ...data,
  mounts: [],
  database: { kind: "postgres", name: "orders", image: "sha256:postgres", network: "slipway-local_private", trust },
  directories: [],
};
const place = { stack: "local", system: "tmws" };
const set = "20260101T020304Z-backup";
const stores = storesOf(["redis-data", "chroma-data", "postgres-data"]);

test("a set in pieces does what a release's set does, in the same order", () => {
  for (const each of [data, rows]) {
    const pieces = takePieces(each, set);
    const lines = (commands: readonly (readonly string[])[]) => commands.flatMap((argv) => (argv[2] ?? "").split("\n"));
    const part = `part='/backup/sets/${set}.part'`;
    const without = (all: readonly string[]) => all.filter((line) => line !== part);
    expect(without(lines([...pieces.begin, ...pieces.copyLive, ...pieces.finish]))).toEqual(
      without(lines(takeSet(each, set))),
    );
  }
});

describe("stores", () => {
  test("are those whose containers the stack has, with volumes of the data's generation", () => {
    expect(stores.map(({ name }) => name)).toEqual(["redis", "chroma"]);
    expect(storeMounts({ ...place, generation: 2 }, stores, true)).toEqual([
      { volume: "slipway-local_redis-data.g2", path: "/stores/redis", readOnly: true },
      { volume: "slipway-local_chroma-data.g2", path: "/stores/chroma", readOnly: true },
    ]);
  });

  test("are copied by one who may read every file and reaches nobody", () => {
    const { user, network, capabilities, image } = keeperRequest(rows, []);
    expect({ user, network, capabilities, image }).toEqual({
      user: "0:0",
      network: [],
      capabilities: ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
      image: "sha256:postgres",
    });
    expect(keeperRequest(data, []).image).toBe("sha256:app");
  });

  test("scripts that a POSIX shell can read; the archive is the set's owner's", () => {
    const scripts = [
      ...copyStores(set, stores, data.user),
      ...restoreStores(set, "spare", stores),
      countSet(data, set),
      countTables(),
    ];
    for (const argv of scripts) expect(() => execFileSync("sh", ["-n", "-c", argv[2] ?? "exit 1"])).not.toThrow();
    expect(copyStores(set, stores, data.user)[0]?.[2]).toContain(
      `chown 1000:1000 '/backup/sets/${set}.part/redis.tar'`,
    );
  });
});

describe("the same data elsewhere", () => {
  test("another generation, and back", () => {
    const next = { ...place, generation: 1 };
    const moved = dataAt(data, place, next);
    expect(moved.mounts.map(({ volume }) => volume)).toEqual(["slipway-local_data.g1", "slipway-local_licenses.g1"]);
    expect(dataAt(moved, next, { ...place, generation: 2 }).mounts.map(({ volume }) => volume)).toEqual([
      "slipway-local_data.g2",
      "slipway-local_licenses.g2",
    ]);
    expect(dataAt(moved, next, place)).toEqual(data);
    expect(partOf("slipway-local_data.g1", next)).toBe("data");
  });

  test("another stack; the sets stay where they are", () => {
    const moved = dataAt(data, place, { stack: "drill-local", system: "tmws", generation: 1 });
    expect(moved.mounts[0]?.volume).toBe("slipway-drill-local_data.g1");
    expect(moved.backupVolume).toBe("slipway-local_backups");
  });
});

describe("rows of a dump, counted in what it would restore", () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-counts-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  /** A pg_restore that prints this: what is tried is the reading of its output. */
  const counted = (printed: string, exit = 0, file = "dump") => {
    writeFileSync(join(folder, "printed"), printed);
    writeFileSync(join(folder, "pg_restore"), `#!/bin/sh\ncat '${join(folder, "printed")}'\nexit ${exit}\n`);
    chmodSync(join(folder, "pg_restore"), 0o755);
    const [shell = "", ...args] = countDump(join(folder, file));
    return execFileSync(shell, args, {
      encoding: "utf8",
      stdio: "pipe",
      env: { PATH: `${folder}:${process.env["PATH"]}` },
    });
  };
  writeFileSync(join(folder, "dump"), "PGDMP");
  writeFileSync(join(folder, "empty"), `${emptyDump}\n`);

  test("tables with rows, without rows, with odd names; text that looks like a command is a row", () => {
    const text = [
      "COPY public.orders (id, key) FROM stdin;",
      "1\tCOPY public.no (id) FROM stdin;",
      "2\t\\\\.",
      "3\tb",
      "\\.",
      "",
      "COPY public.empty (id) FROM stdin;",
      "\\.",
      'COPY public."Odd" (id) FROM stdin;',
      "1",
      "\\.",
    ];
    expect(counted(`${text.join("\n")}\n`)).toBe('public."Odd"\t1\npublic.empty\t0\npublic.orders\t3\n');
  });

  test("an empty database has none; a dump that cannot be read is an error, however much of it came", () => {
    expect(counted("", 1, "empty")).toBe("");
    expect(() => counted("COPY public.orders (id) FROM stdin;\n1\n", 1)).toThrow();
    expect(() => counted("", 1)).toThrow();
  });
});
