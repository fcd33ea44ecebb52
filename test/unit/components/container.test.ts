import { describe, expect, test } from "vitest";
import { toProvider } from "../../../components/container/docker.ts";
import { environmentList, tmpfsOptions, toEngine } from "../../../components/container/engine-api.ts";
import {
  type ContainerSpec,
  hardening,
  labelsFor,
  logOptions,
  logRotation,
  resourceName,
  stackNamePattern,
} from "../../../components/container/spec.ts";
import { directory, file } from "../../../components/files/spec.ts";

const place = { stack: "local", system: "tmws" };

const spec: ContainerSpec = {
  name: "slipway-local_app",
  image: `sha256:${"a".repeat(64)}`,
  entrypoint: ["tini", "--"],
  command: ["serve", "--port=8000"],
  env: { ZED: "last", ALPHA: "a=b" },
  user: "1000:1000",
  mounts: [
    { volume: "slipway-local_data", path: "/data" },
    { volume: "slipway-local_config", path: "/config", readOnly: true },
  ],
  tmpfs: ["/tmp"],
  network: [
    { name: "private", aliases: ["app", "web"] },
    { name: "second", aliases: ["other"] },
  ],
  labels: labelsFor(place, "app", "workload"),
  limits: { cpus: 0.1, memoryMb: 2048, pids: 256 },
  capabilities: ["NET_BIND_SERVICE"],
  health: { test: ["CMD", "true"], intervalSeconds: 30, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 3 },
  restart: "unless-stopped",
  stopGraceSeconds: 45,
  stopSignal: "SIGUSR1",
};

describe("names and labels", () => {
  test("one rule for names", () => {
    expect(resourceName(place, "redis")).toBe("slipway-local_redis");
    expect(resourceName(place, "app", "r1")).toBe("slipway-local_app-r1");
  });

  test("labels say whose it is", () => {
    expect(labelsFor(place, "redis", "part")).toEqual({
      "slipway.stack": "local",
      "slipway.system": "tmws",
      "slipway.part": "redis",
      "slipway.role": "part",
    });
  });

  test("no two stacks share a name", () => {
    expect(resourceName({ stack: "local", system: "tmws" }, "redis-data")).not.toBe(
      resourceName({ stack: "local-redis", system: "tmws" }, "data"),
    );
  });

  test.each(["local", "a", "eu-1", `a${"b".repeat(30)}`])("a stack may be called %s", (name) => {
    expect(name).toMatch(stackNamePattern);
  });

  test.each(["", "Local", "1st", "-a", "a_b", "a.b", "a b", "ä", `a${"b".repeat(31)}`])(
    "no stack may be called %j",
    (name) => {
      expect(name).not.toMatch(stackNamePattern);
    },
  );

  test("what hardens every container", () => {
    expect(hardening).toEqual({
      readOnlyRoot: true,
      droppedCapabilities: ["ALL"],
      securityOptions: ["no-new-privileges:true"],
    });
    expect(logRotation).toEqual({ "max-size": "10m", "max-file": "3" });
  });

  test("logs rotate in every container, and are compressed where many are kept", () => {
    expect(logOptions(undefined)).toEqual(logRotation);
    expect(logOptions({ megabytes: 5, files: 30 })).toEqual({ "max-size": "5m", "max-file": "30", compress: "true" });
    const kept = { ...spec, logs: { megabytes: 5, files: 30 } };
    const wanted = { "max-size": "5m", "max-file": "30", compress: "true" };
    expect(toEngine(kept).HostConfig?.LogConfig).toEqual({ Type: "json-file", Config: wanted });
    expect(toProvider(kept)).toMatchObject({ logDriver: "json-file", logOpts: wanted });
  });
});

