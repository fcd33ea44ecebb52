import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { ModelSource } from "../../components/ollama/inputs.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { imagesWith, ordersPlacement } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";
import embedding from "../live/support/orders-embedding.system.ts";

const fixture = new URL("../fixtures/urns.ollama.json", import.meta.url);
const pull: ModelSource = { kind: "pull", insecure: false };

function place(ollama: Partial<Settings["ollama"]>, modelSource: ModelSource | undefined = pull) {
  const wanted = { ...localSettings.ollama, mode: "container", model: "tiny:1", dimensions: 1024, ...ollama } as const;
  const base = ordersPlacement({ ...localSettings, ollama: wanted });
  return register(() => {
    new DockerPlatform({
      ...base,
      system: embedding.system(base.settings),
      images: imagesWith("postgres", "ollama"),
      modelSource,
    });
  });
}

let container: readonly Registered[];
let native: readonly Registered[];
let off: readonly Registered[];
let never: readonly Registered[];
beforeAll(async () => {
  container = await place({});
  native = await place({ mode: "native", port: 12_000 }, { kind: "file", path: "m.gguf", sha256: "ab" });
  off = await place({ mode: "off" }, undefined);
  const base = ordersPlacement(localSettings);
  never = await register(() => {
    new DockerPlatform(base);
  });
}, 60_000);

function one(all: readonly Registered[], type: string, name: string): Registered {
  const [found, ...more] = all.filter((each) => each.type === type && each.name === name);
  if (found === undefined || more.length > 0) throw new Error(`wanted one ${type} ${name}`);
  return found;
}
const step = (type: string) => `pulumi-nodejs:dynamic/slipway:steps:${type}`;
const names = (all: readonly Registered[]) => all.map(({ qualified }) => qualified);
const added = (all: readonly Registered[], to: readonly Registered[]) =>
  names(all)
    .filter((name) => !names(to).includes(name))
    .map((name) => name.split("::")[1])
    .sort();

describe("logical names", () => {
  test("are those of the fixture", () => {
    const wanted: unknown = JSON.parse(readFileSync(fixture, "utf8"));
    expect(names(container), "logical names are a contract, see urns.test.ts").toEqual(wanted);
  });

  test("Ollama adds its own alone, and the way out", () => {
    expect(added(container, never)).toEqual([
      "egress",
      "model",
      "ollama",
      "ollama",
      "ollama-data",
      "ollama-files",
      "ollama-limits",
    ]);
    expect(added(native, never)).toEqual(["egress", "model", "ollama", "ollama-data"]);
    expect(added(off, never)).toEqual(["ollama", "ollama-data"]);
    expect(added(never, container)).toEqual([]);
  });
});

describe("Ollama in a container", () => {
  test("is never published, hardened, and on the private network and the way out alone", () => {
    const { inputs, deleteBeforeReplace } = one(container, "docker:index/container:Container", "ollama");
    expect(inputs).toMatchObject({
      image: "sha256:ollama",
      command: ["serve"],
      user: "1000:1000",
      readOnly: true,
      capabilities: { drops: ["ALL"], adds: [] },
      memory: 2048,
      networksAdvanced: [
        { name: "slipway-local_private", aliases: ["ollama"] },
        { name: "slipway-local_egress", aliases: [] },
      ],
      mounts: [{ type: "volume", source: "slipway-local_ollama-data", target: "/data", readOnly: false }],
    });
    for (const absent of ["ports", "gpus", "hosts", "networkMode"]) expect(inputs).not.toHaveProperty(absent);
    expect(deleteBeforeReplace).toBe(true);
    expect(one(container, "docker:index/volume:Volume", "ollama-data").protect).toBe(true);
  });

  test("its model is asked for on the private network, after the container and before the release", () => {
    const model = one(container, step("Model"), "model");
    expect(model.inputs).toEqual({
      host: "unix:///var/run/docker.sock",
      place: { stack: "local", system: "orders" },
      url: "http://ollama:11434",
      network: "slipway-local_private",
      hostGateway: false,
      probeImage: "sha256:curl",
      model: { name: "tiny:1", dimensions: 1024 },
      source: { kind: "pull", insecure: false },
      server: "ollama-id",
    });
    const server = one(container, "docker:index/container:Container", "ollama");
    expect(model.dependencies).toContain(server.urn);
    expect(one(container, step("BackupPoint"), "backup-point").dependencies).toContain(model.urn);
    expect(one(container, step("SmokeTest"), "smoke-test").inputs["upstream"]).toMatchObject({
      containers: expect.stringContaining("ollama-id"),
      model: "the-digest",
    });
  });
});

describe("a native Ollama", () => {
  test("is found on the host, from the network that leads there, by those who ask it", () => {
    expect(one(native, step("Model"), "model").inputs).toMatchObject({
      url: "http://host.docker.internal:12000",
      network: "slipway-local_egress",
      hostGateway: true,
      source: { kind: "file", path: "m.gguf", sha256: "ab" },
      server: "",
    });
    expect(one(native, step("Rollout"), "rollout").inputs["workloads"]).toMatchObject([
      { container: { hostGateway: true, env: { ORDERS_OLLAMA_URL: "http://host.docker.internal:12000" } } },
      { container: { hostGateway: true } },
    ]);
    const { inputs } = one(never, step("Rollout"), "rollout");
    expect(JSON.stringify(inputs)).not.toContain("hostGateway");
    expect(one(never, step("SmokeTest"), "smoke-test").inputs["upstream"]).not.toHaveProperty("model");
  });
});
