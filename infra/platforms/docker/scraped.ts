import type { Watched } from "../../../components/dashboards/overview.ts";
import type { ScrapeJob } from "../../../components/prometheus/spec.ts";
import { backendsOf, switchJob } from "../../../components/switch/names.ts";
import { metricsPort } from "../../../components/switch/spec.ts";
import type { System } from "../../systems/system.ts";

/**
 * Whom Prometheus scrapes. (m) A switch has 32 slots for each backend and for its candidates, most of them empty: without these its answer is
 * 75 kB instead of 350 kB, and Prometheus follows a third of the series.
 */
export function jobsOf(system: System): readonly ScrapeJob[] {
  return [...system.scrape, { name: switchJob, alias: "switch", port: metricsPort, params: { "no-maint": "" } }];
}

/** What dashboards are made of. @param exporters jobs beside those of the system and the switch, e.g. `redis` */
export function watchedOf(stack: string, system: System, exporters: readonly string[] = []): Watched {
  return {
    stack,
    title: system.title,
    http: backendsOf(system.routes).map(({ name }) => name),
    tcp: backendsOf([], system.tcp).map(({ name }) => name),
    jobs: [...jobsOf(system).map(({ name }) => name), ...exporters],
  };
}
