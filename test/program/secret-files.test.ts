import { expect, test } from "vitest";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import type { System } from "../../infra/systems/system.ts";
import { register } from "../doubles/mock-engine.ts";
import { ordersPlacement } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";
import orders from "../live/support/orders-secret-files.system.ts";

const placement = ordersPlacement(localSettings);
const system: System = orders.system(placement.settings as unknown as Parameters<typeof orders.system>[0]);
const place = (own: System) => register(() => void new DockerPlatform({ ...placement, system: own }));

interface Planned {
  readonly container: { readonly entrypoint: readonly string[]; readonly tmpfs: readonly string[] };
}

test("their values go to Rollout as secrets, and into no definition", async () => {
  const rollout = (await place(system)).find(({ name }) => name === "rollout");
  const plans = rollout?.inputs["workloads"] as readonly Planned[];
  expect(plans.map(({ container }) => [container.entrypoint[0], container.tmpfs])).toEqual([
    ["sh", ["/tmp", "/run/secrets"]],
    ["sh", ["/tmp", "/run/secrets"]],
  ]);
  expect(rollout?.secrets).toContain("secretEnv");
  const variables = rollout?.inputs["secretEnv"] as Readonly<Record<string, Readonly<Record<string, string>>>>;
  expect(Object.keys(variables["web"] ?? {}).sort()).toEqual([
    "ORDERS_DATABASE_URL",
    "SLIPWAY_FILE_0",
    "SLIPWAY_FILE_1",
  ]);
  for (const value of [variables["web"]?.["SLIPWAY_FILE_0"], variables["web"]?.["SLIPWAY_FILE_1"]]) {
    expect(value).toMatch(/^.{10,}$/);
    expect(JSON.stringify(plans)).not.toContain(value);
  }
});

test("what could never be written is refused before the first resource", async () => {
  const broken = { ...system, workloads: system.workloads.map(({ command: _, ...workload }) => workload) };
  await expect(place(broken)).rejects.toThrow("workload web has secretFiles and no command");
});
