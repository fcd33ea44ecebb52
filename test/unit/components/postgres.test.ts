import { describe, expect, test } from "vitest";
import {
  connectionsAllowed,
  connectionsNeeded,
  hostBasedAccess,
  postgresConfig,
} from "../../../components/postgres/config.ts";
import {
  dropDatabase,
  dumpDatabase,
  isEmptyDump,
  ownerEnv,
  rehearsalDatabase,
  restoreDatabase,
} from "../../../components/postgres/dump.ts";
import { postgresOptions } from "../../../components/postgres/options.ts";
import step, { type PostgresRolesInputs, reconcileRoles } from "../../../components/postgres/roles.step.ts";
import {
  assertDatabaseName,
  identifier,
  literal,
  loginRole,
  retireSql,
  rolesSql,
} from "../../../components/postgres/roles.ts";
import {
  postgresContainer,
  postgresFiles,
  postgresSecretFiles,
  postgresUrl,
} from "../../../components/postgres/spec.ts";
import type { Command, Finished, Runner } from "../../../components/steps/runner.ts";

const place = { stack: "local", system: "orders" };
const spec = {
  image: "sha256:image",
  network: "slipway-local_private",
  limits: { cpus: 1, memoryMb: 512, pids: 256 },
  tier: "small",
  connections: 32,
  database: "orders",
} as const;
const tls = { certificate: "the-chain", key: "the-key", ca: "the-ca" };
const query = "?sslmode=verify-full&sslrootcert=/etc/slipway/trust/ca.crt";

describe("the container", () => {
  test("to the letter", () => {
    expect(postgresContainer(place, spec)).toEqual({
      name: "slipway-local_postgres",
      image: "sha256:image",
      command: ["postgres", "-c", "config_file=/usr/local/etc/postgres/postgresql.conf"],
      env: {
        POSTGRES_PASSWORD_FILE: "/usr/local/etc/postgres/app-password",
        POSTGRES_INITDB_ARGS:
          "--data-checksums --encoding=UTF8 --locale=C.UTF-8 --locale-provider=builtin --builtin-locale=C.UTF-8",
      },
      user: "999:999",
      mounts: [
        { volume: "slipway-local_postgres-data", path: "/var/lib/postgresql/data" },
        { volume: "slipway-local_postgres-config", path: "/usr/local/etc/postgres", readOnly: true },
      ],
      tmpfs: ["/tmp", "/var/run/postgresql"],
      network: [{ name: "slipway-local_private", aliases: ["postgres"] }],
      labels: {
        "slipway.stack": "local",
        "slipway.system": "orders",
        "slipway.part": "postgres",
        "slipway.role": "part",
      },
      limits: spec.limits,
      capabilities: [],
      health: {
        test: [
          "CMD-SHELL",
          'PGPASSWORD="$(cat /usr/local/etc/postgres/app-password)" PGAPPNAME=health PGCONNECT_TIMEOUT=3 ' +
            "PGSSLMODE=verify-full PGSSLROOTCERT=/usr/local/etc/postgres/ca.crt " +
            "psql -XAt -h 127.0.0.1 -U \"$(cat /usr/local/etc/postgres/app-role)\" -d orders -c 'SELECT 1' | grep -qx 1",
        ],
        intervalSeconds: 10,
        timeoutSeconds: 5,
        startPeriodSeconds: 60,
        retries: 3,
      },
      restart: "unless-stopped",
      stopSignal: "SIGINT",
      stopGraceSeconds: 60,
    });
  });

  test("its files: what everyone may read, and the password and the key that its user alone reads", () => {
    const all = [...postgresFiles(spec), ...postgresSecretFiles(spec, "the-password", tls)];
    expect(all.map(({ path, mode, uid, gid }) => ({ path, mode, uid, gid }))).toEqual([
      { path: "postgresql.conf", mode: 0o444, uid: 999, gid: 999 },
      { path: "pg_hba.conf", mode: 0o444, uid: 999, gid: 999 },
      { path: "app-role", mode: 0o444, uid: 999, gid: 999 },
      { path: "app-password", mode: 0o400, uid: 999, gid: 999 },
      { path: "server.crt", mode: 0o444, uid: 999, gid: 999 },
      { path: "server.key", mode: 0o600, uid: 999, gid: 999 },
      { path: "ca.crt", mode: 0o444, uid: 999, gid: 999 },
    ]);
    expect(all.slice(2).map(({ content }) => content)).toEqual([
      "orders_app",
      "the-password",
      "the-chain",
      "the-key",
      "the-ca",
    ]);
  });

  test("a database whose name would need quoting is refused before anything is made", () => {
    expect(() => postgresFiles({ ...spec, database: "Orders" })).toThrow(
      'database "Orders": allowed are 1 to 40 small letters, digits and _, a letter first, none of postgres, slipway_template, template0, template1',
    );
    const refused = ["", "1a", "a-b", "a'b", "postgres", "template1", "slipway_template", "a".repeat(41)];
    expect(refused.filter((name) => !throws(() => assertDatabaseName(name)))).toEqual([]);
    expect(["a", "a".repeat(40), "orders_2"].filter((name) => throws(() => assertDatabaseName(name)))).toEqual([]);
    expect(throws(() => assertDatabaseName("a".repeat(63), 63))).toBe(false);
  });

  test("its address escapes what a URL cannot hold", () => {
    expect(postgresUrl("orders_app", "a-plain_one.~", "orders")).toBe(
      `postgresql://orders_app:a-plain_one.~@postgres:5432/orders${query}`,
    );
    expect(postgresUrl("orders_app", "p@ss/w:rd", "orders")).toBe(
      `postgresql://orders_app:p%40ss%2Fw%3Ard@postgres:5432/orders${query}`,
    );
  });
});

