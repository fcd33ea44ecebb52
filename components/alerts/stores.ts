import type { Alert } from "./spec.ts";

const redis = { source: "redis", team: "oncall" } as const;

export const redisAlerts: readonly Alert[] = [
  {
    ...redis,
    name: "RedisDown",
    expr: 'absent(redis_up{job="redis"} == 1)',
    forSeconds: 60,
    severity: "page",
    summary: "Redis does not answer",
    description: "Budgets, queues and sessions that are kept there fail.",
    guide: "guide 003, Part 6: redis healthy; guide 000, 10.1: Budget Check Slow",
  },
  {
    ...redis,
    name: "RedisMemoryHigh",
    expr: 'redis_memory_used_bytes{job="redis"} / redis_memory_max_bytes{job="redis"} > 0.8 and redis_memory_max_bytes{job="redis"} > 0',
    forSeconds: 300,
    severity: "ticket",
    summary: "Redis uses {{ $value | humanizePercentage }} of what it may",
    description: "At 100 % it refuses writes: nothing is evicted.",
    guide: "guide 002, Alert Thresholds: Capacity planning metrics",
  },
  {
    ...redis,
    name: "RedisNotSaved",
    expr: 'redis_aof_last_write_status{job="redis"} == 0 or redis_aof_last_bgrewrite_status{job="redis"} == 0',
    forSeconds: 60,
    severity: "page",
    summary: "Redis cannot write its log",
    description: "What it acknowledges now is lost with it. The disk is full, or fails.",
    guide: "guide 000, 4.2 docker-compose.yml: appendonly yes",
  },
  {
    ...redis,
    name: "RedisRestarts",
    expr: 'resets(redis_uptime_in_seconds{job="redis"}[15m]) >= 3',
    forSeconds: 0,
    severity: "page",
    summary: "Redis was started again {{ $value }} times within 15 minutes",
    description: "It ends by itself, or something ends it.",
    guide: "guide 001, Container Won't Start",
  },
];

const postgres = { source: "postgres", team: "dba" } as const;

export const postgresAlerts: readonly Alert[] = [
  {
    ...postgres,
    name: "DatabaseDown",
    expr: 'absent(pg_up{job="postgres"} == 1)',
    forSeconds: 60,
    severity: "page",
    summary: "PostgreSQL takes no connection",
    description: "Every request that needs the database fails.",
    guide: "guide 002, Alert Thresholds: Database connection failures; guide 003, Part 6: database healthy",
  },
  {
    ...postgres,
    name: "DatabaseConnectionsHigh",
    expr: 'sum(pg_stat_activity_count{job="postgres"}) / max(pg_settings_max_connections{job="postgres"}) > 0.8',
    forSeconds: 300,
    severity: "ticket",
    summary: "{{ $value | humanizePercentage }} of PostgreSQL's connections are taken",
    description: "Beyond the limit new connections are refused.",
    guide: "guide 004, Database Metrics: Connection Pool <80% utilization; guide 002: Database connection pool status",
    silencedBy: ["DatabaseDown"],
  },
  {
    ...postgres,
    name: "DatabaseDeadlocks",
    expr: 'sum by (datname) (increase(pg_stat_database_deadlocks{job="postgres"}[1h])) > 0',
    forSeconds: 0,
    severity: "ticket",
    summary: "{{ $value | humanize }} deadlocks in {{ $labels.datname }} within the hour",
    description: "PostgreSQL ended a transaction for each; its user got an error unless the product tried again.",
    guide: "guide 004, Database Metrics: Deadlocks 0 per hour",
  },
  {
    ...postgres,
    name: "DatabaseTransactionOld",
    expr: 'max by (datname) (pg_stat_activity_max_tx_duration{job="postgres"}) > $age(15m)',
    forSeconds: 60,
    severity: "ticket",
    summary: "a transaction in {{ $labels.datname }} is open for {{ $value | humanizeDuration }}",
    description: "It keeps its locks, and rows that are gone from being cleaned up; a migration waits for it.",
    guide: "guide 004, Database Metrics: Query Latency; guide 002: Database query performance",
  },
  {
    ...postgres,
    name: "DatabaseArchiveFails",
    expr: 'increase(pg_stat_archiver_failed_count{job="postgres"}[15m]) > 0 or pg_stat_archiver_last_archive_age{job="postgres"} > $age(1h)',
    forSeconds: 300,
    severity: "page",
    summary: "PostgreSQL's log is not archived",
    description:
      "What is not archived stays, until it fills the disk and the database stops. Silent while no archiving is set up.",
    guide: "no guide archives; pitfalls of the field: a failing archive_command fills pg_wal",
  },
];
