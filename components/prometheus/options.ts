import { flag, integer, secretText, text } from "../options/kinds.ts";
import { optional, section, withDefault } from "../options/option.ts";

const url = text((value) => !/\s/.test(value) && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
  allowed: "an http or https URL",
  example: "https://metrics.example.com/api/v1/write",
  ask: "<URL that takes remote_write>",
});

const bearer = secretText((value) => value.length >= 8 && !/\s/.test(value), {
  allowed: "a token of 8 characters or more without spaces, not all the same",
  example: "a-Token-0",
});

/** Metrics, private to the system's network. */
export const prometheusOptions = section({
  enabled: withDefault("Whether Prometheus runs beside the app.", flag, true),
  retentionDays: withDefault("Days the metrics are kept.", integer(1, 3650, "days", 15), 15),
  retentionMb: optional(
    "Megabytes of metrics that are kept at most.",
    integer(100, 10_000_000, "megabytes", 5000),
    "no limit but the days",
  ),
  remoteWrite: section({
    url: optional("Where every sample goes too, by Prometheus' remote_write.", url, "none"),
    bearer: optional("Token that is sent there.", bearer, "none"),
  }),
});
