/** PostgreSQL as a stack has it: the real image, server, roles, dumps and restores. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import authorityStep from "../../components/certificate/authority.step.ts";
import { type Database, databaseUrl } from "../../components/database/spec.ts";
import { file } from "../../components/files/spec.ts";
import {
  dropDatabase,
  dumpDatabase,
  emptyDump,
  isEmptyDump,
  rehearsalDatabase,
  restoreDatabase,
} from "../../components/postgres/dump.ts";
import { postgresContainer, postgresUrl, trustMount } from "../../components/postgres/spec.ts";
import type { Session } from "../../components/steps/session.ts";
import { sh, start, tidy, until } from "./images-host.ts";
import { engine, eventually, runner } from "./support/host.ts";
import { sessionLabels, TestPostgres } from "./support/postgres.ts";
import { addressOf, servedCertificate } from "./support/postgres-tls.ts";

const postgres = new TestPostgres();
const dump = "/backup/sets/orders.dump";

beforeAll(async () => {
  await postgres.start();
  await postgres.roles();
});
afterAll(async () => {
  await tidy();
  await postgres.remove();
});

const refusal = async (session: Session, statement: string, database?: string) =>
  (await postgres.as(session, "app", statement, database)).output.replace(/^.*(ERROR|FATAL):\s+/s, "");

const databases = () =>
  postgres.root("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE NOT datistemplate");

/** All rows of all columns, and what the schema says. */
const checksum = (database = "orders") =>
  postgres.root(
    "SELECT md5(string_agg(o::text, ';' ORDER BY id)) || ' ' || count(*) || ' ' || obj_description('orders'::regclass) FROM orders o",
    database,
  );

describe("the image", () => {
  test("keeps the official one's contract", async () => {
    const { Config } = await engine.getImage(postgres.image).inspect();
    expect(Config).toMatchObject({
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["postgres"],
      ExposedPorts: { "5432/tcp": {} },
      Volumes: { "/var/lib/postgresql/data": {} },
      StopSignal: "SIGINT",
      Env: expect.arrayContaining(["PGDATA=/var/lib/postgresql/data", "PG_MAJOR=17", "LANG=en_US.utf8"]),
    });
  });

  test("started as root it steps down; user, database, options and scripts of the first start count", async () => {
    const server = await start({
      image: postgres.image,
      env: ["POSTGRES_PASSWORD=boss-password", "POSTGRES_USER=boss", "POSTGRES_DB=shop"],
      cmd: ["-c", "work_mem=7MB"],
      volumes: ["/var/lib/postgresql/data"],
      tmpfs: { "/tmp": "", "/var/run/postgresql": "" },
      capAdd: ["SETUID", "SETGID", "CHOWN", "FOWNER", "DAC_OVERRIDE"],
      files: {
        "/docker-entrypoint-initdb.d/1.sql": "CREATE TABLE made AS SELECT 'by sql' AS how;",
        "/docker-entrypoint-initdb.d/2.sh": `sql -d "$POSTGRES_DB" -c "INSERT INTO made VALUES ('by sh')"`,
      },
    });
    const query = "SELECT string_agg(how, ', ' ORDER BY how) || ' ' || current_setting('work_mem') FROM made";
    const ask = () => sh(server, `PGPASSWORD=boss-password psql -XAt -h 127.0.0.1 -U boss -d shop -c "${query}"`);
    expect((await until(ask, ({ code }) => code === 0)).out).toBe("by sh, by sql 7MB");
    expect((await sh(server, "grep -E '^(Uid|Gid|CapEff):' /proc/1/status | tr '\\n\\t' '  '")).out).toBe(
      "Uid: 999 999 999 999 Gid: 999 999 999 999 CapEff: 0000000000000000",
    );
    // What the server starts, here by COPY, is not handed the password.
    const told = "CREATE TEMP TABLE told (line text); COPY told FROM PROGRAM 'env'; SELECT count(*) FROM told";
    const environment = `PGPASSWORD=boss-password psql -XqAt -h 127.0.0.1 -U boss -d shop -c "${told} WHERE line ~ 'PASSWORD'"`;
    expect((await sh(server, environment)).out).toBe("0");
  });

  test("without a password it makes no database", async () => {
    const refused = await start({ image: postgres.image, user: "999:999", volumes: ["/var/lib/postgresql/data"] });
    expect((await refused.wait()).StatusCode).toBe(1);
    expect((await refused.logs({ stderr: true })).toString()).toContain("POSTGRES_PASSWORD is not specified");
  });
});

