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
  /** `alias:port` on the private network. */
  readonly target: string;
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

export function prometheusConfig(spec: PrometheusSpec): string {
  const own: ScrapeJob = { name: "prometheus", target: `127.0.0.1:${port}` };
  return stringify({
    global: { scrape_interval: "15s" },
    scrape_configs: [...spec.jobs, own].map((job) => ({
      job_name: job.name,
      static_configs: [{ targets: [job.target] }],
    })),
  });
}
