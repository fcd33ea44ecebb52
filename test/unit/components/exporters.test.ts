import { expect, test } from "vitest";
import { monitorEndSql, monitorRoleSql } from "../../../components/exporters/role.ts";
import { postgresExporter, redisExporter, redisExporterFiles } from "../../../components/exporters/spec.ts";
import { redisExporterPassword, redisUsers } from "../../../components/redis/spec.ts";

test("Redis' exporter comes in as a user of its own, by a file that its own user alone reads", () => {
  const operator = "s3cret-of-the-operator";
  const password = redisExporterPassword(operator);
  expect(password).toMatch(/^[0-9a-f]{64}$/);
  expect({ ...redisExporter, files: redisExporterFiles(operator) }).toMatchObject({
    env: { REDIS_ADDR: "redis://redis:6379", REDIS_USER: "exporter", REDIS_PASSWORD_FILE: "/etc/exporter/redis.json" },
    files: [{ path: "redis.json", content: `{"redis://exporter@redis:6379":"${password}"}`, mode: 0o400 }],
  });
});

test("its user may ask how Redis is, and is there only where it is watched", () => {
  const line = redisUsers({ watched: true }, "op", ["0".repeat(64)])
    .split("\n")
    .find((each) => each.startsWith("user exporter"));
  expect(line).toMatch(/^user exporter reset on #[0-9a-f]{64} \+info \+ping \+client\|setname$/);
  expect(redisUsers({}, "op", ["0".repeat(64)])).not.toContain("exporter");
});

test("PostgreSQL's comes in as a role that reads statistics alone, and into no database of the system", () => {
  const { env } = postgresExporter({ stack: "local", system: "orders" }, "orders");
  expect(env).toMatchObject({
    DATA_SOURCE_USER: "orders_monitor",
    DATA_SOURCE_URI: expect.stringMatching(/^postgres:5432\/postgres\?sslmode=verify-full&/),
  });
  const sql = monitorRoleSql("orders");
  expect(sql.match(/^GRANT .*$/gm)).toEqual([
    'GRANT pg_monitor TO "orders_monitor";',
    'GRANT CONNECT ON DATABASE "postgres" TO "orders_monitor";',
  ]);
  expect(sql).toContain(
    "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 5 PASSWORD :'monitor_password';",
  );
  expect(sql).toContain("\\getenv monitor_password SLIPWAY_MONITOR_PASSWORD");
  expect(monitorEndSql("orders")).toContain('ALTER ROLE "orders_monitor" NOLOGIN PASSWORD NULL');
});