describe("the config", () => {
  test("postgresql.conf, to the letter", () => {
    expect(postgresConfig(spec, "/config")).toBe(
      [
        "listen_addresses = '*'",
        "port = 5432",
        "unix_socket_directories = '/var/run/postgresql'",
        "unix_socket_permissions = 0700",
        "hba_file = '/config/pg_hba.conf'",
        "allow_alter_system = off",
        "password_encryption = 'scram-sha-256'",
        "ssl = on",
        "ssl_cert_file = '/config/server.crt'",
        "ssl_key_file = '/config/server.key'",
        "ssl_min_protocol_version = 'TLSv1.3'",
        "max_connections = 100",
        "reserved_connections = 5",
        "superuser_reserved_connections = 3",
        "shared_buffers = 128MB",
        "effective_cache_size = 384MB",
        "work_mem = 4MB",
        "maintenance_work_mem = 64MB",
        "autovacuum_work_mem = 16MB",
        "dynamic_shared_memory_type = sysv",
        "log_destination = 'stderr'",
        "logging_collector = off",
        "log_line_prefix = '%m [%p] %q%u@%d %a '",
        "log_connections = on",
        "log_disconnections = on",
        "log_statement = 'ddl'",
        "log_lock_waits = on",
        "log_timezone = 'UTC'",
        "timezone = 'UTC'",
        "",
      ].join("\n"),
    );
  });

  test.each([
    ["small", 512, ["100", "128MB", "384MB", "4MB", "64MB", "16MB"]],
    ["medium", 1024, ["150", "256MB", "768MB", "4MB", "128MB", "32MB"]],
    ["large", 4096, ["200", "1024MB", "3072MB", "10MB", "512MB", "128MB"]],
  ] as const)("tier %s with %i MB", (tier, memoryMb, wanted) => {
    const config = postgresConfig({ limits: { cpus: 1, memoryMb, pids: 256 }, tier, connections: 32 }, "/config");
    const names = ["max_connections", "shared_buffers", "effective_cache_size", "work_mem"];
    const values = [...names, "maintenance_work_mem", "autovacuum_work_mem"].map(
      (name) => new RegExp(`^${name} = (.*)$`, "m").exec(config)?.[1],
    );
    expect(values).toEqual(wanted);
  });

  test.each([
    [45, 100, 5],
    [46, 101, 5],
    [59, 127, 4],
    // More than memory allows is refused by preflight; work_mem does not go below PostgreSQL's own.
    [100, 209, 4],
  ])("%i connections of one release: max_connections %i, work_mem %i MB", (connections, wanted, workMem) => {
    const config = postgresConfig({ ...spec, limits: { ...spec.limits, memoryMb: 1024 }, connections }, "/config");
    expect(config).toContain(`\nmax_connections = ${wanted}\n`);
    expect(config).toContain(`\nwork_mem = ${workMem}MB\n`);
  });

  test("as many as the tier says, and more where each gets its work_mem out of half the memory", () => {
    const allowed = (memoryMb: number) => connectionsAllowed({ limits: { ...spec.limits, memoryMb }, tier: "small" });
    expect([256, 800, 808, 1024, 4096].map(allowed)).toEqual([100, 100, 101, 128, 512]);
    expect(connectionsNeeded(32)).toBe(2 * 32 + 1 + 5 + 3);
  });

  test("pg_hba.conf: the superuser by the socket alone, passwords over TLS from the private network, nobody else", () => {
    expect(hostBasedAccess()).toBe(
      [
        "local all postgres peer",
        "local all all reject",
        "hostnossl all all all reject",
        "host all postgres all reject",
        "hostssl all all samenet scram-sha-256",
        "host all all all reject",
        "host replication all all reject",
        "",
      ].join("\n"),
    );
  });
});

