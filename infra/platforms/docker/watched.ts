import { type Telling, tellsSomebody } from "../../../components/alertmanager/routes.ts";
import { alertmanagerAlias, alertmanagerPort } from "../../../components/alertmanager/spec.ts";
import { alertsOf, rulesFile } from "../../../components/alerts/rules.ts";
import type { Objective, Source, Watched } from "../../../components/alerts/spec.ts";
import { httpErrors, httpTotal } from "../../../components/alerts/traffic.ts";
import { limitsOf } from "../../../components/app/options.ts";
import { type Place, resourceName } from "../../../components/container/spec.ts";
import { edgeJob, edgeMetricsPath } from "../../../components/edge/metrics.ts";
import { addressOf, exporterParts, moduleOf, type ProbeTarget } from "../../../components/exporters/spec.ts";
import { countPort } from "../../../components/logs/count.ts";
import { shipperPart } from "../../../components/logs/spec.ts";
import { besides } from "../../../components/nouns/all.ts";
import { ollamaUrl } from "../../../components/ollama/spec.ts";
import type { Watch } from "../../../components/prometheus/spec.ts";
import { metricsPort } from "../../../components/switch/spec.ts";
import { keepsLog, sendsLog } from "../../config/continuous.ts";
import type { Settings } from "../../config/settings.ts";
import { besideOf } from "../../systems/beside.ts";
import type { System } from "../../systems/system.ts";
import type { Placement } from "./placement.ts";

/** What of a placement says how it is watched. */
type Seen = Pick<Placement, "host" | "settings" | "system">;

/** Of https: the switch counts what users got. */
const httpsObjective: Objective = { target: 0.999, errors: httpErrors, total: httpTotal, source: "switch" };

const daySeconds = 86_400;

/** The network with a way out, for who of the watching reaches somebody outside; see `needsWatchNetwork`. */
export function watchNetworkName(place: Place): string {
  return resourceName(place, "watch");
}

/** Whether something of the watching has to reach somebody outside the host. */
export function needsWatchNetwork({ settings: { prometheus, watch } }: Pick<Seen, "settings">): boolean {
  return prometheus.enabled && (watch.profile !== "off" || prometheus.remoteWrite.url !== undefined);
}

/** Where numbers come from on this stack; small leaves out Redis, PostgreSQL and probes. */
export function watchSources({ settings, system }: Pick<Seen, "settings" | "system">): ReadonlySet<Source> {
  const { edge, prometheus, watch } = settings;
  const { profile } = watch;
  const full = profile === "full";
  const has: readonly (readonly [Source, boolean])[] = [
    ["watch", true],
    ["switch", true],
    ["edge", profile !== "off" && prometheus.enabled && system.routes.length > 0 && edge.tls.mode !== "shared"],
    ["app", system.scrape.length > 0],
    ["host", profile !== "off"],
    ["redis", full && system.redis.enabled],
    ["postgres", full && system.database.kind === "postgres"],
    ["archive", profile !== "off" && keepsLog(system, settings)],
    ["offsite-log", profile !== "off" && sendsLog(system, settings)],
    ["probe", full],
    ["containers", full],
    ["log", settings.logs.count],
  ];
  return new Set(has.flatMap(([source, there]) => (there ? [source] : [])));
}

/** Everything that the rules of this stack are made of. */
export function watchedBy({ settings, system }: Pick<Seen, "settings" | "system">): Watched {
  const { tls } = settings.edge;
  const https = system.routes.length > 0;
  return {
    jobs: system.scrape.map(({ name }) => name),
    limits: limitsOf(settings.tier, settings.resources),
    https,
    // An edge of its own CA renews when a third is left, ACME's at 30 days of 90.
    renewSeconds: tls.mode === "internal" ? tls.lifetimeMinutes * 15 : 14 * daySeconds,
    sources: watchSources({ settings, system }),
    alerts: system.alerts ?? [],
    objective: system.objective ?? (https ? httpsObjective : undefined),
  };
}

