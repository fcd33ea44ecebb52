import { flag, integer } from "../options/kinds.ts";
import { section, withDefault } from "../options/option.ts";

/** Metrics, private to the system's network. */
export const prometheusOptions = section({
  enabled: withDefault("Whether Prometheus runs beside the app.", flag, true),
  retentionDays: withDefault("Days the metrics are kept.", integer(1, 3650, "days", 15), 15),
});
