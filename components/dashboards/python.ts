import { graph, limited, mean, perSecond, quantile, share } from "./panels.ts";
import type { Panel, Row } from "./spec.ts";

/** The metrics that a web application of this kind names: `http_requests_total` and the histograms of its answers and its queries. */

const requests = "http_requests_total";
const latency = { name: "http_request_duration_seconds" };
const queries = { name: "db_query_duration_seconds" };

/** @param guide where the limits are asked for */
export function webRow(guide: string, limits: WebLimits = {}): Row {
  return {
    title: "Application",
    panels: [
      graph("Requests by path", "What the replicas answered.", "per second", perSecond(requests, ["method", "path"])),
      drawn(
        graph(
          "Failed requests",
          `Part of the answers that are 5xx. ${guide}`,
          "ratio",
          share(`${requests}{status=~"5.."}`, requests, "5xx"),
        ),
        limits.errors,
      ),
      drawn(
        graph(
          "Response time",
          `How long half, and all but 5 % of the answers took. ${guide}`,
          "seconds",
          quantile(0.5, latency),
          quantile(0.95, latency),
        ),
        limits.response,
      ),
      drawn(
        graph(
          "Query latency",
          `Of the database, as the application waits for it. ${guide}`,
          "seconds",
          quantile(0.95, queries),
          mean(queries),
        ),
        limits.query,
      ),
      graph("Queries", "Questions to the database.", "per second", {
        ...perSecond(`${queries.name}_count`),
      }),
      drawn(
        graph("Failed queries", "Waits for a connection that ended included.", "per second", {
          ...perSecond("db_query_failures_total"),
        }),
        undefined,
      ),
    ],
  };
}

/** What is too much, in the panel's own unit. */
export interface WebLimits {
  readonly errors?: number;
  readonly response?: number;
  readonly query?: number;
}

function drawn(panel: Panel, critical: number | undefined): Panel {
  return critical === undefined ? panel : limited(panel, critical);
}
