import { stringify } from "yaml";
import {
  answersHttp,
  type ContainerSpec,
  type Limits,
  labelsFor,
  type Place,
  resourceName,
} from "../container/spec.ts";
import { file } from "../files/spec.ts";
import type { FileEntry } from "../steps/runner.ts";

export interface PrometheusSpec {
  readonly image: string;
  /** Without a way out. */
  readonly networks: readonly string[];
  readonly limits: Limits;
  readonly retentionDays: number;
  /** Undefined: the days alone count. */
  readonly retentionMb?: number | undefined;
  readonly jobs: readonly ScrapeJob[];
  readonly watch?: Watch;
  /** Every sample goes there too. */
  readonly remote?: Remote | undefined;
}

export interface ScrapeJob {
  readonly name: string;
  /** On a network of Prometheus'; every container that runs under it is scraped. */
  readonly alias: string;
  readonly port: number;
  /** @default /metrics */
  readonly path?: string;
  /** Of the question for the metrics. @default none */
  readonly params?: Readonly<Record<string, string>>;
}

/** What is made of the numbers. */
export interface Watch {
  /** The rules file, see components/alerts/rules.ts. */
  readonly rules: string;
  readonly intervalSeconds: number;
  /** Of everything that is told or sent on: which stack it is about. */
  readonly labels: Readonly<Record<string, string>>;
  /** Exporters: each is one that must be there, so that its absence is seen. */
  readonly targets: readonly ScrapeJob[];
  /** What blackbox exporter is to ask, and where that one is. */
  readonly probes?: {
    readonly exporter: string;
    readonly targets: readonly { readonly name: string; readonly module: string; readonly address: string }[];
  };
  /** `alertmanager:9093`; undefined: nobody is told. */
  readonly alertmanager?: string;
}

export interface Remote {
  readonly url: string;
  readonly bearer?: string | undefined;
  /** The network that has a way out. */
  readonly network: string;
}

export const prometheusPort = 9090;
const owner = { uid: 65534, gid: 65534 };
const configPath = "/etc/prometheus";
const bearerFile = "remote-write-token";

/** Prometheus, not published; its port 9090 is its own, the app's 9090 is the app's (guide 000, "7.1 Prometheus Metrics"). */
export function prometheusContainer(place: Place, spec: PrometheusSpec): ContainerSpec {
  return {
    name: resourceName(place, "prometheus"),
    image: spec.image,
    command: [
      `--config.file=${configPath}/prometheus.yml`,
      "--storage.tsdb.path=/prometheus",
      `--storage.tsdb.retention.time=${spec.retentionDays}d`,
      ...(spec.retentionMb === undefined ? [] : [`--storage.tsdb.retention.size=${spec.retentionMb}MB`]),
    ],
    env: {},
    user: `${owner.uid}:${owner.gid}`,
    mounts: [
      { volume: resourceName(place, "prometheus-data"), path: "/prometheus" },
      { volume: resourceName(place, "prometheus-config"), path: configPath, readOnly: true },
    ],
    tmpfs: ["/tmp"],
    network: [
      ...spec.networks.map((name) => ({ name, aliases: ["prometheus"] })),
      ...(spec.remote === undefined ? [] : [{ name: spec.remote.network, aliases: [] }]),
    ],
    labels: labelsFor(place, "prometheus", "part"),
    limits: spec.limits,
    capabilities: [],
    health: {
      test: answersHttp(prometheusPort, "/-/healthy"),
      intervalSeconds: 10,
      timeoutSeconds: 3,
      startPeriodSeconds: 10,
      retries: 3,
    },
    restart: "unless-stopped",
    stopGraceSeconds: 30,
  };
}

/** Its config, with the rules and the receiver's token where a stack has them; the token's file is read by its user alone. */
export function prometheusFiles(spec: PrometheusSpec): readonly FileEntry[] {
  const bearer = spec.remote?.bearer;
  return [
    file("prometheus.yml", prometheusConfig(spec), owner),
    ...(spec.watch === undefined ? [] : [file("rules.yml", spec.watch.rules, owner)]),
    ...(bearer === undefined ? [] : [file(bearerFile, bearer, owner, 0o400)]),
  ];
}

/** Found by name: a release changes which containers answer, and replicas are scraped each for itself. */
export function prometheusConfig({ jobs, watch, remote }: PrometheusSpec): string {
  for (const { name } of jobs) assertJobName(name);
  const fixed = (name: string, target: string, path?: string) => ({
    job_name: name,
    ...(path !== undefined && { metrics_path: path }),
    static_configs: [{ targets: [target] }],
  });
  const found = jobs.map(({ name, alias, port: at, params }) => ({
    job_name: name,
    ...(params && { params: Object.fromEntries(Object.entries(params).map(([key, text]) => [key, [text]])) }),
    dns_sd_configs: [{ names: [alias], type: "A", port: at, refresh_interval: "5s" }],
  }));
  const own = fixed("prometheus", `127.0.0.1:${prometheusPort}`);
  const exporters = (watch?.targets ?? []).map(({ name, alias, port: at, path }) =>
    fixed(name, `${alias}:${at}`, path),
  );
  return stringify({
    global: {
      scrape_interval: "5s",
      ...(watch && { evaluation_interval: `${watch.intervalSeconds}s`, external_labels: watch.labels }),
    },
    ...(watch && { rule_files: [`${configPath}/rules.yml`] }),
    ...(watch?.alertmanager !== undefined && {
      alerting: { alertmanagers: [{ static_configs: [{ targets: [watch.alertmanager] }] }] },
    }),
    scrape_configs: [...found, own, ...exporters, ...probeJobs(watch?.probes)],
    ...(remote && { remote_write: [remoteWrite(remote)] }),
  });
}

/** Blackbox exporter is told what to ask by the request's parameters. */
function probeJobs(probes: Watch["probes"]) {
  if (probes === undefined) return [];
  const { exporter, targets } = probes;
  return [
    {
      job_name: "probe",
      metrics_path: "/probe",
      scrape_interval: "15s",
      static_configs: targets.map(({ name, module, address }) => ({
        targets: [address],
        labels: { __param_module: module, instance: name },
      })),
      relabel_configs: [
        { source_labels: ["__address__"], target_label: "__param_target" },
        { target_label: "__address__", replacement: exporter },
      ],
    },
  ];
}

function remoteWrite({ url, bearer }: Remote) {
  const credentials = bearer !== undefined && {
    authorization: { type: "Bearer", credentials_file: `${configPath}/${bearerFile}` },
  };
  return { url, ...credentials };
}

/** What ends a line in the YAML 1.1 that Prometheus reads does not in the 1.2 that is written here. */
function assertJobName(name: string): void {
  if (/[\p{Cc}\u2028\u2029]/u.test(name.replaceAll(/[\n\r\t]/g, "")))
    throw new Error(
      `scrape job ${JSON.stringify(name)}: allowed is a text without control letters and line separators`,
    );
}

/** On the front network. */
export const prometheusUrl = `http://prometheus:${prometheusPort}`;
