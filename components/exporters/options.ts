import type { Environment } from "../options/environment.ts";
import { choice } from "../options/kinds.ts";
import { optional, section } from "../options/option.ts";
import type { Tier } from "../options/tier.ts";

export const profiles = ["off", "small", "full"] as const;
export type Profile = (typeof profiles)[number];

/** What runs beside Prometheus so that alerts have their numbers, and somebody is told. */
export const watchOptions = section({
  profile: optional(
    "What watches beside Prometheus: small is node exporter and Alertmanager (128 MB); full adds exporters of Redis, PostgreSQL and containers, and probes from outside (384 MB).",
    choice(profiles, "full"),
    "off on local; else small with tier small, a host of 4 GB, and full with a larger one",
  ),
});

/** Small where memory is: with tier small the product and its stores take a host of 4 GB whole. */
export function profileOf(chosen: Profile | undefined, environment: Environment, tier: Tier): Profile {
  if (chosen !== undefined) return chosen;
  if (environment === "local") return "off";
  return tier === "small" ? "small" : "full";
}