describe("the server", () => {
  test("runs as 999 on a read-only root without a capability", async () => {
    const status = await runner.exec(postgres.id, {
      argv: ["sh", "-c", "grep -E '^(Uid|Gid|CapEff|NoNewPrivs):' /proc/1/status | tr '\\n\\t' '  '; touch /x 2>&1"],
    });
    expect(status.output.trim()).toBe(
      "Uid: 999 999 999 999 Gid: 999 999 999 999 CapEff: 0000000000000000 NoNewPrivs: 1 touch: cannot touch '/x': Read-only file system",
    );
  });

  test("is healthy by its own check, which a wrong password fails", async () => {
    const status = async () => (await engine.getContainer(postgres.id).inspect()).State.Health?.Status;
    expect(await eventually("healthy", async () => ((await status()) === "healthy" ? "healthy" : undefined))).toBe(
      "healthy",
    );
    const check = postgresContainer(postgres.place, postgres.spec).health?.test[1] ?? "";
    const ask = async () => (await runner.exec(postgres.id, { argv: ["sh", "-c", check] })).exitCode;
    expect(await ask()).toBe(0);
    await postgres.write(postgres.secretFiles("not-the-password"));
    expect(await ask()).toBe(1);
    await postgres.write(postgres.secretFiles());
    expect(await ask()).toBe(0);
  });

  test("has the tuning of its memory, checksums, the builtin locale, and the extensions in both databases", async () => {
    const settings = ["shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem", "max_connections"];
    const shown = settings.map((name) => `current_setting('${name}')`).join(" || ' ' || ");
    expect(await postgres.root(`SELECT ${shown} || ' ' || current_setting('data_checksums')`)).toBe(
      "128MB 384MB 4MB 64MB 100 on",
    );
    expect(
      await postgres.root("SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = 'orders'"),
    ).toBe("b C.UTF-8");
    const extensions = "SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension";
    expect(await postgres.root(extensions, "orders")).toBe("pg_trgm plpgsql uuid-ossp vector");
    expect(await postgres.root(extensions, "slipway_template")).toBe("pg_trgm plpgsql uuid-ossp vector");
  });

  test("builds a vector index in parallel, beyond the 64 MB of /dev/shm", async () => {
    const statement =
      "CREATE TABLE shared AS SELECT ARRAY[n, 1]::vector(2) AS at FROM generate_series(1, 1000) n; " +
      "ALTER TABLE shared SET (parallel_workers = 2); SET maintenance_work_mem = '128MB'; SET client_min_messages = 'debug1'; " +
      "CREATE INDEX ON shared USING hnsw (at vector_l2_ops); DROP TABLE shared";
    const argv = ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "orders", "-c", statement];
    const finished = await runner.exec(postgres.id, { argv });
    expect(finished.output).toContain("using 2 parallel workers");
    expect(finished.exitCode).toBe(0);
  });
});