describe("the roles", () => {
  test("identifiers and literals are quoted", () => {
    expect(identifier('a"b')).toBe('"a""b"');
    expect(literal("it's")).toBe("'it''s'");
  });

  const patience = (role: string) => [
    `ALTER ROLE "${role}" SET statement_timeout = '10min';`,
    `ALTER ROLE "${role}" SET idle_in_transaction_session_timeout = '10min';`,
    `ALTER ROLE "${role}" SET lock_timeout = '1min';`,
  ];

  test("a changed password comes with the other login, which has the first one's rights; the one that serves is left alone", () => {
    const never = "NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS";
    const before = rolesSql("orders").split("\n");
    const after = rolesSql("orders", 1).split("\n");
    expect(after.filter((line) => !before.includes(line))).toEqual([
      `SELECT 'CREATE ROLE "orders_app_b"' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'orders_app_b') \\gexec`,
      'GRANT "orders_app" TO "orders_app_b" WITH INHERIT TRUE, SET FALSE;',
      'GRANT "orders_app_b" TO "orders_owner" WITH INHERIT TRUE, SET FALSE;',
      `ALTER ROLE "orders_app_b" LOGIN INHERIT NOCREATEDB ${never} PASSWORD :'app_password';`,
      ...patience("orders_app_b"),
    ]);
    expect(before.filter((line) => !after.includes(line))).toEqual([
      `ALTER ROLE "orders_app" LOGIN INHERIT NOCREATEDB ${never} PASSWORD :'app_password';`,
      ...patience("orders_app"),
    ]);
    expect([0, 1, 2, 3].map((generation) => loginRole("orders", generation))).toEqual([
      "orders_app",
      "orders_app_b",
      "orders_app",
      "orders_app_b",
    ]);
    expect(retireSql("orders", 2)).toContain('ALTER ROLE "orders_app_b" NOLOGIN PASSWORD NULL;');
  });

  test("the script, to the letter", () => {
    const contents = (database: string) => [
      `\\connect "${database}"`,
      "SET client_min_messages = 'warning';",
      'CREATE EXTENSION IF NOT EXISTS "vector";',
      'CREATE EXTENSION IF NOT EXISTS "pg_trgm";',
      'CREATE EXTENSION IF NOT EXISTS "uuid-ossp";',
      "REVOKE ALL ON SCHEMA public FROM PUBLIC;",
      'GRANT USAGE ON SCHEMA public TO "orders_app";',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "orders_owner" GRANT USAGE ON SCHEMAS TO "orders_app";',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "orders_owner" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "orders_app";',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "orders_owner" GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO "orders_app";',
      "SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO \"orders_app\"', oid::regclass) FROM pg_class " +
        "WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_get_userbyid(relowner) = 'orders_owner' " +
        "AND NOT (has_table_privilege('orders_app', oid, 'SELECT') AND has_table_privilege('orders_app', oid, 'INSERT') " +
        "AND has_table_privilege('orders_app', oid, 'UPDATE') AND has_table_privilege('orders_app', oid, 'DELETE')) " +
        "ORDER BY oid \\gexec",
      "SELECT format('GRANT USAGE, SELECT, UPDATE ON SEQUENCE %s TO \"orders_app\"', oid::regclass) FROM pg_class " +
        "WHERE relkind IN ('S') AND pg_get_userbyid(relowner) = 'orders_owner' " +
        "AND NOT (has_sequence_privilege('orders_app', oid, 'USAGE') AND has_sequence_privilege('orders_app', oid, 'SELECT') " +
        "AND has_sequence_privilege('orders_app', oid, 'UPDATE')) ORDER BY oid \\gexec",
    ];
    const never = "NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS";
    expect(rolesSql("orders").split("\n")).toEqual([
      "SET log_statement = 'none';",
      "SET log_min_error_statement = 'panic';",
      "SET client_min_messages = 'warning';",
      "\\getenv owner_password SLIPWAY_OWNER_PASSWORD",
      "\\getenv app_password SLIPWAY_APP_PASSWORD",
      "SELECT 'CREATE ROLE \"orders_owner\"' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'orders_owner') \\gexec",
      "SELECT 'CREATE ROLE \"orders_app\"' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'orders_app') \\gexec",
      `ALTER ROLE "orders_owner" LOGIN INHERIT CREATEDB ${never} PASSWORD :'owner_password';`,
      `ALTER ROLE "orders_app" LOGIN INHERIT NOCREATEDB ${never} PASSWORD :'app_password';`,
      ...patience("orders_app"),
      'ALTER ROLE "postgres" PASSWORD NULL;',
      'GRANT "orders_app" TO "orders_owner" WITH INHERIT TRUE, SET FALSE;',
      'GRANT pg_use_reserved_connections TO "orders_owner";',
      'GRANT SET ON PARAMETER log_statement TO "orders_owner";',
      "SELECT 'CREATE DATABASE \"slipway_template\"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'slipway_template') \\gexec",
      'ALTER DATABASE "slipway_template" IS_TEMPLATE true;',
      "SELECT 'CREATE DATABASE \"orders\"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'orders') \\gexec",
      'ALTER DATABASE "orders" OWNER TO "orders_owner";',
      "SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname) FROM pg_database WHERE datallowconn ORDER BY 1 \\gexec",
      'GRANT CONNECT ON DATABASE "postgres" TO "orders_owner";',
      'GRANT CONNECT ON DATABASE "orders" TO "orders_app";',
      ...contents("slipway_template"),
      ...contents("orders"),
      "SELECT pg_reload_conf();",
      "",
    ]);
  });
});

