import { graph, now } from "../../components/dashboards/panels.ts";
import { webRow } from "../../components/dashboards/python.ts";
import type { Row } from "../../components/dashboards/spec.ts";

/** Guide 004, "Metrics to Watch (First 24 Hours)"; of cost status coverage the release's own probe tells, of deadlocks the database. */
export const diligencePanels: readonly Row[] = [
  webRow('Guide 004, "Metrics to Watch": errors below 0.5 %, p95 below 500 ms, queries below 100 ms.', {
    errors: 0.005,
    response: 0.5,
    query: 0.1,
  }),
  {
    title: "IT Diligence Agent",
    panels: [
      graph("Versions", "Web replicas by what they run.", "number", {
        ...now("sum by (version, environment) (diligence_info)", "{{version}} {{environment}}"),
      }),
    ],
  },
];
