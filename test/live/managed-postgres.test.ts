/**
 * The roles on a server whose master is no superuser, as RDS' is none: on a real PostgreSQL, whose superuser does what RDS lets its master do beyond
 * that (the extensions), and nothing else.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askRestored } from "../../components/backup/rds-drill.ts";
import { rehearsalOfLive } from "../../components/postgres/dump.ts";
import { retire } from "../../components/postgres/rds-retire.step.ts";
import { makeRoles } from "../../components/postgres/rds-roles.step.ts";
import { rdsRolesSql } from "../../components/postgres/rds-roles.ts";
import { retireSql } from "../../components/postgres/roles.ts";
import { postgresAlias, trustMount } from "../../components/postgres/spec.ts";
import type { SessionRunner } from "../../components/steps/runner.ts";
import { engine, runner } from "./support/host.ts";
import { TestPostgres } from "./support/postgres.ts";

const masterPassword = "the-master-password-0";
const postgres = new TestPostgres();
/** A task's network is its address' own; here it is the stack's. */
const sessions: SessionRunner = {
  list: (labels) => runner.list(labels),
  create: (spec) => runner.create({ ...spec, network: [{ name: postgres.network, aliases: [] }] }),
  start: (id) => runner.start(id),
  remove: (id) => runner.remove(id),
  exec: (id, command) => runner.exec(id, command),
  logs: (id, lines) => runner.logs(id, lines),
};
const roles = (generation = 0, appPassword = postgres.passwords.app) =>
  makeRoles(sessions, {
    host: "",
    place: postgres.place,
    image: postgres.image,
    trust: trustMount(postgres.place),
    server: postgresAlias,
    database: "orders",
    sql: rdsRolesSql("orders", generation),
    generation,
    masterPassword,
    ownerPassword: postgres.passwords.owner,
    appPassword,
  });

beforeAll(async () => {
  await postgres.start();
  await postgres.answers();
  for (const extension of ["vector", "pg_trgm", '"uuid-ossp"'])
    await postgres.root(`CREATE EXTENSION ${extension}`, "template1");
  await postgres.root(
    `CREATE ROLE slipway LOGIN CREATEROLE CREATEDB NOSUPERUSER PASSWORD '${masterPassword}'; ALTER DATABASE postgres OWNER TO slipway`,
  );
});
afterAll(() => postgres.remove());

describe("roles made by a master that is no superuser", () => {
  it("are there, and made again they are the same", async () => {
    expect(await roles()).toEqual({ ready: true });
    expect(await roles()).toEqual({ ready: true });
    expect(await postgres.root("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'orders%'")).toBe("2");
    expect(await postgres.root("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'orders'")).toBe(
      "orders_owner",
    );
  });

  it("have their rights and no others: the owner makes tables, the app their rows", async () => {
    await postgres.session(async (session) => {
      const made = await postgres.as(session, "owner", "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)");
      expect(made).toEqual({ exitCode: 0, output: "" });
      expect(await postgres.as(session, "app", "SELECT id FROM kept")).toEqual({ exitCode: 0, output: "1" });
      expect((await postgres.as(session, "app", "CREATE TABLE other (id int)")).output).toContain("permission denied");
      expect((await postgres.as(session, "app", "SELECT 1", "postgres")).output).toContain("permission denied");
    });
  });

  it("answer a drill's questions: the revision, and the rows of every table", async () => {
    const { place, image, network, passwords } = postgres;
    const database = { kind: "postgres" as const, name: "orders", image, network, trust: trustMount(place) };
    const access = { user: "1000:1000", database, secrets: { PGPASSWORD: passwords.owner } };
    await postgres.session(async (session) => {
      const sql = "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('0002_note')";
      expect(await postgres.as(session, "owner", sql)).toEqual({ exitCode: 0, output: "" });
    });
    expect(await askRestored(sessions, place, access, "SELECT version_num FROM alembic_version")).toEqual({
      revision: "0002_note",
      rows: { "public.alembic_version": 1, "public.kept": 1 },
    });
    await expect(
      askRestored(sessions, place, { ...access, secrets: { PGPASSWORD: "from-another-time" } }, "SELECT 1"),
    ).rejects.toThrow("password authentication failed");
  });

  it("let the owner rehearse on a copy of the live database, and drop it", async () => {
    await postgres.session(async (session) => {
      await session.must("copying", { argv: rehearsalOfLive("orders", "slipway_rehearsal") });
      expect(await postgres.as(session, "owner", "SELECT id FROM kept", "slipway_rehearsal")).toEqual({
        exitCode: 0,
        output: "1",
      });
      expect(await postgres.as(session, "owner", "DROP DATABASE slipway_rehearsal", "postgres")).toMatchObject({
        exitCode: 0,
      });
    });
  });

  it("take a changed password by the other of two logins, while the one before still gets in", async () => {
    expect(await roles(1, "the-next-password-of-the-app")).toEqual({ ready: true });
    await postgres.session(async (session) => {
      expect(await postgres.as(session, "app", "SELECT 1")).toEqual({ exitCode: 0, output: "1" });
    });
  });

  it("lose the former login once the next release is proved", async () => {
    const done = await retire(sessions, {
      host: "",
      place: postgres.place,
      image: postgres.image,
      trust: trustMount(postgres.place),
      server: postgresAlias,
      database: "orders",
      sql: retireSql("orders", 1),
      masterPassword,
    });
    expect(done).toEqual({});
    await postgres.session(async (session) => {
      expect((await postgres.as(session, "app", "SELECT 1")).exitCode).not.toBe(0);
    });
  });

  it("put no password into the server's log, which has every statement that changes roles", async () => {
    const log = await engine.getContainer(postgres.id).logs({ stdout: true, stderr: true });
    const text = log.toString();
    expect(text).toContain("ALTER ROLE");
    for (const secret of [postgres.passwords.owner, postgres.passwords.app, "the-next-password-of-the-app"])
      expect(text).not.toContain(secret);
  });
});
