import { connectionErrors } from "../../components/alerts/logged.ts";
import { failedQueries, failing, slowest, slowQueries } from "../../components/alerts/own.ts";
import type { Alert } from "../../components/alerts/spec.ts";

const guide = "guide 003 names no limits: those of guides 001 and 004";

export const triaLogged = connectionErrors(
  ["backend"],
  "guide 003 names no limit for its database's health: guide 004's, Alerting Rules 2",
);

/** Guide 003, "Part 6: Health Monitoring". */
export const triaAlerts: readonly Alert[] = [
  failing({ errors: 'tria_openai_calls_total{outcome=~"failed|refused"}', total: "tria_openai_calls_total" }, 0.1, {
    name: "OpenAiFails",
    forSeconds: 300,
    severity: "page",
    team: "product",
    summary: "{{ $value | humanizePercentage }} of the calls to OpenAI fail",
    description: "The chatbot cannot answer. Its key, its limits, or OpenAI itself.",
    guide: "guide 003, Part 6: openai healthy",
  }),
  slowest({
    name: "ApiSlow",
    histogram: "http_request_duration_seconds",
    where: 'path!~".*chatbot.*"',
    above: 0.5,
    what: "the API is slow, the chatbot aside",
    severity: "ticket",
    team: "oncall",
    guide,
  }),
  slowQueries(guide),
  ...failedQueries("db_query_failures_total"),
  ...triaLogged.alerts,
];
