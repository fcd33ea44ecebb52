import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { benchmarkPath } from "../../ops/docs.ts";
import { items } from "../../policy/cis.ts";
import { renderBenchmark } from "../../policy/cis-page.ts";
import type { Inspected } from "../../policy/inspected.ts";

const id = `sha256:${"0".repeat(64)}`;
const kept: Inspected = {
  Name: "/slipway-local_app",
  Image: id,
  AppArmorProfile: "docker-default",
  Config: { User: "1000:1000", Image: id, Healthcheck: { Test: ["CMD", "true"] } },
  HostConfig: {
    Privileged: false,
    ReadonlyRootfs: true,
    CapAdd: null,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges:true"],
    NetworkMode: "slipway-local_private",
    PidMode: "",
    IpcMode: "private",
    UTSMode: "",
    UsernsMode: "",
    CgroupParent: "",
    Devices: [],
    Memory: 1,
    MemorySwap: 1,
    NanoCpus: 1,
    PidsLimit: 1,
    RestartPolicy: { Name: "unless-stopped" },
    LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
    PortBindings: {},
  },
  Mounts: [{ Type: "volume", Source: "/var/lib/docker/volumes/v/_data", Destination: "/data", Propagation: "" }],
  NetworkSettings: { Networks: { "slipway-local_private": {} } },
};

const brokenBy = (inspected: Inspected, part = "app") =>
  items.filter(({ wrong }) => wrong?.({ part, inspected }) !== undefined).map((item) => item.id);
const host = (changes: Partial<Inspected["HostConfig"]>): Inspected => ({
  ...kept,
  HostConfig: { ...kept.HostConfig, ...changes },
});

test("a container as Slipway makes it keeps every line", () => {
  expect(brokenBy(kept)).toEqual([]);
});

test.each<[string, Inspected]>([
  ["4.1", { ...kept, Config: { ...kept.Config, User: "0:0" } }],
  ["4.1", { ...kept, Config: { ...kept.Config, User: "" } }],
  ["4.2", { ...kept, Config: { ...kept.Config, Image: "app:latest" } }],
  ["4.6, 5.27", { ...kept, Config: { User: "1:1", Image: id } }],
  ["5.2", { ...kept, AppArmorProfile: "unconfined" }],
  ["5.4", host({ CapAdd: ["CAP_SYS_ADMIN"] })],
  ["5.4", host({ CapDrop: [] })],
  ["5.5", host({ Privileged: true })],
  ["5.6, 5.32", { ...kept, Mounts: [{ Type: "bind", Source: "/run/docker.sock", Destination: "/run/docker.sock" }] }],
  ["5.8, 5.9, 5.14", host({ PortBindings: { "80/tcp": [] } })],
  ["5.10", host({ NetworkMode: "host" })],
  ["5.11", host({ MemorySwap: -1 })],
  ["5.12", host({ NanoCpus: 0 })],
  ["5.13", host({ ReadonlyRootfs: false })],
  ["5.15", host({ RestartPolicy: { Name: "always" } })],
  ["5.16, 5.17, 5.21, 5.31", host({ PidMode: "host" })],
  ["5.16, 5.17, 5.21, 5.31", host({ IpcMode: "container:other" })],
  ["5.18", host({ Devices: [{}] })],
  ["5.20", { ...kept, Mounts: [{ Type: "volume", Source: "/v", Destination: "/v", Propagation: "rshared" }] }],
  ["5.22", host({ SecurityOpt: ["no-new-privileges", "seccomp=unconfined"] })],
  ["5.25", host({ CgroupParent: "/" })],
  ["5.26", host({ SecurityOpt: [] })],
  ["5.29", host({ PidsLimit: 0 })],
  ["5.30", { ...kept, NetworkSettings: { Networks: { bridge: {} } } }],
  ["2.13", host({ LogConfig: { Type: "json-file", Config: {} } })],
  ["2.13", host({ LogConfig: { Type: "syslog", Config: { "max-size": "10m", "max-file": "3" } } })],
])("%s is broken by what breaks it, and nothing else is", (line, inspected) => {
  expect(brokenBy(inspected)).toEqual([line]);
});

test("of a log that is shipped the engine's own copy is bounded", () => {
  const LogConfig = { Type: "syslog", Config: { "cache-max-size": "10m", "cache-max-file": "3" } };
  expect(brokenBy(host({ LogConfig }))).toEqual([]);
});

test("the edge has the host's network, root without rights, and one capability; no other part has", () => {
  const edge = { ...host({ NetworkMode: "host", CapAdd: ["NET_BIND_SERVICE"] }), Config: { User: "0:0", Image: id } };
  expect(brokenBy(edge, "edge")).toEqual([]);
  expect(brokenBy(edge, "app")).toEqual(["4.1", "4.6, 5.27", "5.4", "5.10"]);
});

test("what counts containers reads the host's cgroups alone, and writes none; no other part sees them", () => {
  const bind = (Source: string, RW: boolean): Inspected => ({
    ...kept,
    Mounts: [{ Type: "bind", Source, Destination: Source, RW }],
  });
  expect(brokenBy(bind("/sys/fs/cgroup", false), "container-exporter")).toEqual([]);
  const broken: readonly [string, boolean, string][] = [
    ["/sys/fs/cgroup", true, "container-exporter"],
    ["/sys", false, "container-exporter"],
    ["/sys/fs/cgroup", false, "app"],
  ];
  for (const [source, writes, part] of broken) expect(brokenBy(bind(source, writes), part)).toEqual(["5.6, 5.32"]);
});

test("the page tells what the list says", () => {
  expect(readFileSync(benchmarkPath, "utf8")).toBe(renderBenchmark());
});
