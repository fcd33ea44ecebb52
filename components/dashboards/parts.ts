import { edgeJob } from "../edge/metrics.ts";
import { graph, limited, now, perSecond, quantile, value, within } from "./panels.ts";
import type { Row } from "./spec.ts";

/** Rows about parts that have no metrics of their own: each is there when an exporter of that job is scraped. */
const rows: Readonly<Record<string, () => readonly Row[]>> = {
  edge: () => [edge()],
  redis: () => [redis()],
  postgres: () => [postgres()],
  containers: () => [containers()],
  host: () => [host(), backups()],
};

/** The rows of those jobs that are scraped, in the dashboard's order and not in the jobs'. */
export function exported(jobs: readonly string[]): readonly Row[] {
  return Object.entries(rows).flatMap(([job, row]) => (jobs.includes(job) ? row() : []));
}

/** Caddy, at the port of users; of every system that shares this edge. */
function edge(): Row {
  const of = `job="${edgeJob}",handler="subroute"`;
  const time = { name: "caddy_http_request_duration_seconds", labels: of };
  return {
    title: "Edge",
    panels: [
      graph(
        "Requests at the edge",
        "Answers that came from the switch, by status.",
        "per second",
        perSecond(`${time.name}_count{${of}}`, ["code"]),
      ),
      graph(
        "Errors of the edge",
        "Requests that it could not pass on, which the switch never saw: a switch that is away, a body that never came.",
        "per second",
        perSecond(`caddy_http_request_errors_total{${of}}`),
      ),
      graph(
        "Time at the edge",
        "From a request's header to the answer's last byte, as a user has it.",
        "seconds",
        quantile(0.5, time),
        quantile(0.95, time),
      ),
      graph(
        "Requests under way",
        "Taken, and not yet answered.",
        "number",
        now(`sum(caddy_http_requests_in_flight{${of}})`, "requests"),
      ),
      graph(
        "Memory of the edge",
        "What its process has in memory.",
        "bytes",
        now(`process_resident_memory_bytes{job="${edgeJob}"}`, "resident"),
      ),
    ],
  };
}

/** oliver006/redis_exporter. */
function redis(): Row {
  return {
    title: "Redis",
    panels: [
      graph(
        "Redis memory",
        "What Redis holds, and the most that it may.",
        "bytes",
        now("redis_memory_used_bytes", "used"),
        now("redis_memory_max_bytes > 0", "at most"),
      ),
      graph("Redis commands", "Commands that Redis did.", "per second", perSecond("redis_commands_processed_total")),
      graph("Redis clients", "Connections that Redis has.", "number", now("redis_connected_clients", "clients")),
      graph(
        "Redis evictions",
        "Keys that went for want of memory: a broker must lose none.",
        "per second",
        perSecond("redis_evicted_keys_total"),
      ),
    ],
  };
}

/** prometheus-community/postgres_exporter. */
function postgres(): Row {
  return {
    title: "PostgreSQL",
    panels: [
      limited(
        graph(
          "PostgreSQL connections",
          'Part of max_connections that is taken. Guide 004, "Database Metrics": connection pool below 80 %.',
          "ratio",
          now("sum(pg_stat_activity_count) / max(pg_settings_max_connections)", "taken"),
        ),
        0.8,
      ),
      graph(
        "PostgreSQL transactions",
        "Transactions by their end.",
        "per second",
        { ...perSecond('pg_stat_database_xact_commit{datname!~"template.*"}'), legend: "committed" },
        { ...perSecond('pg_stat_database_xact_rollback{datname!~"template.*"}'), legend: "rolled back" },
      ),
      limited(
        value(
          "Deadlocks of the last hour",
          'Guide 004, "Database Metrics": 0 per hour.',
          "number",
          now("sum(increase(pg_stat_database_deadlocks[1h]))", "deadlocks"),
        ),
        1,
      ),
      graph("PostgreSQL size", "Size of each database.", "bytes", now("pg_database_size_bytes", "{{datname}}")),
    ],
  };
}

/** images/container-exporter: every container of the stack, whether or not its process measures itself. */
function containers(): Row {
  const of = (counter: string) => `slipway_container_${counter}{job="containers"}`;
  return {
    title: "Containers",
    panels: [
      graph(
        "Memory by part",
        "In use, without files that can be dropped at once; replicas added up.",
        "bytes",
        now(`sum by (part) (${of("memory_bytes")})`, "{{part}}"),
      ),
      limited(
        graph(
          "Memory of the limit",
          'Part of its limit that the fullest container of each part holds. Guide 001, "When to Scale": above 80 %; guide 002, "Alert Thresholds": above 90 %.',
          "ratio",
          now(`max by (part) (${of("memory_held_bytes")} / ${of("memory_limit_bytes")})`, "{{part}}"),
        ),
        0.9,
        0.8,
      ),
      graph("Processors by part", "How many it keeps busy; replicas added up.", "number", {
        ...perSecond(of("cpu_seconds_total"), ["part"]),
        legend: "{{part}}",
      }),
      limited(
        graph(
          "Processors of the limit",
          'Part of its limit that the busiest container of each part uses. Guide 001, "When to Scale": above 80 %.',
          "ratio",
          now(`max by (part) (rate(${of("cpu_seconds_total")}[$window]) / ${of("cpu_limit_cores")})`, "{{part}}"),
        ),
        0.95,
        0.8,
      ),
      graph(
        "Kills and starts",
        "Processes that the kernel ended for lack of memory, and containers that began anew, within an hour.",
        "number",
        { ...within(of("out_of_memory_kills_total"), "1h", ["part"]), legend: "{{part}}, killed" },
        { ...within(of("starts_total"), "1h", ["part"]), legend: "{{part}}, started" },
      ),
    ],
  };
}

/** prometheus/node_exporter. */
function host(): Row {
  const idle = 'avg(rate(node_cpu_seconds_total{mode="idle"}[$window]))';
  return {
    title: "Host",
    panels: [
      limited(
        graph(
          "Host processors",
          'Part of their time that is taken. Guide 001, "Performance Metrics": above 80 %, 95 %.',
          "ratio",
          now(`1 - ${idle}`, "busy"),
        ),
        0.95,
        0.8,
      ),
      limited(
        graph(
          "Host memory",
          'Guide 002, "Alert Thresholds": above 75 %, 90 %.',
          "ratio",
          now("1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes", "taken"),
        ),
        0.9,
        0.75,
      ),
      graph(
        "Free disk",
        'Guide 002, "Alert Thresholds": less than 1 GB.',
        "bytes",
        now('min by (mountpoint) (node_filesystem_avail_bytes{job="host"})', "{{mountpoint}}"),
      ),
    ],
  };
}

/** What steps and commands leave for the node exporter's textfile collector. */
function backups(): Row {
  return {
    title: "Backups",
    panels: [
      value(
        "Age of the newest backup set",
        "Since a set was complete.",
        "seconds",
        now("time() - max(slipway_backup_last_success_timestamp_seconds)", "age"),
      ),
      value(
        "Age of the last drill",
        "Since a set was tried in a throw-away stack.",
        "seconds",
        now("time() - max(slipway_drill_last_timestamp_seconds)", "age"),
      ),
      value("Last drill", "1: the set came back whole.", "number", now("min(slipway_drill_last_success)", "whole")),
    ],
  };
}
