import { stringify } from "yaml";
import { type ContainerSpec, type Limits, labelsFor, type Place, resourceName } from "../container/spec.ts";
import { file } from "../files/spec.ts";
import type { FileEntry } from "../steps/runner.ts";

export interface PrometheusSpec {
  readonly image: string;
  readonly network: string;
  readonly limits: Limits;
  readonly retentionDays: number;
  readonly jobs: readonly ScrapeJob[];
}

export interface ScrapeJob {
  readonly name: string;
  /** On the private network; every container that runs under it is scraped. */
  readonly alias: string;
  readonly port: number;
  /** Of the question for the metrics. @default none */
  readonly params?: Readonly<Record<string, string>>;
}

const port = 9090;
const owner = { uid: 65534, gid: 65534 };
const configPath = "/etc/prometheus";

/** Prometheus on the private network; its port 9090 is its own, the app's 9090 is the app's (guide 000, "7.1 Prometheus Metrics"). */
export function prometheusContainer(place: Place, spec: PrometheusSpec): ContainerSpec {
  return {
    name: resourceName(place, "prometheus"),
    image: spec.image,
    command: [
      `--config.file=${configPath}/prometheus.yml`,
      "--storage.tsdb.path=/prometheus",
      `--storage.tsdb.retention.time=${spec.retentionDays}d`,
    ],
    env: {},
    user: `${owner.uid}:${owner.gid}`,
    mounts: [
      { volume: resourceName(place, "prometheus-data"), path: "/prometheus" },
      { volume: resourceName(place, "prometheus-config"), path: configPath, readOnly: true },
    ],
    tmpfs: ["/tmp"],
    network: [{ name: spec.network, aliases: ["prometheus"] }],
    labels: labelsFor(place, "prometheus", "part"),
    limits: spec.limits,
    capabilities: [],
    health: {
      test: ["CMD", "wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${port}/-/healthy`],
      intervalSeconds: 10,
      timeoutSeconds: 3,
      startPeriodSeconds: 10,
      retries: 3,
    },
    restart: "unless-stopped",
    stopGraceSeconds: 30,
  };
}

export function prometheusFiles(spec: PrometheusSpec): readonly FileEntry[] {
  return [file("prometheus.yml", prometheusConfig(spec), owner)];
}

/** Found by name: a release changes which containers answer, and replicas are scraped each for itself. */
export function prometheusConfig(spec: PrometheusSpec): string {
  for (const { name } of spec.jobs) assertJobName(name);
  const own = { job_name: "prometheus", static_configs: [{ targets: [`127.0.0.1:${port}`] }] };
  const found = spec.jobs.map(({ name, alias, port: at, params }) => ({
    job_name: name,
    ...(params && { params: Object.fromEntries(Object.entries(params).map(([key, text]) => [key, [text]])) }),
    dns_sd_configs: [{ names: [alias], type: "A", port: at, refresh_interval: "5s" }],
  }));
  return stringify({ global: { scrape_interval: "5s" }, scrape_configs: [...found, own] });
}

/** What ends a line in the YAML 1.1 that Prometheus reads does not in the 1.2 that is written here. */
function assertJobName(name: string): void {
  if (/[\p{Cc}\u2028\u2029]/u.test(name.replaceAll(/[\n\r\t]/g, "")))
    throw new Error(
      `scrape job ${JSON.stringify(name)}: allowed is a text without control letters and line separators`,
    );
}

/** On the private network. */
export const prometheusUrl = `http://prometheus:${port}`;
