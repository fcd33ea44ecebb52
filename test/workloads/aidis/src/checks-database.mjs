/** Checks of the validation suite that TCP cannot tell: asked of the database, as the application's own role. */
import { expectEqual } from "./expect.mjs";

const tables = [
  "code_analysis_sessions",
  "complexity_analysis_sessions",
  "contexts",
  "event_log",
  "metrics_collection_sessions",
  "migrations",
  "pattern_discovery_sessions",
  "projects",
  "sessions",
];

const analyses = ["pattern_discovery", "metrics_collection", "code_analysis", "complexity_analysis"];

const foreignKeys = [
  "fk_sessions_project",
  "fk_contexts_project",
  "fk_contexts_session",
  "fk_event_log_project",
  "fk_event_log_session",
  ...analyses.flatMap((name) => [`fk_${name}_sessions_project`, `fk_${name}_sessions_session`]),
];

const indexes = [
  ...["name", "status", "created_at"].map((column) => `idx_projects_${column}`),
  ...["project_id", "agent_type", "started_at"].map((column) => `idx_sessions_${column}`),
  ...["project_id", "session_id", "type"].map((column) => `idx_contexts_${column}`),
];

async function names(database, sql, wanted) {
  const rows = await database.query(sql, [wanted]);
  const found = new Set(rows.rows.map(({ name }) => name));
  expectEqual(
    wanted.filter((name) => !found.has(name)),
    [],
    "missing",
  );
}

/** Guide 002: "2.2 Verify Schema Integrity", "3.1 Verify Foreign Key Constraints", "2.3 Create Performance Indexes", "1.2 Enable Required Extensions". */
export const databaseChecks = [
  [
    "nine tables",
    ({ database }) =>
      names(
        database,
        "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname = ANY($1)",
        tables,
      ),
  ],
  [
    "foreign keys",
    ({ database }) =>
      names(
        database,
        "SELECT conname AS name FROM pg_constraint WHERE contype = 'f' AND convalidated AND conname = ANY($1)",
        foreignKeys,
      ),
  ],
  [
    "performance indexes",
    ({ database }) =>
      names(
        database,
        "SELECT relname AS name FROM pg_class JOIN pg_index ON indexrelid = oid WHERE indisvalid AND relname = ANY($1)",
        indexes,
      ),
  ],
  [
    "extensions",
    ({ database }) =>
      names(database, "SELECT extname AS name FROM pg_extension WHERE extname = ANY($1)", [
        "uuid-ossp",
        "vector",
        "pg_trgm",
      ]),
  ],
];