describe("the step that makes them", () => {
  const inputs: PostgresRolesInputs = {
    host: "unix:///nowhere.sock",
    place,
    container: "the-container",
    sql: "SELECT 1;",
    accepts: "the app's question",
    ownerPassword: "owner-password-1",
    appPassword: "it's-the-app's",
    certificate: "AA:BB",
  };
  const fast = { patienceSeconds: 0.05, pauseMs: 1 };
  const version = { exitCode: 0, output: "17.12 (Debian 17.12-0+deb13u1)\n" };

  /** Answers one command after the other, the last answer again and again. */
  function runnerOf(...answers: readonly (Finished | Error)[]) {
    const asked: Command[] = [];
    const runner = {
      async exec(_id: string, command: Command) {
        const answer = answers[Math.min(asked.length, answers.length - 1)];
        asked.push(command);
        if (answer instanceof Error || answer === undefined) throw answer;
        return answer;
      },
      logs: async () => "FATAL: could not open it's-the-app's file\n",
    } as Partial<Runner> as Runner;
    return { runner, asked };
  }

  test("waits until the server answers by TCP, and hands the passwords over as variables only", async () => {
    const { runner, asked } = runnerOf(
      new Error("container the-container is restarting"),
      { exitCode: 2, output: "" },
      version,
      { exitCode: 0, output: "" },
      { exitCode: 2, output: "" },
      { exitCode: 0, output: "" },
    );
    expect(await reconcileRoles(runner, inputs, { patienceSeconds: 60, pauseMs: 1 })).toEqual({
      ready: true,
      version: "17.12",
    });
    const session = "psql -XqAt -v ON_ERROR_STOP=1 -U postgres -d postgres";
    const question = { argv: ["sh", "-c", `pg_isready -q -h 127.0.0.1 && ${session} -c 'SHOW server_version'`] };
    expect(asked).toEqual([
      question,
      question,
      question,
      {
        argv: ["sh", "-c", `printf %s "$SLIPWAY_SQL" | ${session} -f -`],
        env: {
          SLIPWAY_SQL: "SELECT 1;",
          SLIPWAY_OWNER_PASSWORD: "owner-password-1",
          SLIPWAY_APP_PASSWORD: "it's-the-app's",
        },
      },
      { argv: ["sh", "-c", "the app's question"] },
      { argv: ["sh", "-c", "the app's question"] },
    ]);
  });

  test("is not done before the app's role gets in", async () => {
    const refused = { exitCode: 1, output: "FATAL: no entry for \"it's-the-app's\"\n" };
    const { runner } = runnerOf(version, { exitCode: 0, output: "" }, refused);
    await expect(reconcileRoles(runner, inputs, fast)).rejects.toThrow(
      'PostgreSQL did not take in the app\'s role within 0.05 s: FATAL: no entry for "***"',
    );
  });

  test("a refused statement is told without a password, quoted ones too", async () => {
    const { runner } = runnerOf(version, {
      exitCode: 3,
      output: "psql:<stdin>:8: ERROR: near owner-password-1 and 'it''s-the-app''s'\n",
    });
    await expect(reconcileRoles(runner, inputs, fast)).rejects.toThrow(
      new Error(
        "making the roles of PostgreSQL: `psql` exited with 3; its last lines:\n    psql:<stdin>:8: ERROR: near *** and '***'",
      ),
    );
  });

  test("a server that does not come is told with its last lines, redacted", async () => {
    const { runner } = runnerOf({ exitCode: 2, output: "" });
    await expect(reconcileRoles(runner, inputs, fast)).rejects.toThrow(
      new Error(
        "PostgreSQL did not accept connections within 0.05 s: no answer\nthe container's last lines:\n    FATAL: could not open *** file",
      ),
    );
  });

  test("runs again for a new container, script, password or certificate, not for its own outputs", () => {
    const before = { ...inputs, ready: true, version: "17.12" };
    expect(step.changed(before, { ...inputs, ready: undefined, version: undefined })).toEqual([]);
    expect(
      step.changed(before, { ...inputs, container: "new", sql: "SELECT 2;", ownerPassword: "x", appPassword: "y" }),
    ).toEqual(["appPassword", "container", "ownerPassword", "sql"]);
    expect(step.changed(before, { ...inputs, certificate: "CC:DD" })).toEqual(["certificate"]);
  });
});

