import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { alertsOf } from "../../../components/alerts/rules.ts";
import { counterOf, countingOf, type LogPattern } from "../../../components/logs/count.ts";
import { completeLogs, countRule } from "../../../components/logs/options.ts";
import { shipPortOf, shipperConfig, shipperContainer, shipperFiles } from "../../../components/logs/spec.ts";
import { diligenceLogged } from "../../../infra/systems/diligence.logs.ts";
import { tmwsLogged } from "../../../infra/systems/tmws.shared.ts";
import { watchedSystems } from "../../fixtures/alerts.ts";

const place = { stack: "blue", system: "orders" };
const refused: LogPattern = {
  name: "refused",
  pattern: 'violates "x\\d+"$',
  parts: ["postgres", "web"],
  guide: "guide 004, Key Log Patterns to Watch",
};

describe("the collector's config", () => {
  test("counts alone: nothing leaves the host, and there is nothing that batches or drops", () => {
    const config = parse(shipperConfig(place, undefined, ["the-password"], 192, [refused]).replaceAll("$$", "$"));
    expect({ ...config, receivers: Object.keys(config.receivers) }).toEqual({
      receivers: ["udplog"],
      connectors: {
        count: {
          logs: {
            slipway_log_lines_total: { description: "lines printed" },
            slipway_log_refused_total: {
              description: "guide 004, Key Log Patterns to Watch",
              conditions: [
                'resource.attributes["service.name"] == "postgres" and IsMatch(body, "violates \\"x\\\\d+\\"$")',
                'resource.attributes["service.name"] == "web" and IsMatch(body, "violates \\"x\\\\d+\\"$")',
              ],
            },
          },
        },
      },
      processors: { deltatocumulative: { max_stale: "87600h" } },
      exporters: {
        prometheus: { endpoint: "0.0.0.0:8889", add_metric_suffixes: false, metric_expiration: "87600h" },
      },
      service: {
        telemetry: { metrics: { level: "none" } },
        pipelines: {
          "logs/count": { receivers: ["udplog"], exporters: ["count"] },
          "metrics/count": { receivers: ["count"], processors: ["deltatocumulative"], exporters: ["prometheus"] },
        },
      },
    });
    expect(shipperFiles(place, undefined, [], 192, [refused]).map(({ path }) => path)).toEqual(["config.yaml"]);
  });

  test("counts beside shipping: what it ships is what it shipped", () => {
    const receiver = { to: "loki", url: "https://logs.example.org" } as const;
    const without = parse(shipperConfig(place, receiver, ["the-password"], 192));
    const both = parse(shipperConfig(place, receiver, ["the-password"], 192, []));
    expect(both).toMatchObject(without);
    expect(Object.keys(both.service.pipelines)).toEqual(["logs", "logs/count", "metrics/count"]);
    expect(Object.keys(both.exporters)).toEqual(["otlphttp", "prometheus"]);
  });

  test("a pattern without a fit name, without parts or twice is refused", () => {
    expect(() => countingOf([{ ...refused, name: "a-b" }])).toThrow('the log pattern "a-b" has no name of small');
    expect(() => countingOf([{ ...refused, name: "lines" }])).toThrow("which counts all");
    expect(() => countingOf([{ ...refused, parts: [] }])).toThrow('"refused" names no part');
    expect(() => countingOf([refused, refused])).toThrow('"refused" is there twice');
  });
});

test("the container: Prometheus' network beside its own, the same port at the loopback", () => {
  const limits = { cpus: 0.25, memoryMb: 192, pids: 64 };
  const spec = { image: "sha256:otel", limits, port: 5514, networks: ["slipway-blue_metrics"] };
  expect(shipperContainer(place, spec)).toMatchObject({
    network: [
      { name: "slipway-blue_ship", aliases: [] },
      { name: "slipway-blue_metrics", aliases: ["log-shipper"] },
    ],
    ports: [{ address: "127.0.0.1", port: 5514, inside: 5514, protocol: "udp" }],
  });
});

