import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { composeFile, type Inspected, inspected, renderedVolumes } from "../bench/compose-file.ts";
import { jsonLine, type Measured, table } from "../bench/report.ts";
import { timing } from "../bench/statistics.ts";

const all = (seconds: number) => timing([seconds]);

const measured: Measured = {
  emptyPreview: timing([1.2, 1.1, 1.6]),
  preview: timing([2.4, 2.2, 2.9]),
  noChangeUp: all(3),
  coldUp: all(11.5),
  composeUp: all(10),
};

/** The part of the engine's answer that is read, for one container of a stack. */
function container(part: string, changes: { [K in "Config" | "HostConfig"]?: Partial<Inspected[K]> } = {}): Inspected {
  return {
    Id: `${part}0123456789abcdef`,
    Image: `sha256:${part}`,
    Config: {
      Cmd: ["serve", "--secret=$ecret"],
      Entrypoint: null,
      Env: ["PASSWORD=a$b"],
      User: "1000:1000",
      WorkingDir: "/app",
      Labels: { "slipway.part": part },
      StopTimeout: 30,
      ...changes.Config,
    },
    HostConfig: {
      NetworkMode: "slipway-x-private",
      RestartPolicy: { Name: "unless-stopped" },
      LogConfig: { Type: "json-file", Config: { "max-size": "10m" } },
      ReadonlyRootfs: true,
      CapAdd: null,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      Tmpfs: { "/tmp": "rw,size=64m" },
      Memory: 268435456,
      MemorySwap: 268435456,
      NanoCpus: 500000000,
      PidsLimit: 64,
      ...changes.HostConfig,
    },
    Mounts: [
      { Type: "volume", Name: "slipway-x-data", Destination: "/data", RW: true },
      { Type: "volume", Name: "slipway-x-config", Destination: "/etc/part", RW: false },
    ],
    NetworkSettings: { Networks: { "slipway-x-private": { Aliases: [part, `${part}0123456789abcdef`.slice(0, 12)] } } },
  };
}

const migration = { part: "app", command: ["alembic", "upgrade", "head"], workingDir: "/app" };
const render = (...containers: readonly Inspected[]) =>
  parse(composeFile({ containers, migration, filled: { "slipway-x-config": "bench-config" } }), { version: "1.1" });

describe("timing", () => {
  it.each([
    [[3, 1, 2], { runs: 3, min: 1, median: 2, max: 3 }],
    [[4, 1, 2, 3], { runs: 4, min: 1, median: 2.5, max: 4 }],
    [[10, 9, 8, 7, 100], { runs: 5, min: 7, median: 9, max: 100 }],
  ])("of %j", (seconds, expected) => {
    expect(timing(seconds)).toEqual(expected);
  });

  it.each([[[]], [[Number.NaN]], [[1, -1]]])("refuses %j: that is no measurement", (seconds) => {
    expect(() => timing(seconds)).toThrow("every run must have taken a number of seconds");
  });
});

describe("report", () => {
  it("is one JSON line of medians", () => {
    expect(jsonLine(measured)).toBe(
      '{"emptyPreview":1.2,"preview":2.4,"ratio":2,"noChangeUp":3,"coldUp":11.5,"composeUp":10}',
    );
  });

  it("shows minimum, median, maximum, runs, both ratios, and what compose does not do", () => {
    const lines = table(measured, "docker-compose 1.29.2").split("\n");
    expect(lines.slice(0, 6)).toEqual([
      "seconds                           min  median    max  runs",
      "pulumi preview, empty program    1.10    1.20   1.60     3",
      "pulumi preview, no change        2.20    2.40   2.90     3",
      "pulumi up, no change             3.00    3.00   3.00     1",
      "pulumi up from nothing, proved  11.50   11.50  11.50     1",
      "compose up until https answers  10.00   10.00  10.00     1",
    ]);
    expect(lines).toContain("preview / empty preview: 2.00 (goal: at most 2)");
    expect(lines).toContain("up from nothing / compose: 1.15 (goal: at most 1.15)");
    expect(lines.join("\n")).toContain("takes no backup, rehearses no migration, asks no smoke test");
  });
});