describe("toEngine", () => {
  test("the whole body, every limit and every hardening", () => {
    expect(toEngine(spec)).toEqual({
      name: "slipway-local_app",
      Image: `sha256:${"a".repeat(64)}`,
      Entrypoint: ["tini", "--"],
      Cmd: ["serve", "--port=8000"],
      Env: ["ALPHA=a=b", "ZED=last"],
      User: "1000:1000",
      Labels: { "slipway.stack": "local", "slipway.system": "tmws", "slipway.part": "app", "slipway.role": "workload" },
      StopSignal: "SIGUSR1",
      StopTimeout: 45,
      Healthcheck: {
        Test: ["CMD", "true"],
        Interval: 30_000_000_000,
        Timeout: 5_000_000_000,
        StartPeriod: 10_000_000_000,
        Retries: 3,
      },
      HostConfig: {
        Mounts: [
          { Type: "volume", Source: "slipway-local_data", Target: "/data", ReadOnly: false },
          { Type: "volume", Source: "slipway-local_config", Target: "/config", ReadOnly: true },
        ],
        Tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=64m,mode=1777" },
        NetworkMode: "private",
        RestartPolicy: { Name: "unless-stopped" },
        LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
        ReadonlyRootfs: true,
        CapDrop: ["ALL"],
        CapAdd: ["NET_BIND_SERVICE"],
        SecurityOpt: ["no-new-privileges:true"],
        NanoCpus: 100_000_000,
        Memory: 2_147_483_648,
        MemorySwap: 2_147_483_648,
        PidsLimit: 256,
      },
      NetworkingConfig: { EndpointsConfig: { private: { Aliases: ["app", "web"] } } },
    });
  });

  test("what is not given is left to the image", () => {
    const { entrypoint: _e, command: _c, health: _h, stopSignal: _s, ...bare } = spec;
    const body = toEngine(bare);
    for (const key of ["Entrypoint", "Cmd", "Healthcheck", "StopSignal"]) expect(body).not.toHaveProperty(key);
  });

  test("Docker's own init, where it is asked for", () => {
    expect(toEngine({ ...spec, init: true }).HostConfig?.Init).toBe(true);
    expect(toProvider({ ...spec, init: true }).init).toBe(true);
    expect(toEngine(spec).HostConfig).not.toHaveProperty("Init");
    expect(toProvider(spec)).not.toHaveProperty("init");
  });

  test("no network at all is `none`, never Docker's default bridge", () => {
    const body = toEngine({ ...spec, network: [] });
    expect(body.HostConfig?.NetworkMode).toBe("none");
    expect(body).not.toHaveProperty("NetworkingConfig");
  });

  test("the host's network has no alias", () => {
    const body = toEngine({ ...spec, network: "host" });
    expect(body.HostConfig?.NetworkMode).toBe("host");
    expect(body).not.toHaveProperty("NetworkingConfig");
  });

  test.each([
    [0.1, 100_000_000],
    [0.29, 290_000_000],
    [1.1, 1_100_000_000],
    [8, 8_000_000_000],
  ])("%d cores are a whole number of nanos", (cpus, nanos) => {
    expect(toEngine({ ...spec, limits: { ...spec.limits, cpus } }).HostConfig?.NanoCpus).toBe(nanos);
  });

  test("environmentList sorts, so that the order of the config changes nothing", () => {
    expect(environmentList({ B: "2", A: "1" })).toEqual(environmentList({ A: "1", B: "2" }));
    expect(environmentList({})).toEqual([]);
  });

  test("memory at a path that the image may lack belongs to the process, so that it can write when it starts again", () => {
    expect(toEngine({ ...spec, user: "1000:100", tmpfs: ["/tmp", "/run/secrets"] }).HostConfig?.Tmpfs).toEqual({
      "/tmp": "rw,noexec,nosuid,nodev,size=64m,mode=1777",
      "/run/secrets": "rw,noexec,nosuid,nodev,size=64m,mode=1777,uid=1000,gid=100",
    });
  });
});

describe("toProvider", () => {
  test("the same container, in the docker provider's words", () => {
    expect(toProvider(spec)).toEqual({
      name: "slipway-local_app",
      image: `sha256:${"a".repeat(64)}`,
      entrypoints: ["tini", "--"],
      command: ["serve", "--port=8000"],
      envs: ["ALPHA=a=b", "ZED=last"],
      user: "1000:1000",
      mounts: [
        { type: "volume", source: "slipway-local_data", target: "/data", readOnly: false },
        { type: "volume", source: "slipway-local_config", target: "/config", readOnly: true },
      ],
      tmpfs: { "/tmp": tmpfsOptions },
      networksAdvanced: [
        { name: "private", aliases: ["app", "web"] },
        { name: "second", aliases: ["other"] },
      ],
      labels: [
        { label: "slipway.stack", value: "local" },
        { label: "slipway.system", value: "tmws" },
        { label: "slipway.part", value: "app" },
        { label: "slipway.role", value: "workload" },
      ],
      memory: 2048,
      memorySwap: 2048,
      capabilities: { drops: ["ALL"], adds: ["NET_BIND_SERVICE"] },
      securityOpts: ["no-new-privileges:true"],
      readOnly: true,
      restart: "unless-stopped",
      logDriver: "json-file",
      logOpts: { "max-size": "10m", "max-file": "3" },
      stopTimeout: 45,
      destroyGraceSeconds: 45,
      stopSignal: "SIGUSR1",
      healthcheck: { tests: ["CMD", "true"], interval: "30s", timeout: "5s", startPeriod: "10s", retries: 3 },
    });
  });

  test("the host's network replaces the private ones", () => {
    const args = toProvider({ ...spec, network: "host" });
    expect(args.networkMode).toBe("host");
    expect(args).not.toHaveProperty("networksAdvanced");
  });

  test("never publishes a port", () => {
    expect(toProvider(spec)).not.toHaveProperty("ports");
    expect(toEngine(spec).HostConfig).not.toHaveProperty("PortBindings");
  });
});

describe("files on a volume", () => {
  test("a directory ends with a slash, a file is read-only unless said otherwise", () => {
    const owner = { uid: 99, gid: 98 };
    expect(directory("sets", owner, 0o700)).toEqual({
      path: "sets/",
      type: "directory",
      mode: 0o700,
      uid: 99,
      gid: 98,
    });
    expect(directory("run", owner).mode).toBe(0o755);
    expect(file("a.cfg", "text", owner)).toEqual({
      path: "a.cfg",
      type: "file",
      content: "text",
      mode: 0o444,
      uid: 99,
      gid: 98,
    });
  });
});