describe("dumps and restores", () => {
  const quiet = "export PGOPTIONS='-c client_min_messages=error'";
  const root = "psql -XqAt -v ON_ERROR_STOP=1 -d postgres -c";
  const script = (...lines: readonly string[]) => ["sh", "-euc", [quiet, ...lines].join("\n")];
  const dropped = (name: string) => {
    const statement = `'DROP DATABASE IF EXISTS "${name}"'`;
    return `${root} ${statement} 2> /dev/null || ${root} ${statement}' WITH (FORCE)'`;
  };
  const restored = (name: string) => [
    "test -s '/backup/x.dump'",
    dropped(name),
    `${root} 'CREATE DATABASE "${name}" TEMPLATE "slipway_template"'`,
    `${root} 'REVOKE ALL ON DATABASE "${name}" FROM PUBLIC'`,
    "if ! head -n 1 '/backup/x.dump' | grep -aqxF 'slipway: an empty database'; then",
    "  list=$(mktemp)",
    "  pg_restore --list '/backup/x.dump' > \"$list.all\"",
    '  grep -vE \'^[0-9]+; [0-9]+ [0-9]+ COMMENT - EXTENSION \' "$list.all" > "$list"',
    `  pg_restore --jobs=2 --exit-on-error --no-owner --no-privileges --use-list="$list" --dbname='${name}' '/backup/x.dump'`,
    '  rm -f "$list" "$list.all"',
    `  psql -XqAt -v ON_ERROR_STOP=1 -d ${name} -c ANALYZE`,
    "fi",
  ];

  test("a dump gets its name last, when it was read to its end", () => {
    expect(dumpDatabase("orders", "/backup/x.dump")).toEqual(
      script(
        "part='/backup/x.dump.part'",
        'rm -f "$part"',
        "pg_dump --format=custom --compress=zstd --no-owner --no-privileges --lock-wait-timeout=60s --file=\"$part\" --dbname='orders'",
        'pg_restore --file=/dev/null "$part"',
        'pg_restore --list "$part" > "$part.list"',
        "kept=$(grep -cvE '^;|^$|^[0-9]+; [0-9]+ [0-9]+ (EXTENSION - |COMMENT - EXTENSION )' \"$part.list\" || [ $? = 1 ])",
        "if [ \"$kept\" = 0 ]; then printf '%s\\n' 'slipway: an empty database' > \"$part\"; fi",
        'rm -f "$part.list"',
        'sync "$part"',
        "mv -T \"$part\" '/backup/x.dump'",
      ),
    );
    expect(isEmptyDump("/backup/x.dump")).toEqual(
      script("head -n 1 '/backup/x.dump' | grep -aqxF 'slipway: an empty database'"),
    );
  });

  test("a rehearsal's copy comes from the template, and goes", () => {
    expect(rehearsalDatabase("/backup/x.dump", "orders_rehearsal")).toEqual(script(...restored("orders_rehearsal")));
    expect(dropDatabase("orders_rehearsal")).toEqual(script(dropped("orders_rehearsal")));
  });

  test("a restore: beside the database, then both renamed in one block, the old one dropped last", () => {
    const lines = restoreDatabase("/backup/x.dump", "orders")[2]?.split("\n") ?? [];
    const first = lines.indexOf(`${root} 'DO $swap$`);
    expect(lines.slice(0, first)).toEqual([
      quiet,
      `swapped=$(${root} 'SELECT count(*) FROM pg_database WHERE datname = '\\''orders_before_16fec8ba'\\''')`,
      'if [ "$swapped" = 0 ]; then',
      ...restored("orders_restoring"),
      `${root} 'GRANT CONNECT ON DATABASE "orders_restoring" TO "orders_app"'`,
    ]);
    const last = lines.indexOf("$swap$'");
    const renames = lines.slice(first, last).filter((line) => line.includes("RENAME"));
    expect(renames.map((line) => line.trim())).toEqual([
      'ALTER DATABASE "orders" RENAME TO "orders_before_16fec8ba";',
      'ALTER DATABASE "orders_restoring" RENAME TO "orders";',
    ]);
    expect(lines.slice(last + 1)).toEqual([
      "fi",
      `left=$(${root} 'SELECT datname FROM pg_database WHERE datname ~ '\\''^orders_before_[0-9a-f]{8}$'\\''')`,
      `for each in $left; do ${root} "DROP DATABASE \\"$each\\"" 2> /dev/null || ${root} "DROP DATABASE \\"$each\\""' WITH (FORCE)'; done`,
    ]);
  });

  test("names that are no database's are refused", () => {
    for (const command of [
      () => dumpDatabase("a b", "/x"),
      () => restoreDatabase("/x", "a'b"),
      () => rehearsalDatabase("/x", "A"),
      () => dropDatabase("slipway_template"),
    ]) {
      expect(command).toThrow(/^database ".*": allowed are /);
    }
  });

  test("a session's variables", () => {
    expect(ownerEnv("orders", "the-password")).toEqual({
      HOME: "/tmp",
      PGHOST: "postgres",
      PGPORT: "5432",
      PGUSER: "orders_owner",
      PGPASSWORD: "the-password",
      PGDATABASE: "orders",
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: "/etc/slipway/trust/ca.crt",
      PGAPPNAME: "slipway",
      PGCONNECT_TIMEOUT: "10",
    });
  });
});

