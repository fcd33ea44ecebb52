import { counterOf, type LogPattern } from "../logs/count.ts";
import type { Alert } from "./spec.ts";

/** Patterns that more than one system has in its lines, each with its alert. A system's own file may hold further ones. */
export interface Logged {
  readonly logPatterns: readonly LogPattern[];
  readonly alerts: readonly Alert[];
}

/** How many lines a pattern matched within a range. A counter begins with its first line, which `increase` alone would not see. */
export function linesWithin(pattern: Pick<LogPattern, "name">, range: string): string {
  const counter = counterOf(pattern);
  return `sum((${counter} unless ${counter} offset ${range}) or increase(${counter}[${range}]))`;
}

/** One alert about more than so many lines of a pattern within a range. @param range as PromQL writes it, e.g. `5m` */
export function lineAlert(
  pattern: LogPattern,
  { above, range, ...words }: Omit<Alert, "source" | "expr" | "forSeconds" | "guide"> & LineLimit,
): Logged {
  const expr = `${linesWithin(pattern, range)} > ${above}`;
  return {
    logPatterns: [pattern],
    alerts: [{ ...words, source: "log", expr, forSeconds: 0, guide: pattern.guide }],
  };
}

interface LineLimit {
  readonly above: number;
  readonly range: string;
}

/** What several say of a system's lines, in one: patterns and alerts in the order given. */
export function together(...all: readonly Logged[]): Logged {
  return {
    logPatterns: all.flatMap(({ logPatterns }) => logPatterns),
    alerts: all.flatMap(({ alerts }) => alerts),
  };
}

/** A row that a CHECK constraint refused. @param parts PostgreSQL's own log has each once; of SQLite the workloads that write */
export function refusedRows(constraint: string, parts: readonly string[], guide: string): Logged {
  const pattern = `(violates check constraint "${constraint}"|CHECK constraint failed: ${constraint})`;
  return lineAlert(
    { name: constraint, pattern, parts, guide },
    {
      name: "ConstraintViolated",
      above: 0,
      range: "5m",
      severity: "page",
      team: "oncall",
      summary: `${constraint} refused {{ $value | humanize }} rows within five minutes`,
      description: "Somebody writes values that the schema forbids: what users entered is not stored.",
    },
  );
}

/** Of psycopg, SQLAlchemy and node-postgres. Redis and brokers have connection errors too, which are not these. */
const lostConnections = [
  "(psycopg2?\\.|sqlalchemy\\.exc\\.|database: )(Operational|Interface)Error",
  "connection to server .* failed",
  "server closed the connection unexpectedly",
  "ECONNREFUSED \\S*:5432",
  "Connection terminated",
  "terminating connection",
  "timeout exceeded when trying to connect",
  "database connection lost",
  "QueuePool limit of size",
  "too many clients already",
  "remaining connection slots are reserved",
].join("|");

/** Guide 004's limit, of the lines in which workloads say that they lost or did not get their PostgreSQL. */
export function connectionErrors(parts: readonly string[], guide: string): Logged {
  return lineAlert(
    { name: "connection_errors", pattern: lostConnections, parts, guide },
    {
      name: "DatabaseConnectionErrors",
      above: 10,
      range: "5m",
      severity: "page",
      team: "dba",
      summary: "{{ $value | humanize }} lines about lost connections to the database within five minutes",
      description: "Connections are refused, lost or waited for in vain. One error may be told by two lines.",
      silencedBy: ["DatabaseDown"],
    },
  );
}

/** Migrations are steps' work: a workload in whose lines Alembic migrates or complains has gone past them. */
export function alembicOutside(parts: readonly string[], guide: string): Logged {
  const pattern =
    "Running (upgrade|downgrade|stamp_revision) |alembic\\.util\\.exc|Can't locate revision identified by|Target database is not up to date";
  return lineAlert(
    { name: "alembic", pattern, parts, guide },
    {
      name: "AlembicOutsideRelease",
      above: 0,
      range: "15m",
      severity: "ticket",
      team: "dba",
      summary: "Alembic migrated or failed in a workload: {{ $value | humanize }} lines within 15 minutes",
      description: "A migration without backup point and rehearsal, or a product that does not know its schema.",
    },
  );
}

/** Guide 001, "Logging": what its `grep ERROR` would find. */
export function errorsLogged(parts: readonly string[]): Logged {
  const guide = "guide 001, Logging: docker-compose logs | grep ERROR; no limit is named there";
  return lineAlert(
    { name: "errors", pattern: "\\b(ERROR|CRITICAL)\\b", parts, guide },
    {
      name: "ErrorsLogged",
      above: 10,
      range: "1h",
      severity: "digest",
      team: "product",
      summary: "{{ $value | humanize }} lines with ERROR or CRITICAL within an hour",
      description: "What users notice of it has alerts of its own; this is what they may not notice.",
      silencedBy: ["ErrorRateHigh"],
    },
  );
}

/** Guide 004, "Background Job Success Rate: >95%", by the words of Celery's own log, which it prints from level INFO on. */
export function tasksFailed(parts: readonly string[], guide: string): Logged {
  const failed = { name: "tasks_failed", pattern: "Task \\S+\\[[^\\]]+\\] raised unexpected", parts, guide };
  const succeeded = { name: "tasks_succeeded", pattern: "Task \\S+\\[[^\\]]+\\] succeeded in", parts, guide };
  const [bad, good] = [failed, succeeded].map((pattern) => linesWithin(pattern, "1h"));
  return {
    logPatterns: [failed, succeeded],
    alerts: [
      {
        name: "JobsFail",
        source: "log",
        // Without a success there is no second number.
        expr: `${bad} / (${bad} + (${good} or vector(0))) > 0.05`,
        forSeconds: 0,
        severity: "ticket",
        team: "product",
        summary: "{{ $value | humanizePercentage }} of the background jobs of an hour failed",
        description:
          "Tasks that ended by an exception. One that notes a failure by itself and ends is a success to Celery.",
        guide,
        silencedBy: ["DatabaseDown", "RedisDown"],
      },
    ],
  };
}