describe("the roles", () => {
  test("running the step twice is one result", async () => {
    const state = () =>
      postgres.root(
        "SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM (" +
          "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolcanlogin, '' FROM pg_roles WHERE rolname !~ '^pg_' UNION ALL " +
          "SELECT datname, datistemplate, true, true, true, datacl::text || datdba::regrole FROM pg_database) t",
      );
    const before = await state();
    const outputs = await postgres.roles();
    expect(await postgres.roles()).toEqual(outputs);
    expect(outputs).toEqual({ ready: true, version: (await postgres.root("SHOW server_version")).split(" ")[0] });
    expect(await state()).toBe(before);
    expect(before).toContain("(orders_owner,f,t,f,t,");
    expect(before).toContain("(orders_app,f,f,f,t,");
  });

  test("passwords are kept by scram, the superuser has none", async () => {
    expect(
      await postgres.root(
        "SELECT string_agg(rolname || ' ' || coalesce(left(rolpassword, 19), 'none'), ', ' ORDER BY rolname) FROM pg_authid WHERE rolcanlogin",
      ),
    ).toBe("orders_app SCRAM-SHA-256$4096:, orders_owner SCRAM-SHA-256$4096:, postgres none");
  });

  test("who gets in: neither the superuser by network, nor anyone else by the socket, nor a wrong password", async () => {
    await postgres.session(async (session) => {
      const psql = (user: string, password: string) =>
        session.run({
          argv: ["psql", "-XAtc", "SELECT 1", "-d", "orders"],
          env: { PGUSER: user, PGPASSWORD: password },
        });
      expect((await psql("orders_app", postgres.passwords.app)).output).toBe("1\n");
      expect((await psql("orders_app", "wrong-password")).output).toContain(
        'password authentication failed for user "orders_app"',
      );
      expect((await psql("postgres", postgres.passwords.app)).output).toContain(
        "pg_hba.conf rejects connection for host",
      );
    });
    const bySocket = await runner.exec(postgres.id, {
      argv: ["psql", "-XAtc", "SELECT 1", "-U", "orders_app", "-d", "orders"],
      env: { PGPASSWORD: postgres.passwords.app },
    });
    expect(bySocket.output).toContain('pg_hba.conf rejects connection for host "[local]"');
  });

  test("the app reads and writes rows of tables to come, and nothing else", async () => {
    await postgres.session(async (session) => {
      const made = await postgres.as(
        session,
        "owner",
        "CREATE TABLE orders (id serial PRIMARY KEY, item text, at vector(3)); CREATE SCHEMA extra; CREATE TABLE extra.notes (id int)",
      );
      expect(made).toEqual({ exitCode: 0, output: "" });
      expect(
        await postgres.as(
          session,
          "app",
          "INSERT INTO orders (item, at) VALUES ('a', '[1,2,3]'); UPDATE orders SET item = 'b'; INSERT INTO extra.notes VALUES (1); " +
            "DELETE FROM extra.notes; SELECT item, at, similarity(item, 'b') FROM orders",
        ),
      ).toEqual({ exitCode: 0, output: "b|[1,2,3]|1" });
      expect(await refusal(session, "CREATE TABLE mine (id int)")).toMatch(/^permission denied for schema public/);
      expect(await refusal(session, "CREATE SCHEMA mine")).toBe("permission denied for database orders");
      expect(await refusal(session, "CREATE TEMP TABLE mine (id int)")).toMatch(
        /^permission denied to create temporary tables in database "orders"/,
      );
      expect(await refusal(session, "DROP TABLE orders")).toBe("must be owner of table orders");
      expect(await refusal(session, "TRUNCATE orders")).toBe("permission denied for table orders");
      expect(await refusal(session, "ALTER TABLE orders ADD COLUMN more int")).toBe("must be owner of table orders");
      expect(await refusal(session, "CREATE DATABASE mine")).toBe("permission denied to create database");
      for (const any of ["orders", "postgres", "slipway_template"]) {
        expect(await refusal(session, `DROP DATABASE ${any}`)).toBe(`must be owner of database ${any}`);
      }
      expect(await refusal(session, "SET ROLE orders_owner")).toBe('permission denied to set role "orders_owner"');
      expect(await refusal(session, "SET log_statement = 'none'")).toBe(
        'permission denied to set parameter "log_statement"',
      );
      for (const other of ["postgres", "template1", "slipway_template"]) {
        expect(await refusal(session, "SELECT 1", other)).toBe(
          `permission denied for database "${other}"\nDETAIL:  User does not have CONNECT privilege.`,
        );
      }
      expect((await postgres.as(session, "owner", "SET log_statement = 'all'; SELECT 1")).output).toBe("1");
    });
  });

  test("the app runs no program, reads no file, makes no role and no function, and its session does not wait for ever", async () => {
    await postgres.session(async (session) => {
      const refused: Readonly<Record<string, string>> = {
        "COPY (SELECT 1) TO PROGRAM 'id'": "permission denied to COPY to or from an external program",
        "COPY (SELECT 1) TO '/tmp/x'": "permission denied to COPY to a file",
        "SELECT pg_read_file('/etc/passwd')": "permission denied for function pg_read_file",
        "CREATE ROLE other": "permission denied to create role",
        "ALTER ROLE orders_app SUPERUSER": "permission denied to alter role",
        "ALTER ROLE orders_owner PASSWORD 'x'": "permission denied to alter role",
        "CREATE EXTENSION pageinspect": 'permission denied to create extension "pageinspect"',
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'": "permission denied for schema public",
        "ALTER SYSTEM SET log_statement = 'none'": "ALTER SYSTEM is not allowed in this environment",
      };
      for (const [statement, words] of Object.entries(refused))
        expect((await refusal(session, statement)).split("\n")[0], statement).toBe(words);
      const shown = ["statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"]
        .map((name) => `SELECT '${name} ' || current_setting('${name}')`)
        .join(" UNION ALL ");
      expect((await postgres.as(session, "app", shown)).output.split("\n").sort()).toEqual([
        "idle_in_transaction_session_timeout 10min",
        "lock_timeout 1min",
        "statement_timeout 10min",
      ]);
    });
  });

  test("the owner is no superuser: what only that one may, extensions among it, the roles step does", async () => {
    await postgres.session(async (session) => {
      const refused = async (statement: string) =>
        (await postgres.as(session, "owner", statement)).output.replace(/^.*ERROR:\s+/s, "").split("\n")[0];
      expect(await refused("CREATE EXTENSION pageinspect")).toBe('permission denied to create extension "pageinspect"');
      expect(await refused("DROP EXTENSION vector")).toBe("must be owner of extension vector");
      expect(await refused("CREATE ROLE other")).toBe("permission denied to create role");
      expect(await refused("ALTER ROLE orders_app SUPERUSER")).toBe("permission denied to alter role");
      expect(await refused("SELECT pg_read_file('/etc/passwd')")).toBe("permission denied for function pg_read_file");
    });
  });

  test("tables older than the default rights are the app's too", async () => {
    await postgres.root(
      "REVOKE ALL ON orders, extra.notes FROM orders_app; REVOKE ALL ON SEQUENCE orders_id_seq FROM orders_app",
      "orders",
    );
    await postgres.roles();
    await postgres.session(async (session) => {
      expect(
        await postgres.as(session, "app", "INSERT INTO orders (item) VALUES ('c'); SELECT count(*) FROM extra.notes"),
      ).toEqual({ exitCode: 0, output: "0" });
    });
  });

  test("a changed password works after the step, the old one does not", async () => {
    const before = postgres.passwords.app;
    postgres.passwords.app = 'it\'s a "new" $password\\';
    await postgres.write(postgres.secretFiles());
    await postgres.roles();
    await postgres.session(async (session) => {
      expect((await postgres.as(session, "app", "SELECT 1")).output).toBe("1");
      const old = await session.run({
        argv: ["psql", "-XAtc", "SELECT 1"],
        env: { PGUSER: "orders_app", PGPASSWORD: before },
      });
      expect(old.output).toContain("password authentication failed");
    });
    const log = await runner.logs(postgres.id, 5000);
    expect(log).toContain("CREATE TABLE orders");
    const inspected = JSON.stringify(await engine.getContainer(postgres.id).inspect());
    for (const secret of [before, postgres.passwords.app, postgres.passwords.owner, "it''s a", "SCRAM-SHA-256$"]) {
      expect(log).not.toContain(secret);
      expect(inspected).not.toContain(secret);
    }
  });
});