describe("where it is on", () => {
  const full = { profile: "full", prometheus: true } as const;
  const ship = { to: "loki", url: "https://logs.example.org" } as const;

  test("where lines are shipped and all is watched; elsewhere when config says so", () => {
    expect(completeLogs({ ship }, full).count).toBe(true);
    expect(completeLogs({ ship, count: false }, full).count).toBe(false);
    expect(completeLogs({ ship }, { ...full, profile: "small" }).count).toBe(false);
    expect(completeLogs({ ship }, { ...full, prometheus: false }).count).toBe(false);
    expect(completeLogs({ ship: {} }, full).count).toBe(false);
    expect(completeLogs({ ship: {}, count: true }, { profile: "off", prometheus: true }).count).toBe(true);
  });

  test("it wants the shipper's port of the host, and Prometheus", () => {
    expect(shipPortOf({ ship: {}, count: false })).toBeUndefined();
    expect(shipPortOf({ ship: {}, count: true })).toBe(5514);
    expect(shipPortOf({ ship: { port: 7514 }, count: true })).toBe(7514);
    expect(countRule.breaks({ logs: { count: true }, prometheus: { enabled: false } })).toEqual([["logs", "count"]]);
    expect(countRule.breaks({ logs: { count: true }, prometheus: { enabled: true } })).toEqual([]);
  });
});

describe("the systems' patterns", () => {
  const all = [...diligenceLogged({ database: "postgres", logLevel: "INFO" }).logPatterns, ...tmwsLogged.logPatterns];
  /** RE2's words here are JavaScript's too. */
  const matched = (line: string) =>
    [...new Set(all.filter(({ pattern }) => new RegExp(pattern).test(line)).map(({ name }) => name))].sort();

  test.each([
    [
      'ERROR:  new row for relation "facts" violates check constraint "check_cost_status_values"',
      ["check_cost_status_values", "cost_status", "errors"],
    ],
    [
      "sqlite3.IntegrityError: CHECK constraint failed: check_cost_status_values",
      ["check_cost_status_values", "cost_status"],
    ],
    ['ERROR:  new row for relation "facts" violates check constraint "other"', ["errors"]],
    ["WARNING:web:database: OperationalError", ["connection_errors"]],
    [
      'psycopg2.OperationalError: connection to server at "postgres" (172.18.0.3), port 5432 failed: Connection refused',
      ["connection_errors"],
    ],
    ['{"level":"warn","message":"database connection lost","error":"Connection terminated"}', ["connection_errors"]],
    ["redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.", []],
    ["kombu.exceptions.OperationalError: Error 111 connecting to redis:6379", []],
    ["INFO  [alembic.runtime.migration] Running upgrade 002 -> 003, cost status", ["alembic"]],
    ["INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.", []],
    ["alembic.util.exc.CommandError: Can't locate revision identified by '004'", ["alembic"]],
    [
      "[2026-11-28 20:30:07,985: INFO/ForkPoolWorker-1] Task pipeline.tasks.sweep[6f0e-1] succeeded in 0.01s: None",
      ["tasks_succeeded"],
    ],
    [
      "[2026-11-28 20:30:07,985: ERROR/ForkPoolWorker-1] Task pipeline.tasks.run_pipeline[6f0e-1] raised unexpected: KeyError('a')",
      ["errors", "tasks_failed"],
    ],
    ["GET /api/errors 200", []],
  ])("%s", (line, names) => {
    expect(matched(line)).toEqual(names);
  });

  test("of SQLite those that write tell what was refused; without Celery's successes no failure is counted", () => {
    const { logPatterns, alerts } = diligenceLogged({ database: "sqlite", logLevel: "WARNING" });
    expect(logPatterns.find(({ name }) => name === "check_cost_status_values")?.parts).toEqual(["web", "worker"]);
    expect(alerts.map(({ name }) => name)).not.toContain("JobsFail");
  });

  test("each alert about lines asks for a counter that its system has", () => {
    const counters: readonly string[] = [...all, { name: "connection_errors" }].map(counterOf);
    const asked = [...watchedSystems.values()].flatMap((watched) =>
      alertsOf(watched)
        .filter(({ source }) => source === "log")
        .flatMap(({ expr }) => expr.match(/slipway_log_\w+_total/g) ?? []),
    );
    expect(asked.filter((name) => !counters.includes(name))).toEqual([]);
    expect(new Set(asked).size).toBe(6);
  });
});