describe("compose file", () => {
  it("says of a container what the engine says, with variables kept literal", () => {
    expect(render(container("redis")).services.redis).toEqual({
      image: "sha256:redis",
      command: ["serve", "--secret=$$ecret"],
      environment: ["PASSWORD=a$$b"],
      user: "1000:1000",
      volumes: [
        { type: "volume", source: "slipway-x-data", target: "/data", read_only: false },
        { type: "volume", source: "slipway-x-config", target: "/etc/part", read_only: true },
      ],
      tmpfs: ["/tmp:rw,size=64m"],
      networks: { "slipway-x-private": { aliases: ["redis"] } },
      mem_limit: 268435456,
      memswap_limit: 268435456,
      cpus: 0.5,
      pids_limit: 64,
      read_only: true,
      cap_add: [],
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      restart: "unless-stopped",
      logging: { driver: "json-file", options: { "max-size": "10m" } },
      stop_grace_period: "30s",
    });
  });

  it("keeps health checks in seconds and host networking", () => {
    const health = { Test: ["CMD", "true"], Interval: 30e9, Timeout: 5e9, StartPeriod: 10e9, Retries: 3 };
    const edge = container("edge", { Config: { Healthcheck: health }, HostConfig: { NetworkMode: "host" } });
    const { services, networks } = render(edge);
    expect(services.edge.healthcheck).toEqual({
      test: ["CMD", "true"],
      interval: "30s",
      timeout: "5s",
      start_period: "10s",
      retries: 3,
    });
    expect([services.edge.network_mode, services.edge.networks, networks]).toEqual(["host", undefined, {}]);
  });

  it("migrates once, before the workload starts", () => {
    const { services } = render(container("app"), container("redis"));
    expect(Object.keys(services)).toEqual(["app", "migration", "redis"]);
    expect(services.app.depends_on).toEqual({ migration: { condition: "service_completed_successfully" } });
    expect(services.migration).toMatchObject({
      image: "sha256:app",
      command: ["alembic", "upgrade", "head"],
      working_dir: "/app",
      restart: "no",
      healthcheck: { disable: true },
    });
    expect(services.redis.depends_on).toBeUndefined();
  });

  it("quotes `no` for the older docker-compose, which reads a bare one as false", () => {
    expect(composeFile({ containers: [container("app")], migration, filled: {} })).toContain('restart: "no"');
  });

  it("makes data volumes empty and takes filled ones as they are", () => {
    const { volumes, networks } = render(container("app"));
    expect(volumes).toEqual({ "slipway-x-config": { external: true, name: "bench-config" }, "slipway-x-data": {} });
    expect(networks).toEqual({ "slipway-x-private": { internal: true } });
  });

  it("publishes what the container publishes, and leaves networks open that are", () => {
    const PortBindings = { "8580/tcp": [{ HostIp: "127.0.0.1", HostPort: "3001" }] };
    const gate = container("switch", { HostConfig: { PortBindings } });
    const open = ["slipway-x-private"];
    const { services, networks } = parse(composeFile({ containers: [gate], migration, filled: {}, open }), {
      version: "1.1",
    });
    expect(services.switch.ports).toEqual(["127.0.0.1:3001:8580/tcp"]);
    expect(networks).toEqual({ "slipway-x-private": { internal: false } });
  });

  it("finds the volumes with rendered files, once each", () => {
    const [app, redis] = [container("app"), container("redis")];
    expect(renderedVolumes([app, redis])).toEqual([
      { volume: "slipway-x-config", container: app.Id, path: "/etc/part" },
    ]);
  });

  it("refuses a container that is not ours, and a mount that is no volume", () => {
    expect(() => render(container("app", { Config: { Labels: {} } }))).toThrow("has no label slipway.part");
    const bound = { ...container("app"), Mounts: [{ Type: "bind", Name: "x", Destination: "/x", RW: true }] };
    expect(inspected.safeParse(bound).success).toBe(false);
  });
});
