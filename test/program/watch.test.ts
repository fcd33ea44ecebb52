import { beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../components/options/secret.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { imagesWith, ordersPlacement, placementOf, watcherParts } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

const hook = "https://hooks.example.org/services/the-secret-hook";
const watched: Settings = {
  ...localSettings,
  watch: { profile: "full" },
  alerts: { to: { everybody: { webhook: new Secret(hook) } }, smtp: {}, factor: 1 },
};
const images = imagesWith("postgres", ...watcherParts);

function place(settings: Settings): Promise<readonly Registered[]> {
  return register(() => void new DockerPlatform({ ...ordersPlacement(settings), images }));
}

const container = "docker:index/container:Container";
const files = "pulumi-nodejs:dynamic/slipway:steps:Files";
const containers = (all: readonly Registered[]) => all.filter(({ type }) => type === container).map(({ name }) => name);

function of(all: readonly Registered[], type: string, name: string): Registered {
  const found = all.find((each) => each.type === type && each.name === name);
  if (found === undefined) throw new Error(`no ${type} ${name}`);
  return found;
}

describe("a stack that is watched in full", () => {
  let all: readonly Registered[];
  let bare: readonly Registered[];
  beforeAll(async () => {
    all = await place({ ...watched, redis: { ...watched.redis, enabled: true } });
    bare = await place(localSettings);
  }, 60_000);

  test("has these containers more, and two networks of its own; nothing that was there is another", () => {
    const before = new Set(bare.map(({ qualified }) => qualified));
    const more = containers(all.filter(({ qualified }) => !before.has(qualified)));
    expect(more.sort()).toEqual([
      "alertmanager",
      "blackbox-exporter",
      "container-exporter",
      "node-exporter",
      "postgres-exporter",
    ]);
    expect(of(all, "docker:index/network:Network", "watch").inputs).toMatchObject({ internal: false });
    expect(of(all, "docker:index/network:Network", "metrics").inputs).toMatchObject({ internal: true });
    expect(bare.filter(({ qualified }) => !all.some((each) => each.qualified === qualified))).toEqual([]);
  });

  test("edge and switch share the volume of the edge's numbers; a plain local stack has none", () => {
    const sees = (from: readonly Registered[], name: string) =>
      JSON.stringify(of(from, container, name).inputs["mounts"]).includes("_edge-run");
    expect(["edge", "switch"].map((name) => sees(all, name))).toEqual([true, true]);
    expect(["edge", "switch"].map((name) => sees(bare, name))).toEqual([false, false]);
    const prometheus = JSON.stringify(of(all, files, "prometheus-files").inputs);
    expect(prometheus).toContain("metrics_path: /edge");
  });

  test("its volumes, found on the host by the next program, are nobody's that was forgotten", async () => {
    const settings = { ...watched, redis: { ...watched.redis, enabled: true } };
    const volumes = all.filter(({ type }) => type === "docker:index/volume:Volume").map(({ name }) => name);
    expect(volumes).toContain("alertmanager-data");
    const again = await register(() => void new DockerPlatform({ ...ordersPlacement(settings), images, volumes }));
    expect(again.map(({ qualified }) => qualified)).toEqual(all.map(({ qualified }) => qualified));
  });

  test("only Alertmanager has a way out on local, where the edge is on the loopback", () => {
    const out = all
      .filter(
        ({ type, inputs }) => type === container && JSON.stringify(inputs["networksAdvanced"])?.includes("_watch"),
      )
      .map(({ name }) => name);
    expect(out).toEqual(["alertmanager"]);
  });

  test("what counts containers sees the host's cgroups and the names of the stack's own, read-only, and nobody else sees a folder of the host", () => {
    const folders = (name: string) => {
      const mounts = of(all, container, name).inputs["mounts"] as readonly Record<string, unknown>[];
      return mounts.filter(({ type }) => type !== "volume");
    };
    expect(folders("container-exporter")).toEqual([
      { type: "bind", source: "/sys/fs/cgroup", target: "/sys/fs/cgroup", readOnly: true },
    ]);
    expect(containers(all).filter((name) => folders(name).length > 0)).toEqual(["container-exporter"]);
    const { inputs } = of(all, container, "container-exporter");
    expect(inputs).toMatchObject({ user: "65534:65534", readOnly: true, capabilities: { drops: ["ALL"], adds: [] } });
  });

  test("every part is named for it, by the id of its container", () => {
    const { entries } = of(all, files, "container-names").inputs as { entries: { path: string; content?: string }[] };
    expect(entries.map(({ path }) => path)).toEqual(["containers/", "containers/parts.json"]);
    const named = Object.values<{ part: string }>(JSON.parse(entries[1]?.content ?? "{}")).map(({ part }) => part);
    expect(named.sort()).toEqual(containers(all).sort());
    expect(bare.map(({ name }) => name)).not.toContain("container-names");
  });

  test("passwords and addresses are in files that are secret, and in no container", () => {
    for (const name of ["alertmanager-files", "postgres-exporter-files"])
      expect(of(all, files, name).secrets).toEqual(["entries"]);
    expect(JSON.stringify(of(all, files, "alertmanager-files").inputs)).toContain(hook);
    const role = of(all, "pulumi-nodejs:dynamic/slipway:steps:MonitorRole", "postgres-exporter-role");
    expect(role.secrets).toEqual(["password"]);
    const password = String(role.inputs["password"]);
    expect(JSON.stringify(of(all, files, "postgres-exporter-files").inputs)).toContain(password);
    expect(
      all
        .filter(({ inputs }) => JSON.stringify(inputs).includes(password))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["postgres-exporter-files", "postgres-exporter-role"]);
    const plain = JSON.stringify(all.filter(({ type }) => type === container).map(({ inputs }) => inputs));
    expect(plain).not.toContain(hook);
    expect(plain).not.toContain("a-generated-password");
  });

  test("PostgreSQL's exporter has a login of its own, which a changed password of the app leaves alone", async () => {
    const exporter = (from: readonly Registered[]) => of(from, container, "postgres-exporter").inputs;
    const rotated = await place({ ...watched, secrets: { rotate: { postgres: 1 } } });
    expect(exporter(all)["envs"]).toContain("DATA_SOURCE_USER=orders_monitor");
    expect(exporter(rotated)).toEqual(exporter(all));
  });

  test("Redis knows the exporter's user only where it is watched", async () => {
    const users = (from: readonly Registered[]) => JSON.stringify(of(from, files, "redis-secrets").inputs);
    const make = (settings: Settings) => register(() => void new DockerPlatform({ ...placementOf(settings), images }));
    expect(users(await make(watched))).toContain("user exporter reset on #");
    expect(users(await make(localSettings))).not.toContain("exporter");
  });

  test("Prometheus is told of every exporter, of Alertmanager and of the rules", () => {
    const text = JSON.stringify(of(all, files, "prometheus-files").inputs);
    for (const word of [
      "node-exporter:9100",
      "container-exporter:9130",
      "postgres-exporter:9187",
      "alertmanager:9093",
      "http://web:8000/health",
    ])
      expect(text).toContain(word);
    expect(text).toContain("DatabaseDown");
    expect(JSON.stringify(of(bare, files, "prometheus-files").inputs)).not.toContain("DatabaseDown");
    expect(JSON.stringify(of(bare, files, "prometheus-files").inputs)).toContain("ErrorRateHigh");
  });
});

test("small leaves out Redis, PostgreSQL and probes; without anybody to tell there is no Alertmanager", async () => {
  const small: Settings = { ...watched, watch: { profile: "small" } };
  const names = containers(await place(small));
  expect(names).toContain("node-exporter");
  expect(names.filter((name) => /redis-e|postgres-e|blackbox|container-e/.test(name))).toEqual([]);
  const alone = containers(await place({ ...small, alerts: localSettings.alerts }));
  expect(alone).not.toContain("alertmanager");
});

test("samples are sent on by a token in a file, over the network that has a way out", async () => {
  const remoteWrite = { url: "https://metrics.example.org/write", bearer: new Secret("the-secret-token") };
  const settings: Settings = {
    ...localSettings,
    prometheus: { ...localSettings.prometheus, retentionMb: 500, remoteWrite },
  };
  const all = await register(() => void new DockerPlatform(placementOf(settings)));
  const { inputs } = of(all, container, "prometheus");
  expect(inputs["command"]).toContain("--storage.tsdb.retention.size=500MB");
  expect(JSON.stringify(inputs["networksAdvanced"])).toContain("_watch");
  expect(JSON.stringify(inputs)).not.toContain("the-secret-token");
  const written = JSON.stringify(of(all, files, "prometheus-files").inputs);
  expect(written).toContain("credentials_file: /etc/prometheus/remote-write-token");
  expect(of(all, files, "prometheus-files").secrets).toEqual(["entries"]);
});
