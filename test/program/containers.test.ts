import { beforeAll, describe, expect, test } from "vitest";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { placementOf } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

let all: readonly Registered[];

beforeAll(async () => {
  all = await register(() => {
    new DockerPlatform(placementOf(localSettings, "release r0 was undone"));
  });
}, 60_000);

const container = "docker:index/container:Container";
const step = (name: string) => `pulumi-nodejs:dynamic/slipway:steps:${name}`;

function one(type: string, name: string): Registered {
  const [found, ...more] = all.filter((each) => each.type === type && each.name === name);
  if (found === undefined || more.length > 0) throw new Error(`wanted one ${type} ${name}`);
  return found;
}

const labels = (part: string) => [
  { label: "slipway.stack", value: "local" },
  { label: "slipway.system", value: "tmws" },
  { label: "slipway.part", value: part },
  { label: "slipway.role", value: "part" },
  { label: "slipway.files", value: "0123456789abcdef" },
];
const edgeLabels = (name: string) =>
  name !== "edge"
    ? []
    : [
        { label: "slipway.edge.port", value: "8443" },
        { label: "slipway.edge.ca", value: "internal" },
      ];
const mount = (source: string, target: string, readOnly = false) => ({
  type: "volume",
  source: `slipway-local_${source}`,
  target,
  readOnly,
});
const tmpfs = "rw,noexec,nosuid,nodev,size=64m,mode=1777";
const hardened = (capabilities: readonly string[]) => ({
  envs: [],
  capabilities: { drops: ["ALL"], adds: capabilities },
  securityOpts: ["no-new-privileges:true"],
  readOnly: true,
  restart: "unless-stopped",
  logDriver: "json-file",
  logOpts: { "max-size": "10m", "max-file": "3" },
});
const onNetwork = (alias: string, network = "private") => ({
  networksAdvanced: [{ name: `slipway-local_${network}`, aliases: [alias] }],
});
const memory = (megabytes: number) => ({ memory: megabytes, memorySwap: megabytes });
const grace = (seconds: number) => ({ stopTimeout: seconds, destroyGraceSeconds: seconds });
const health = (tests: readonly string[], startPeriod: string) => ({
  healthcheck: { tests, interval: "10s", timeout: "3s", startPeriod, retries: 3 },
});

describe("the containers that the docker provider makes, to the letter", () => {
  test.each([
    [
      "redis",
      {
        ...hardened([]),
        ...onNetwork("redis"),
        ...memory(256),
        ...grace(30),
        ...health(
          [
            "CMD-SHELL",
            'REDISCLI_AUTH="$(cat /usr/local/etc/redis/password)" redis-cli --user operator ping | grep -qx PONG',
          ],
          "0s",
        ),
        command: ["redis-server", "/usr/local/etc/redis/redis.conf"],
        user: "999:999",
        mounts: [mount("redis-data", "/data"), mount("redis-config", "/usr/local/etc/redis", true)],
        tmpfs: { "/tmp": tmpfs },
      },
    ],
    [
      "prometheus",
      {
        ...hardened([]),
        ...onNetwork("prometheus", "front"),
        ...memory(512),
        ...grace(30),
        ...health(["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9090/-/healthy"], "10s"),
        command: [
          "--config.file=/etc/prometheus/prometheus.yml",
          "--storage.tsdb.path=/prometheus",
          "--storage.tsdb.retention.time=15d",
        ],
        user: "65534:65534",
        mounts: [mount("prometheus-data", "/prometheus"), mount("prometheus-config", "/etc/prometheus", true)],
        tmpfs: { "/tmp": tmpfs },
      },
    ],
    [
      "switch",
      {
        ...hardened([]),
        ...onNetwork("switch", "front"),
        ...memory(128),
        ...grace(15),
        ...health(["CMD-SHELL", "test -S /run/slipway/tmws.localhost/http.sock"], "5s"),
        command: ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"],
        user: "99:99",
        mounts: [
          mount("run", "/run/slipway"),
          mount("switch-config", "/usr/local/etc/haproxy", true),
          mount("journal", "/var/lib/slipway", true),
        ],
        tmpfs: { "/tmp": tmpfs },
        stopSignal: "SIGUSR1",
      },
    ],
    [
      "edge",
      {
        ...hardened(["NET_BIND_SERVICE"]),
        ...memory(256),
        ...grace(15),
        networkMode: "host",
        command: ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
        user: "0:0",
        mounts: [
          mount("edge-data", "/data"),
          mount("edge-config", "/etc/caddy", true),
          mount("run", "/run/slipway", true),
        ],
        tmpfs: { "/config": tmpfs, "/tmp": tmpfs },
      },
    ],
  ])("%s", (name, inputs) => {
    const image = { switch: "haproxy", edge: "caddy" }[name] ?? name;
    expect(one(container, name).inputs).toEqual({
      ...inputs,
      name: `slipway-local_${name}`,
      image: `sha256:${image}`,
      labels: [...labels(name).slice(0, -1), ...edgeLabels(name), ...labels(name).slice(-1)],
    });
  });

  test("no others, and none publishes a port", () => {
    const containers = all.filter(({ type }) => type === container);
    expect(containers.map(({ name }) => name).sort()).toEqual(["edge", "prometheus", "redis", "switch"]);
    for (const { name, inputs } of containers) expect(inputs, name).not.toHaveProperty("ports");
  });

  test("only the edge is in the host's network", () => {
    const inHost = all.filter(({ inputs }) => inputs["networkMode"] === "host").map(({ name }) => name);
    expect(inHost).toEqual(["edge"]);
    expect(one(step("Rollout"), "rollout").inputs["workloads"]).toMatchObject([
      {
        container: {
          network: ["private", "front"].map((name) => ({ name: `slipway-local_${name}`, aliases: ["app"] })),
        },
      },
    ]);
  });

  test("each is removed before it is replaced, and a changed health check or label replaces it", () => {
    for (const each of all.filter(({ type }) => type === container)) {
      expect(each.deleteBeforeReplace, each.name).toBe(true);
      expect(each.replaceOnChanges, each.name).toEqual(["healthcheck", "labels"]);
    }
  });

  test("cores and processes, which the provider cannot limit, are a step of each", () => {
    const limits = (name: string) => one(step("Limits"), `${name}-limits`).inputs;
    const kept = (part: string, network = "front") => ({
      name: `slipway-local_${part}`,
      restart: "unless-stopped",
      network: [{ name: `slipway-local_${network}`, aliases: [part] }],
      deviation: "",
    });
    const base = { host: "unix:///var/run/docker.sock", place: { stack: "local", system: "tmws" } };
    expect(limits("redis")).toEqual({
      ...base,
      container: "redis-id",
      ...kept("redis", "private"),
      limits: { cpus: 0.5, memoryMb: 256, pids: 64 },
    });
    expect(limits("prometheus")).toEqual({
      ...base,
      container: "prometheus-id",
      ...kept("prometheus"),
      limits: { cpus: 0.5, memoryMb: 512, pids: 128 },
    });
    expect(limits("switch")).toEqual({
      ...base,
      container: "switch-id",
      ...kept("switch"),
      limits: { cpus: 1, memoryMb: 128, pids: 64 },
    });
    expect(limits("edge")).toEqual({
      ...base,
      container: "edge-id",
      ...kept("edge"),
      network: "host",
      limits: { cpus: 1, memoryMb: 256, pids: 128 },
    });
  });
});
