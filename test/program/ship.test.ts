import { beforeAll, expect, test } from "vitest";
import { Secret } from "../../components/options/secret.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { imagesWith, ordersPlacement } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

const container = "docker:index/container:Container";
const shipping: Settings = {
  ...localSettings,
  logs: { files: 30, ship: { to: "loki", url: "https://loki.example.org", token: new Secret("the-loki-token") } },
};
const place = (settings: Settings) =>
  register(
    () => void new DockerPlatform({ ...ordersPlacement(settings), images: imagesWith("postgres", "otel-collector") }),
  );

let all: readonly Registered[];
let bare: readonly Registered[];
beforeAll(async () => {
  all = await place(shipping);
  bare = await place(localSettings);
}, 60_000);

const named = (from: readonly Registered[], type: string) =>
  from.filter((each) => each.type === type).map(({ name }) => name);

test("one container more, off by default; nothing that was there is another", () => {
  expect(named(bare, container)).not.toContain("log-shipper");
  const more = named(all, container).filter((name) => !named(bare, container).includes(name));
  expect(more).toEqual(["log-shipper"]);
  const before = new Set(all.map(({ qualified }) => qualified));
  expect(bare.filter(({ qualified }) => !before.has(qualified))).toEqual([]);
});

test("its volume, found on the host by the next program, is nobody's that was forgotten", async () => {
  const volumes = all.filter(({ type }) => type === "docker:index/volume:Volume").map(({ name }) => name);
  expect(volumes).toContain("log-shipper-config");
  const images = imagesWith("postgres", "otel-collector");
  const again = await register(() => void new DockerPlatform({ ...ordersPlacement(shipping), images, volumes }));
  expect(again.map(({ qualified }) => qualified)).toEqual(all.map(({ qualified }) => qualified));
});

test("every part but the shipper sends its lines, and keeps as many as before", () => {
  for (const { name, inputs } of all.filter(({ type }) => type === container)) {
    const { logDriver, logOpts } = inputs;
    if (name === "log-shipper") expect({ name, logDriver }).toEqual({ name, logDriver: "json-file" });
    else
      expect({ name, logDriver, logOpts }).toMatchObject({
        name,
        logDriver: "syslog",
        logOpts: { "syslog-address": "udp://127.0.0.1:5514", "cache-max-size": "10m", "cache-max-file": "3" },
      });
  }
});

test("workloads too, which Rollout makes", () => {
  const rollout = all.find(({ type }) => type === "pulumi-nodejs:dynamic/slipway:steps:Rollout");
  const workloads = JSON.stringify(rollout?.inputs["workloads"]);
  expect(workloads.match(/"syslog-address":"udp:\/\/127\.0\.0\.1:5514"/g)).toHaveLength(2);
  expect(workloads).toContain('"cache-max-file":"30"');
});

test("token and known secrets are in a secret file alone", () => {
  const files = all.find(({ name }) => name === "log-shipper-files");
  expect(files?.secrets).toEqual(["entries"]);
  const text = JSON.stringify(files?.inputs);
  expect(text).toContain("the-loki-token");
  // A hyphen as Go's expression has it.
  expect(text).toMatch(/replace_pattern\(log\.body, .*a\\+x\{2d\}generated\\+x\{2d\}password/);
  expect(JSON.stringify(all.filter(({ type }) => type === container))).not.toContain("the-loki-token");
});

test("the one published port is the loopback's", () => {
  const shipper = all.find(({ type, name }) => type === container && name === "log-shipper");
  expect(shipper?.inputs["ports"]).toEqual([{ internal: 5514, external: 5514, ip: "127.0.0.1", protocol: "udp" }]);
});
