import { graph, now, perSecond, value, within } from "../../components/dashboards/panels.ts";
import { webRow } from "../../components/dashboards/python.ts";
import type { Row } from "../../components/dashboards/spec.ts";

const guide = 'Guide 003, "Monitoring Metrics".';

/** Guide 003 names Prometheus metrics and no panel: the business of the product, and what every web application of its kind is looked at by. */
export const triaPanels: readonly Row[] = [
  {
    title: "Tria AIBPO",
    panels: [
      graph("Answers of the chatbot", `New, replayed and refused ones. ${guide}`, "per second", {
        ...perSecond("tria_chatbot_answers_total", ["kind"]),
      }),
      value("Orders of the last day", `Orders placed. ${guide}`, "number", within("tria_orders_total", "24h")),
      graph("Orders", `Orders placed. ${guide}`, "per second", perSecond("tria_orders_total")),
      graph("Calls to OpenAI", `By their outcome. ${guide}`, "per second", {
        ...perSecond("tria_openai_calls_total", ["outcome"]),
      }),
      graph("Versions", "Replicas by what they run.", "number", {
        ...now("sum by (version, environment) (tria_info)", "{{version}} {{environment}}"),
      }),
    ],
  },
  webRow(guide),
];