describe("the options", () => {
  test("both passwords may be left out; what a URL would have to escape is refused", () => {
    expect(postgresOptions.parse({})).toEqual({});
    const parsed = postgresOptions.parse({ appPassword: "0123456789abcdef" });
    expect(parsed.appPassword?.secret).toBe("0123456789abcdef");
    for (const bad of ["short", "a".repeat(32), "0123456789abcde/", "0123456789abc de"]) {
      expect(postgresOptions.safeParse({ ownerPassword: bad }).success).toBe(false);
    }
    expect(postgresOptions.safeParse({ password: "0123456789abcdef" }).success).toBe(false);
  });
});

function throws(work: () => void): boolean {
  try {
    work();
    return false;
  } catch {
    return true;
  }
}

test("a generation that would change the password of the login that serves is refused with the next one", () => {
  const at = (generation?: number) => ({ sql: "", ...(generation !== undefined && { generation }) });
  for (const [before, wanted] of [
    [undefined, 0],
    [undefined, 1],
    [1, 1],
    [1, 2],
  ] as const)
    expect(() => step.changed(at(before), at(wanted))).not.toThrow();
  expect(() => step.changed(at(undefined), at(2))).toThrow(
    "slipway:secrets.rotate.postgres: is 2 after 0; allowed: 1, since each change goes to the other of two logins. Mend: pulumi config set --path slipway:secrets.rotate.postgres 1",
  );
  expect(() => step.changed(at(2), at(1))).toThrow("is 1 after 2; allowed: 3");
});