/** What Prometheus is told beside its jobs. */
export function watchOf(seen: Seen): Watch {
  const { host, settings, system } = seen;
  const { factor } = settings.alerts;
  const sources = watchSources(seen);
  const targets = exporterTargets(sources);
  const told = telling(seen);
  const tells = settings.watch.profile !== "off" && tellsSomebody(told);
  const alertmanager = { name: alertmanagerAlias, alias: alertmanagerAlias, port: alertmanagerPort };
  return {
    rules: rulesFile(watchedBy(seen), factor),
    intervalSeconds: factor < 1 ? 5 : 15,
    labels: { stack: host.place.stack, system: system.name },
    targets: [...targets, ...(tells ? [alertmanager] : [])],
    ...(sources.has("probe") && {
      probes: {
        exporter: `${exporterParts.probe.part}:${exporterParts.probe.port}`,
        targets: probeTargets(seen).map((target) => ({
          name: target.name,
          module: moduleOf(target),
          address: addressOf(target),
        })),
      },
    }),
    ...(tells && { alertmanager: `${alertmanagerAlias}:${alertmanagerPort}` }),
  };
}

/** Blackbox exporter is asked about others, see `Watch.probes`. */
function exporterTargets(sources: ReadonlySet<Source>) {
  const exporters = (["host", "containers", "redis", "postgres"] as const)
    .filter((job) => sources.has(job))
    .map((job) => ({ name: job, alias: exporterParts[job].part, port: exporterParts[job].port }));
  const edge = { name: edgeJob, alias: "switch", port: metricsPort, path: edgeMetricsPath };
  const counter = { name: "log", alias: shipperPart, port: countPort };
  return [...(sources.has("edge") ? [edge] : []), ...exporters, ...(sources.has("log") ? [counter] : [])];
}

/** Every workload that answers, what it embeds with, and the edge as users reach it. */
export function probeTargets({ settings, system }: Pick<Seen, "settings" | "system">): readonly ProbeTarget[] {
  const { edge, environment } = settings;
  const inside = system.workloads.flatMap(({ name, duty }): readonly ProbeTarget[] => {
    if (duty.kind === "web")
      return [{ kind: "http", name, url: `http://${name}:${duty.port}${duty.readyPath ?? duty.healthPath}` }];
    return duty.kind === "tcp" ? [{ kind: "tcp", name, address: `${name}:${duty.port}` }] : [];
  });
  const beside: readonly ProbeTarget[] = [
    ...(system.ollama?.mode === "container"
      ? [{ kind: "http", name: "ollama", url: ollamaUrl({ mode: "container" }) } as const]
      : []),
    ...besideOf(system).map((name) => {
      const { port, healthPath } = besides[name];
      return { kind: "http", name, url: `http://${name}:${port}${healthPath}` } as const;
    }),
  ];
  // A local edge answers on the host's loopback alone, where no container gets.
  const outside = environment === "local" ? [] : edgeTargets(system, edge);
  return [...inside, ...beside, ...outside];
}

function edgeTargets({ routes, workloads }: System, { httpsPort, tls }: Settings["edge"]): readonly ProbeTarget[] {
  const ownCa = tls.mode === "internal" || (tls.mode === "shared" && tls.ca === "internal");
  return routes.flatMap(({ host, alias, port }): readonly ProbeTarget[] => {
    const duty = workloads.find(({ name }) => name === alias)?.duty;
    if (duty?.kind !== "web" || duty.port !== port) return [];
    return [{ kind: "edge", name: host, port: httpsPort, path: duty.healthPath, ownCa }];
  });
}

/** Who is told, secrets unwrapped: for files alone. */
export function telling({ settings, system }: Pick<Seen, "settings" | "system">): Telling {
  const { to, smtp, factor } = settings.alerts;
  const channels = Object.entries(to).map(([team, { webhook, slack, pagerduty, email }]) => [
    team,
    { webhook: webhook?.secret, slack: slack?.secret, pagerduty: pagerduty?.secret, email },
  ]);
  return {
    to: Object.fromEntries(channels),
    smtp: { ...smtp, password: smtp.password?.secret },
    alerts: alertsOf(watchedBy({ settings, system })),
    factor,
  };
}
