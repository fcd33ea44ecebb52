import { describe, expect, test } from "vitest";
import {
  clientEnv,
  type Database,
  databaseUrl,
  mark,
  migrationEnv,
  networkTo,
  type PostgresDatabase,
  sqlCommand,
  trustOf,
} from "../../../components/database/spec.ts";

const sqlite: Database = { kind: "sqlite", file: "/app/data/tmws.db" };
const postgres: PostgresDatabase = {
  kind: "postgres",
  name: "orders",
  image: "sha256:postgres",
  network: "slipway-local_private",
  trust: { volume: "slipway-local_trust", path: "/etc/slipway/trust", readOnly: true },
};

describe("databaseUrl", () => {
  test("an absolute file has four slashes; a rehearsal has a file of its own", () => {
    const template = "sqlite+aiosqlite:///{file}";
    expect(databaseUrl(template, sqlite, {}, "live")).toBe("sqlite+aiosqlite:////app/data/tmws.db");
    expect(databaseUrl(template, sqlite, {}, "rehearsal")).toBe(
      "sqlite+aiosqlite:////backup/rehearsal/copy/database.db",
    );
  });

  test("the owner, its password escaped; a rehearsal has a database of its own", () => {
    const template = "postgresql://{user}:{password}@{host}:{port}/{name}";
    const secrets = { PGPASSWORD: "p@ss/w:rd" };
    const server = "postgresql://orders_owner:p%40ss%2Fw%3Ard@postgres:5432";
    const query = "sslmode=verify-full&sslrootcert=/etc/slipway/trust/ca.crt";
    expect(databaseUrl(template, postgres, secrets, "live")).toBe(`${server}/orders?${query}`);
    expect(databaseUrl(template, postgres, secrets, "rehearsal")).toBe(`${server}/slipway_rehearsal?${query}`);
    expect(databaseUrl(`${template}?connect_timeout=5`, postgres, secrets, "live")).toBe(
      `${server}/orders?connect_timeout=5&${query}`,
    );
  });

  test("what is no name of ours stays as it is", () => {
    expect(databaseUrl("sqlite:///{file}?mode={mode}", sqlite, {}, "live")).toBe(
      "sqlite:////app/data/tmws.db?mode={mode}",
    );
  });
});

describe("questions to a database", () => {
  test("each is an argument, and the first that fails ends them all", () => {
    expect(sqlCommand(sqlite, "live", ["SELECT 1", "SELECT 2"])).toEqual([
      ...["sqlite3", "-bail", "/app/data/tmws.db", "SELECT 1", "SELECT 2"],
    ]);
    expect(sqlCommand(postgres, "rehearsal", ["SELECT 1", "SELECT 2"])).toEqual([
      ...["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "slipway_rehearsal", "-c", "SELECT 1", "-c", "SELECT 2"],
    ]);
    expect(sqlCommand(sqlite, "rehearsal", [])).toEqual(["sqlite3", "-bail", "/backup/rehearsal/copy/database.db"]);
    expect(sqlCommand(postgres, "live", [])).toEqual(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", "orders"]);
  });

  test("a mark between two answers", () => {
    expect([mark(sqlite, "-- next --"), mark(postgres, "-- next --")]).toEqual([
      '.print "-- next --"',
      "\\echo -- next --",
    ]);
  });
});

describe("how a database is reached", () => {
  test("a file is mounted, a server is on the network, its password in the environment", () => {
    expect([networkTo(sqlite), clientEnv(sqlite, { PGPASSWORD: "x" })]).toEqual([[], {}]);
    expect(networkTo(postgres)).toEqual([{ name: "slipway-local_private", aliases: [] }]);
    expect(clientEnv(postgres, { PGPASSWORD: "the-password" })).toMatchObject({
      PGHOST: "postgres",
      PGUSER: "orders_owner",
      PGPASSWORD: "the-password",
      PGDATABASE: "orders",
    });
  });

  test("a server is verified by every session, a migration's too", () => {
    const tls = { PGSSLMODE: "verify-full", PGSSLROOTCERT: "/etc/slipway/trust/ca.crt" };
    expect(clientEnv(postgres, {})).toMatchObject(tls);
    expect(migrationEnv(postgres, "live")).toEqual({ PGOPTIONS: "-c lock_timeout=2s", ...tls });
    expect(migrationEnv(postgres, "rehearsal")).toEqual({
      PGOPTIONS: "-c lock_timeout=2s -c log_statement=all",
      ...tls,
    });
    expect(trustOf(postgres)).toEqual([postgres.trust]);
    expect([migrationEnv(sqlite, "live"), trustOf(sqlite)]).toEqual([{}, []]);
  });
});
