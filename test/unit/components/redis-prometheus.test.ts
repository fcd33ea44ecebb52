import { describe, expect, test } from "vitest";
import { prometheusConfig, prometheusContainer, prometheusFiles } from "../../../components/prometheus/spec.ts";
import {
  passwordHash,
  redisConfig,
  redisContainer,
  redisFiles,
  redisSecretFiles,
  redisUrl,
  redisUsers,
} from "../../../components/redis/spec.ts";

const place = { stack: "local", system: "tmws" };
const base = {
  image: "sha256:image",
  network: "slipway-local_private",
  limits: { cpus: 0.5, memoryMb: 256, pids: 64 },
};
const labels = (part: string) => ({
  "slipway.stack": "local",
  "slipway.system": "tmws",
  "slipway.part": part,
  "slipway.role": "part",
});
const common = {
  image: "sha256:image",
  env: {},
  tmpfs: ["/tmp"],
  limits: base.limits,
  capabilities: [],
  restart: "unless-stopped",
};

describe("redis", () => {
  test("its container: guide 000's timings, PONG is the only answer", () => {
    expect(redisContainer(place, base)).toEqual({
      ...common,
      name: "slipway-local_redis",
      command: ["redis-server", "/usr/local/etc/redis/redis.conf"],
      user: "999:999",
      mounts: [
        { volume: "slipway-local_redis-data", path: "/data" },
        { volume: "slipway-local_redis-config", path: "/usr/local/etc/redis", readOnly: true },
      ],
      network: [{ name: "slipway-local_private", aliases: ["redis"] }],
      labels: labels("redis"),
      health: {
        test: [
          "CMD-SHELL",
          'REDISCLI_AUTH="$(cat /usr/local/etc/redis/password)" redis-cli --user operator ping | grep -qx PONG',
        ],
        intervalSeconds: 10,
        timeoutSeconds: 3,
        startPeriodSeconds: 0,
        retries: 3,
      },
      stopGraceSeconds: 30,
    });
  });

  test("its config, to the letter", () => {
    expect(redisConfig(base)).toBe(
      [
        "bind * -::*",
        "protected-mode yes",
        "port 6379",
        "dir /data",
        "appendonly yes",
        "appendfsync everysec",
        "maxmemory 192mb",
        "maxmemory-policy noeviction",
        "aclfile /usr/local/etc/redis/users.acl",
        "",
      ].join("\n"),
    );
  });

  test("the passwords are in files that its user alone reads, the app's as a hash, and nowhere in the container", () => {
    const files = [...redisFiles(base), ...redisSecretFiles(base, { operator: "the-operator", app: "the-password" })];
    expect(files.map(({ path, mode, uid, gid }) => ({ path, mode, uid, gid }))).toEqual([
      { path: "redis.conf", mode: 0o444, uid: 999, gid: 999 },
      { path: "password", mode: 0o400, uid: 999, gid: 999 },
      { path: "users.acl", mode: 0o400, uid: 999, gid: 999 },
    ]);
    expect(files[1]?.content).toBe("the-operator");
    expect(JSON.stringify(files)).not.toContain("the-password");
  });

  test("its users: the app has data alone, by two passwords while a release changes them; the default one is off", () => {
    const [one, two] = [passwordHash("one"), passwordHash("two")];
    const operator = `user operator reset on #${passwordHash("op")} ~* &* +@all`;
    const rights = "~* &* +@all -@admin -@dangerous +info";
    expect(redisUsers({}, "op", [one, two])).toBe(
      ["user default reset off ~* &* +@all", operator, `user app reset on #${one} #${two} ${rights}`, ""].join("\n"),
    );
    expect(redisUsers({ passwordOnly: true }, "op", [one]).split("\n")[0]).toBe(
      `user default reset on #${one} ${rights}`,
    );
  });

  test("its address escapes the password", () => {
    expect(redisUrl("a-plain_one.~")).toBe("redis://app:a-plain_one.~@redis:6379/0");
    expect(redisUrl("p@ss/w:rd")).toBe("redis://app:p%40ss%2Fw%3Ard@redis:6379/0");
    expect(redisUrl("a-plain_one.~", { passwordOnly: true })).toBe("redis://:a-plain_one.~@redis:6379/0");
  });
});

describe("prometheus", () => {
  const networks = ["slipway-local_front", "slipway-local_metrics"];
  const spec = { ...base, networks, retentionDays: 15, jobs: [{ name: "tmws", alias: "app", port: 9090 }] };

  test("its container", () => {
    expect(prometheusContainer(place, spec)).toEqual({
      ...common,
      name: "slipway-local_prometheus",
      command: [
        "--config.file=/etc/prometheus/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
        "--storage.tsdb.retention.time=15d",
      ],
      user: "65534:65534",
      mounts: [
        { volume: "slipway-local_prometheus-data", path: "/prometheus" },
        { volume: "slipway-local_prometheus-config", path: "/etc/prometheus", readOnly: true },
      ],
      network: networks.map((name) => ({ name, aliases: ["prometheus"] })),
      labels: labels("prometheus"),
      health: {
        test: ["CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9090/-/healthy"],
        intervalSeconds: 10,
        timeoutSeconds: 3,
        startPeriodSeconds: 10,
        retries: 3,
      },
      stopGraceSeconds: 30,
    });
  });

  test("its config scrapes every container under the alias of each of the system's jobs, and itself", () => {
    expect(prometheusConfig(spec)).toBe(
      [
        "global:",
        "  scrape_interval: 5s",
        "scrape_configs:",
        "  - job_name: tmws",
        "    dns_sd_configs:",
        "      - names:",
        "          - app",
        "        type: A",
        "        port: 9090",
        "        refresh_interval: 5s",
        "  - job_name: prometheus",
        "    static_configs:",
        "      - targets:",
        "          - 127.0.0.1:9090",
        "",
      ].join("\n"),
    );
    expect(prometheusFiles(spec)).toEqual([
      { path: "prometheus.yml", type: "file", content: prometheusConfig(spec), mode: 0o444, uid: 65534, gid: 65534 },
    ]);
  });
});
