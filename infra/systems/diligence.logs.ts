import {
  alembicOutside,
  connectionErrors,
  type Logged,
  refusedRows,
  tasksFailed,
  together,
} from "../../components/alerts/logged.ts";
import type { LogPattern } from "../../components/logs/count.ts";
import type { DiligenceApp } from "./diligence.options.ts";

const watch = "guide 004, Metrics to Watch (First 24 Hours)";
const words = "guide 004, Key Log Patterns to Watch";
const rules = "guide 004, Alerting Rules";

const workloads = ["web", "worker", "beat"];

/** A quantity without a limit. */
const costStatus: LogPattern = {
  name: "cost_status",
  pattern: "cost_status",
  parts: ["web", "worker"],
  guide: `${words}: cost_status`,
};

/** Guide 004, "Key Log Patterns to Watch" and what "Alerting Rules" asks of logs. */
export function diligenceLogged({ database, logLevel }: Pick<DiligenceApp, "database" | "logLevel">): Logged {
  const writes = database === "postgres" ? ["postgres"] : ["web", "worker"];
  // Celery tells a success from INFO on: above that every failure would be all that there is.
  const tells = logLevel === "DEBUG" || logLevel === "INFO";
  return together(
    refusedRows("check_cost_status_values", writes, `${rules} 4: CHECK constraint violations >0; ${words}`),
    connectionErrors(workloads, `${rules} 2: Database connection errors >10 in 5 minutes`),
    alembicOutside(workloads, `${words}: alembic.runtime.migration`),
    ...(tells ? [tasksFailed(["worker"], `${watch}: Background Job Success Rate >95%`)] : []),
    { logPatterns: [costStatus], alerts: [] },
  );
}