describe("TLS", () => {
  const encryption = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

  test("the app's address and the migration's lead to a verified, encrypted session; so do the steps' own", async () => {
    const { place, network, image, passwords } = postgres;
    const database: Database = { kind: "postgres", name: "orders", image, network, trust: trustMount(place) };
    const template = "postgresql://{user}:{password}@{host}:{port}/{name}";
    const secrets = { PGPASSWORD: passwords.owner };
    const addresses = [
      postgresUrl("orders_app", passwords.app, "orders"),
      databaseUrl(template, database, secrets, "live"),
    ];
    await postgres.session(async (session) => {
      for (const address of addresses) {
        const argv = ["sh", "-c", `psql -XAt -c "${encryption}" "$ADDRESS"`];
        // What a workload has of it is the address alone: not the session's own PGSSLMODE.
        const env = { PGSSLMODE: "", PGSSLROOTCERT: "", PGPASSWORD: "", ADDRESS: address };
        expect(await session.run({ argv, env })).toEqual({ exitCode: 0, output: "t|TLSv1.3\n" });
      }
      expect((await postgres.as(session, "owner", encryption)).output).toBe("t|TLSv1.3");
    });
  });

  test("a client without TLS is refused by the server, and so is one that knows only TLS 1.2", async () => {
    await postgres.session(async (session) => {
      const plain = await asApp(session, { PGSSLMODE: "disable" });
      expect(plain.output).toMatch(/pg_hba\.conf rejects connection .*user "orders_app".*, no encryption/);
      const old = await asApp(session, { PGSSLMAXPROTOCOLVERSION: "TLSv1.2" });
      expect(old.output).toMatch(/SSL error: .*protocol version/);
    });
  });

  test("a client that trusts another CA, or that comes by another name, refuses the server by itself", async () => {
    const other = await authorityStep.reconcile({ subject: postgres.place.stack });
    await postgres.write([file("other.crt", other.certificate, { uid: 0, gid: 0 })], "backups");
    await postgres.session(async (session) => {
      const stranger = await asApp(session, { PGSSLROOTCERT: "/backup/other.crt" });
      expect(stranger).toMatchObject({ exitCode: 2, output: expect.stringContaining("certificate verify failed") });
      const byAddress = await asApp(session, { PGHOST: await addressOf(postgres.id) });
      expect(byAddress.output).toMatch(
        /server certificate for "postgres" \(and 2 other names\) does not match host name/,
      );
      expect((await asApp(session, {})).output).toBe("1\n");
    });
  });

  test("a renewed certificate is served without a restart, and an open session goes on", async () => {
    const address = await addressOf(postgres.id);
    const before = await engine.getContainer(postgres.id).inspect();
    const first = await servedCertificate(address);
    expect(first.fingerprint256).toBe(postgres.certificate?.fingerprint);
    await postgres.session(async (session) => {
      const open = postgres.as(session, "app", "SELECT pg_sleep(600)");
      await eventually("an open session", async () =>
        (await postgres.root("SELECT count(*) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'")) === "1"
          ? true
          : undefined,
      );
      await postgres.renew();
      // Only written so far.
      expect((await servedCertificate(address)).fingerprint256).toBe(first.fingerprint256);
      await postgres.roles();
      const renewed = await eventually("the renewed certificate", async () => {
        const served = await servedCertificate(address);
        return served.fingerprint256 === first.fingerprint256 ? undefined : served;
      });
      expect(renewed.fingerprint256).toBe(postgres.certificate?.fingerprint);
      expect(await postgres.root("SELECT count(*) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'")).toBe("1");
      await postgres.root("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'");
      expect((await open).exitCode).not.toBe(0);
      expect((await asApp(session, {})).output).toBe("1\n");
    });
    const after = await engine.getContainer(postgres.id).inspect();
    expect([after.State.StartedAt, after.RestartCount]).toEqual([before.State.StartedAt, before.RestartCount]);
  });

  test("every session is in the log, with its encryption, and so is its end", async () => {
    const log = await runner.logs(postgres.id, 5000);
    expect(log).toMatch(/connection authorized: user=orders_app database=orders .*SSL enabled \(protocol=TLSv1\.3/);
    expect(log).toMatch(/disconnection: session time: \S+ user=orders_app database=orders host=/);
    expect(log).toMatch(/statement: CREATE TABLE orders/);
    // Of statements those that change the schema only.
    expect(log).not.toMatch(/statement: (SELECT 1|INSERT)/);
  });

  function asApp(session: Session, env: Readonly<Record<string, string>>) {
    const { app } = postgres.passwords;
    return session.run({
      argv: ["psql", "-XAtc", "SELECT 1"],
      env: { PGUSER: "orders_app", PGPASSWORD: app, ...env },
    });
  }
});

describe("dumps and restores", () => {
  const rows = 200_000;

  beforeAll(async () => {
    await postgres.root(
      `TRUNCATE orders RESTART IDENTITY; INSERT INTO orders (item, at) SELECT 'item ' || n, ARRAY[n, n % 7, 1]::vector FROM generate_series(1, ${rows}) n; ` +
        "CREATE INDEX ON orders USING gin (item gin_trgm_ops); COMMENT ON TABLE orders IS 'what customers bought'",
      "orders",
    );
  });

  test("a dump restored over later writes is the data of before, with the app's rights and the product's comments", async () => {
    const before = await checksum();
    expect(before).toMatch(new RegExp(`^[0-9a-f]{32} ${rows} what customers bought$`));
    await postgres.session(async (session) => {
      await session.must("dump", { argv: dumpDatabase("orders", dump) });
      expect((await session.run({ argv: ["sh", "-c", "ls /backup/sets"] })).output).toBe("orders.dump\n");
      expect((await session.run({ argv: isEmptyDump(dump) })).exitCode).toBe(1);
      await postgres.as(session, "owner", "DELETE FROM orders WHERE id % 2 = 0; DROP TABLE extra.notes");
      expect(await checksum()).not.toBe(before);
      // Sessions of the app that stay connected, and come back at once, do not stand in the way.
      const busy = postgres.as(session, "app", "SELECT pg_sleep(600)");
      const again = session.run({
        argv: ["sh", "-c", "until [ -e /tmp/stop ]; do psql -XqAtc 'SELECT 1' > /dev/null 2>&1 || :; done"],
        env: { PGUSER: "orders_app", PGPASSWORD: postgres.passwords.app },
      });
      await session.must("restore", { argv: restoreDatabase(dump, "orders") });
      await session.must("", { argv: ["touch", "/tmp/stop"] });
      expect((await busy).output).toContain("terminating connection due to administrator command");
      await again;
      expect(await checksum()).toBe(before);
      expect(
        await postgres.as(
          session,
          "app",
          "INSERT INTO orders (item) VALUES ('new') RETURNING id > 200000; SELECT count(*) FROM extra.notes",
        ),
      ).toEqual({ exitCode: 0, output: "t\n0" });
      expect(await refusal(session, "TRUNCATE orders")).toBe("permission denied for table orders");
      await postgres.as(session, "owner", "CREATE TABLE later (id int)");
      expect((await postgres.as(session, "app", "INSERT INTO later VALUES (1)")).exitCode).toBe(0);
    });
    expect(await databases()).toBe("orders postgres");
    expect(
      await postgres.root(
        "SELECT d.datdba::regrole || ' ' || array_to_string(datacl, ' ') FROM pg_database d WHERE datname = 'orders'",
      ),
    ).toBe("orders_owner orders_owner=CTc/orders_owner orders_app=c/orders_owner");
  });

  test("a rehearsal's copy has the data, is out of the app's reach, and goes", async () => {
    await postgres.session(async (session) => {
      await session.must("rehearsal", { argv: rehearsalDatabase(dump, "orders_rehearsal") });
      expect(await checksum("orders_rehearsal")).toMatch(/ 200000 what customers bought$/);
      expect(await refusal(session, "SELECT 1", "orders_rehearsal")).toMatch(
        /^permission denied for database "orders_rehearsal"/,
      );
      // Made again over a copy that was left, with somebody in it.
      const left = postgres.as(session, "owner", "SELECT pg_sleep(600)", "orders_rehearsal");
      const inside =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = 'orders_rehearsal' AND query ~ '^SELECT pg_sleep'";
      await eventually("somebody is in it", async () => (await postgres.root(inside)) === "1" || undefined);
      await session.must("rehearsal", { argv: rehearsalDatabase(dump, "orders_rehearsal") });
      expect((await left).exitCode).not.toBe(0);
      await session.must("drop", { argv: dropDatabase("orders_rehearsal") });
      await session.must("drop", { argv: dropDatabase("orders_rehearsal") });
    });
    expect(await databases()).toBe("orders postgres");
  });

  test("a copy that an autovacuum is in goes as well, though that is a superuser's process", async () => {
    const slowly =
      "autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1";
    const vacuums =
      "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker' AND datname = 'orders_rehearsal' AND query ~ 'public.orders'";
    await postgres.session(async (session) => {
      await session.must("rehearsal", { argv: rehearsalDatabase(dump, "orders_rehearsal") });
      await postgres.as(session, "owner", `ALTER TABLE orders SET (${slowly}); DELETE FROM orders`, "orders_rehearsal");
      // Its server looks at each database once a minute.
      const there = async () => ((await postgres.root(vacuums)) === "1" ? true : undefined);
      await eventually("an autovacuum", there, 150);
      await session.must("drop", { argv: dropDatabase("orders_rehearsal") });
    });
    expect(await databases()).toBe("orders postgres");
  });

  test("a restore whose session is killed changes nothing; its repeat restores", async () => {
    const wanted = await postgres.session(async (session) => {
      await session.must("dump", { argv: dumpDatabase("orders", dump) });
      await postgres.as(session, "app", "DELETE FROM orders WHERE id > 10");
      return postgres.root("SELECT count(*) FROM orders", "orders");
    });
    expect(wanted).toBe("10");
    const killed = postgres.session((session) => session.must("restore", { argv: restoreDatabase(dump, "orders") }));
    const outcome = killed.then(
      () => "finished",
      () => "killed",
    );
    const half = async () => (await databases()) === "orders orders_restoring postgres" || undefined;
    await eventually("half a restored database", half, 120, 15);
    for (const each of await runner.list(sessionLabels(postgres))) await runner.remove(each.id);
    expect(await outcome).toBe("killed");
    expect(await databases()).toBe("orders orders_restoring postgres");
    expect(await postgres.root("SELECT count(*) FROM orders", "orders")).toBe("10");
    await postgres.session((session) => session.must("restore", { argv: restoreDatabase(dump, "orders") }));
    expect(await checksum()).toMatch(/ 200001 what customers bought$/);
    expect(await databases()).toBe("orders postgres");
  });

  test("a restore killed after the renaming: its repeat only drops the old one, and keeps what was written since", async () => {
    const stamp = createHash("sha256").update(dump).digest("hex").slice(0, 8);
    await postgres.session(async (session) => {
      await postgres.as(session, "owner", `CREATE DATABASE orders_before_${stamp}`, "postgres");
      await postgres.as(session, "app", "INSERT INTO orders (item) VALUES ('after the renaming')");
      await session.must("restore", { argv: restoreDatabase(dump, "orders") });
    });
    expect(await postgres.root("SELECT count(*) FROM orders WHERE item = 'after the renaming'", "orders")).toBe("1");
    expect(await databases()).toBe("orders postgres");
  });

  test("a dump that is damaged, or not there, restores nothing and says so", async () => {
    const before = await checksum();
    await postgres.session(async (session) => {
      await session.must("", { argv: ["sh", "-c", `head -c 100000 ${dump} > /backup/sets/damaged.dump`] });
      const damaged = await session.run({ argv: restoreDatabase("/backup/sets/damaged.dump", "orders") });
      expect(damaged.exitCode).toBe(1);
      expect(damaged.output).toContain("pg_restore: error: could not read from input file: end of file");
      expect((await session.run({ argv: restoreDatabase("/backup/sets/none.dump", "orders") })).exitCode).toBe(1);
      await session.must("drop", { argv: dropDatabase("orders_restoring") });
    });
    expect(await checksum()).toBe(before);
  });

  test("a database with nothing in it is dumped as a marker, which restores to an empty database", async () => {
    await postgres.session(async (session) => {
      await postgres.as(session, "owner", "CREATE DATABASE hollow TEMPLATE slipway_template", "postgres");
      await session.must("dump", { argv: dumpDatabase("hollow", "/backup/sets/hollow.dump") });
      expect((await session.run({ argv: ["cat", "/backup/sets/hollow.dump"] })).output).toBe(`${emptyDump}\n`);
      expect((await session.run({ argv: isEmptyDump("/backup/sets/hollow.dump") })).exitCode).toBe(0);
      await session.must("restore", { argv: restoreDatabase("/backup/sets/hollow.dump", "orders") });
      await session.must("drop", { argv: dropDatabase("hollow") });
      expect((await postgres.as(session, "owner", "CREATE TABLE orders (id int)")).exitCode).toBe(0);
      expect((await postgres.as(session, "app", "INSERT INTO orders VALUES (1) RETURNING id")).output).toBe("1");
    });
    expect(await postgres.root("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", "orders")).toBe("1");
  });
});

describe("stopping", () => {
  test("within its grace, with sessions open, without a recovery at the next start", async () => {
    await postgres.session(async (session) => {
      const open = postgres.as(session, "app", "SELECT pg_sleep(600)");
      await eventually("an open session", async () =>
        (await postgres.root("SELECT count(*) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'")) === "1"
          ? true
          : undefined,
      );
      await runner.stop(postgres.id, 60);
      expect((await open).exitCode).not.toBe(0);
      expect((await engine.getContainer(postgres.id).inspect()).State.ExitCode).toBe(0);
      await runner.start(postgres.id);
      await postgres.roles();
      const log = (await runner.logs(postgres.id, 300)).split("received fast shutdown request").at(-1);
      // Whoever comes while it starts is told so, in a line of the same look.
      const told = log?.match(/database system [^0-9\n]*$/gm)?.filter((line) => !line.endsWith("is starting up"));
      expect(told).toEqual(["database system is shut down", "database system is ready to accept connections"]);
      expect(log).toContain("database system was shut down at ");
      expect(log).not.toContain("automatic recovery in progress");
    });
  });
});
