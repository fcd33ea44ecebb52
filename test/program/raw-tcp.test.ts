import { beforeAll, describe, expect, test } from "vitest";
import type { Placement } from "../../infra/platforms/docker/placement.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { ordersPlacement } from "../fixtures/placement.ts";
import { rawTcp } from "../fixtures/raw-tcp.ts";
import { localSettings } from "../fixtures/settings.ts";

const network = "docker:index/network:Network";
const step = (name: string) => `pulumi-nodejs:dynamic/slipway:steps:${name}`;
const orders = ordersPlacement(localSettings);
const raw: Placement = { ...orders, system: rawTcp(orders.system) };

const place = (placement: Placement) =>
  register(() => {
    new DockerPlatform(placement);
  });

let all: readonly Registered[];
let before: readonly Registered[];
beforeAll(async () => {
  before = await place(orders);
  all = await place(raw);
}, 60_000);

function one(type: string, name: string): Registered {
  const [found, ...more] = all.filter((each) => each.type === type && each.name === name);
  if (found === undefined || more.length > 0) throw new Error(`wanted one ${type} ${name}`);
  return found;
}

describe("a system of raw TCP without https", () => {
  test("has no edge, and a network with a way out; all else is as with any system", () => {
    const names = (registered: readonly Registered[]) => registered.map(({ name }) => name);
    const gone = names(before).filter((name) => !names(all).includes(name));
    expect(gone.sort()).toEqual([
      "edge",
      "edge",
      "edge-config",
      "edge-data",
      "edge-files",
      "edge-guard",
      "edge-limits",
      "orders",
    ]);
    const added = names(all).filter((name) => !names(before).includes(name));
    expect(added.sort()).toEqual(["egress", "raw"]);
    expect(all.filter(({ inputs }) => inputs["networkMode"] === "host")).toEqual([]);
  });

  test("the private network has no way out, the other one has, and both are labelled", () => {
    const labels = [
      { label: "slipway.stack", value: "local" },
      { label: "slipway.system", value: "orders" },
    ];
    expect(one(network, "private").inputs).toEqual({ name: "slipway-local_private", internal: true, labels });
    expect(one(network, "egress").inputs).toEqual({ name: "slipway-local_egress", internal: false, labels });
    expect(
      before
        .filter(({ type }) => type === network)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["front", "private"]);
  });

  test("the egress network outlives the containers on it: what owns them depends on it", () => {
    expect(one(step("BackupPoint"), "backup-point").dependencies).toContain(one(network, "egress").urn);
  });

  test("Rollout gets duty, networks and init of the workload", () => {
    expect(one(step("Rollout"), "rollout").inputs["workloads"]).toMatchObject([
      {
        replicas: 2,
        container: {
          network: [
            { name: "slipway-local_private", aliases: ["mcp"] },
            { name: "slipway-local_front", aliases: ["mcp"] },
            { name: "slipway-local_egress", aliases: [] },
          ],
          init: true,
          tmpfs: ["/tmp"],
        },
        duty: {
          kind: "tcp",
          port: 8080,
          check: ["ask"],
          liveness: ["alive"],
          backends: [{ name: "mcp-8080", candidatePort: 8480 }],
        },
      },
    ]);
    expect(one(step("Rollout"), "rollout").inputs["gate"]).toMatchObject({ probes: [{ name: "validates" }] });
  });

  test("SmokeTest runs the command at the switch's port with the workload's variables, which are secret, and knows no edge", () => {
    const { inputs, secrets, additionalSecretOutputs } = one(step("SmokeTest"), "smoke-test");
    expect(inputs).not.toHaveProperty("edge");
    expect(inputs["network"]).toMatchObject({ from: "slipway-local_front" });
    expect(inputs["commands"]).toEqual({
      mcp: {
        image: "sha256:app",
        user: "1000:1000",
        env: { PLAIN: "1" },
        secrets: {
          DATABASE_URL: expect.stringMatching(/^postgresql:\/\/\S+:a-generated-password@postgres:5432\/orders/),
        },
        mounts: [{ volume: "slipway-local_trust", path: "/etc/slipway/trust", readOnly: true }],
        networks: ["slipway-local_private", "slipway-local_front"],
        memoryMb: 2048,
        at: { host: "switch", port: 3001 },
      },
    });
    expect(secrets).toContain("commands");
    expect(additionalSecretOutputs).toContain("commands");
  });

  test("other systems' SmokeTest has no such input: it would run again on each of their stacks", () => {
    const found = before.find(({ type }) => type === step("SmokeTest"));
    expect(found?.inputs).not.toHaveProperty("commands");
    expect(found?.additionalSecretOutputs).toEqual(["tokens", "dataSecrets", "webhook"]);
    expect(found?.inputs).toHaveProperty("edge");
  });

  test("a probe that could never be asked stops the program", async () => {
    const probes = raw.system.probes.map((probe) => ({ ...probe, workload: "nobody" }));
    await expect(place({ ...raw, system: { ...raw.system, probes } })).rejects.toThrow(
      'probe "validates": workload "nobody" answers nobody; allowed are mcp',
    );
  });
});
