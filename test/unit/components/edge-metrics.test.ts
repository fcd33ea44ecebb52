import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { overview } from "../../../components/dashboards/overview.ts";
import { caddyfile } from "../../../components/edge/caddyfile.ts";
import type { SocketAccess } from "../../../components/edge/metrics.ts";
import { type EdgeSpec, edgeContainer } from "../../../components/edge/spec.ts";
import { prometheusConfig } from "../../../components/prometheus/spec.ts";
import { switchConfig } from "../../../components/switch/config.ts";
import { type SwitchSpec, switchContainer } from "../../../components/switch/spec.ts";
import type { Settings } from "../../../infra/config/settings.ts";
import { watchOf, watchSources } from "../../../infra/platforms/docker/watched.ts";
import { systemOf } from "../../../infra/systems/index.ts";
import { localSettings } from "../../fixtures/settings.ts";

const place = { stack: "blue", system: "tmws" };
const limits = { cpus: 0.5, memoryMb: 256, pids: 64 };
const clients = { bodyMb: 100, headerKb: 15, slowSeconds: 10 };
const edge: EdgeSpec = {
  image: "sha256:caddy",
  limits,
  hosts: ["tmws.example.org"],
  httpsPort: 443,
  httpPort: 80,
  bind: [],
  tls: { mode: "acme", email: "a@example.org" },
  clients,
};
const gate: SwitchSpec = {
  image: "sha256:haproxy",
  network: "private",
  limits,
  routes: [{ host: "tmws.example.org", alias: "app", port: 8000 }],
  tcp: [],
  slots: 2,
  holdSeconds: 75,
  clients: { ...clients, requestsPerMinute: 0 },
};
const socket = { volume: "slipway-blue_edge-run", path: "/run/edge" };

describe("the edge", () => {
  const counting = (metrics: SocketAccess, more: Partial<EdgeSpec> = {}) => caddyfile({ ...edge, ...more, metrics });

  test("counts what comes to the port of users, on every address that it listens on, and nothing else", () => {
    const counted = (text: string) =>
      [...text.matchAll(/\tservers (\S*) ?\{[^{]*\{[^}]*\}\n\t\tmetrics\n/g)].map(([, at]) => at);
    expect(counted(counting("bits"))).toEqual([":443"]);
    expect(counted(counting("bits", { bind: ["192.0.2.1", "127.0.0.1"] }))).toEqual(["192.0.2.1:443", "127.0.0.1:443"]);
    expect(caddyfile(edge)).not.toContain("metrics");
  });

  test("answers with the numbers on a socket alone, which another user may write to", () => {
    const site = (at: string) =>
      `\nhttp:// {\n\tbind unix/${at}\n\thandle /metrics {\n\t\tmetrics\n\t}\n\thandle {\n\t\trespond 404\n\t}\n}\n`;
    expect(counting("bits")).toContain(site("/run/edge/metrics.sock|0222"));
    expect(counting("umask")).toContain(site("/run/edge/metrics.sock"));
  });

  test("has one volume more, and with a Caddy that knows no permission bits an umask", () => {
    const bare = edgeContainer(place, edge);
    const withBits = edgeContainer(place, { ...edge, metrics: "bits" });
    expect(withBits).toEqual({ ...bare, mounts: [...bare.mounts, socket] });
    expect(edgeContainer(place, { ...edge, metrics: "umask" })).toEqual({
      ...withBits,
      command: ["sh", "-c", 'umask 0; exec "$@"', "caddy", ...(bare.command ?? [])],
    });
  });
});

test("the switch hands the numbers on at its port for metrics, reading the volume only; the rest of its config is as before", () => {
  const bare = switchContainer(place, gate);
  const more = switchContainer(place, { ...gate, edgeMetrics: true });
  expect(more).toEqual({ ...bare, mounts: [...bare.mounts, { ...socket, readOnly: true }] });
  const before = switchConfig(gate).split("\nfrontend metrics\n");
  const after = switchConfig({ ...gate, edgeMetrics: true }).split("\nfrontend metrics\n");
  expect(after[0]).toBe(before[0]);
  expect(after[1]).toBe(
    [
      "  bind :8405",
      "  no log",
      "  http-request use-service prometheus-exporter if { path /metrics }",
      "  http-request return status 404 unless { path /edge }",
      "  default_backend edge-metrics",
      "",
      "backend edge-metrics",
      "  retries 0",
      "  http-request set-path /metrics",
      "  server edge unix@/run/edge/metrics.sock",
      "",
    ].join("\n"),
  );
});

describe("whoever is watched beside Prometheus, behind an edge of its own, has the edge's numbers", () => {
  const system = systemOf(localSettings);
  const has = (more: Partial<Settings>) =>
    watchSources({ system, settings: { ...localSettings, ...more } }).has("edge");
  const small = { watch: { profile: "small" } } as const;

  test("not on a plain local stack, not with Prometheus off, not behind another stack's edge", () => {
    expect(has(small)).toBe(true);
    expect(has({})).toBe(false);
    expect(has({ ...small, prometheus: { ...localSettings.prometheus, enabled: false } })).toBe(false);
    const shared = { mode: "shared", stack: "green", ca: "internal" } as const;
    expect(has({ ...small, edge: { ...localSettings.edge, tls: shared } })).toBe(false);
    expect(
      watchSources({ system: { ...system, routes: [] }, settings: { ...localSettings, ...small } }).has("edge"),
    ).toBe(false);
  });

  test("Prometheus asks the switch for them", () => {
    const host = { url: "unix:///var/run/docker.sock", place };
    const watch = watchOf({
      host: { host: host.url, place },
      system,
      settings: { ...localSettings, ...small },
    } as unknown as Parameters<typeof watchOf>[0]);
    const { scrape_configs: jobs } = parse(
      prometheusConfig({ image: "i", networks: ["n"], limits, retentionDays: 15, jobs: [], watch }),
    );
    expect(jobs).toContainEqual({
      job_name: "edge",
      metrics_path: "/edge",
      static_configs: [{ targets: ["switch:8405"] }],
    });
    expect(watch.rules).toContain("prometheus|edge|host");
  });

  test("and the overview a row", () => {
    const rows = (jobs: readonly string[]) =>
      overview({ stack: "blue", title: "T", http: ["app-8000"], tcp: [], jobs }).rows.map(({ title }) => title);
    expect(rows(["switch", "edge"])).toEqual(["Requests", "Saturation", "Edge", "Prometheus"]);
  });
});
