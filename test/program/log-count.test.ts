import { beforeAll, expect, test } from "vitest";
import { Secret } from "../../components/options/secret.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { diligenceSettings } from "../fixtures/diligence-settings.ts";
import { imagesWith, placementOf } from "../fixtures/placement.ts";

const container = "docker:index/container:Container";
const plain = diligenceSettings({ database: "postgres" });
const counting: Settings = { ...plain, logs: { count: true, ship: {} } };
const ship = { to: "loki", url: "https://loki.example.org", token: new Secret("the-loki-token") } as const;
const place = (settings: Settings) =>
  register(
    () => void new DockerPlatform({ ...placementOf(settings), images: imagesWith("postgres", "otel-collector") }),
  );
const of = (all: readonly Registered[], name: string) => JSON.stringify(all.find((each) => each.name === name)?.inputs);

let all: readonly Registered[];
let bare: readonly Registered[];
let both: readonly Registered[];
beforeAll(async () => {
  all = await place(counting);
  bare = await place(plain);
  both = await place({ ...counting, logs: { count: true, ship } });
}, 90_000);

test("one container and one network more without a receiver; nothing that was there is another", () => {
  const before = new Set(bare.map(({ qualified }) => qualified));
  const more = all.filter(({ qualified, type }) => !before.has(qualified) && type.startsWith("docker:"));
  expect(more.map(({ name }) => name).sort()).toEqual(["log-shipper", "log-shipper-config", "metrics", "ship"]);
  const now = new Set(all.map(({ qualified }) => qualified));
  expect(bare.filter(({ qualified }) => !now.has(qualified))).toEqual([]);
});

test("the engine sends it the lines of every part and workload", () => {
  const sends = (text: string) => text.includes("udp://127.0.0.1:5514");
  const silent = all.filter(({ type, inputs }) => type === container && !sends(JSON.stringify(inputs)));
  expect(silent.map(({ name }) => name)).toEqual(["log-shipper"]);
  expect(of(all, "rollout")?.match(/udp:\/\/127\.0\.0\.1:5514/g)).toHaveLength(3);
});

test("Prometheus meets it on the network of metrics alone, and has the alerts", () => {
  const shipper = all.find(({ type, name }) => type === container && name === "log-shipper");
  expect(shipper?.inputs["networksAdvanced"]).toEqual([
    { name: "slipway-local_ship", aliases: [] },
    { name: "slipway-local_metrics", aliases: ["log-shipper"] },
  ]);
  const told = of(all, "prometheus-files");
  for (const word of ["log-shipper:8889", "ConstraintViolated", "slipway_log_connection_errors_total", "JobsFail"])
    expect(told).toContain(word);
  for (const word of ["log-shipper:8889", "ConstraintViolated"])
    expect(of(bare, "prometheus-files")).not.toContain(word);
});

test("the system's patterns are in its config, and no exporter that sends anything on", () => {
  const config = of(all, "log-shipper-files");
  expect(config).toContain("slipway_log_check_cost_status_values_total");
  expect(config).not.toMatch(/otlphttp|replace_pattern|a-generated-password/);
});

test("beside a receiver one container does both", () => {
  const config = of(both, "log-shipper-files");
  for (const word of ["otlphttp", "the-loki-token", "slipway_log_check_cost_status_values_total"])
    expect(config).toContain(word);
  expect(both.map(({ qualified }) => qualified)).toEqual(all.map(({ qualified }) => qualified));
});
