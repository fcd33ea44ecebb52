/** No secret of any system is in clear in what the engine is told: neither one of the config's nor a generated one, changed or not. */
import { beforeAll, describe, expect, test } from "vitest";
import { readSettings } from "../../infra/config/read.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { unplaceable } from "../../infra/platforms/kubernetes/placeable.ts";
import { KubernetesPlatform } from "../../infra/platforms/kubernetes/platform.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { placementOfSystem } from "../fixtures/placement.ts";
import { rawOf, secure } from "../unit/config-fixture.ts";

const canaries = {
  openai: "sk-canaryopenai0123456789",
  anthropic: "sk-ant-canaryanthropic0123456789",
  extra: "canary-of-secret-env-0",
  webhook: "https://hooks.acme.dev/canary-webhook-0",
  owner: "canary-owner-password-0",
} as const;
/** What test/doubles/mock-engine.ts answers for each password that it generates. */
const generated = "a-generated-password";

const own: Readonly<Record<string, object>> = {
  tmws: {},
  "tmws-2.3": {},
  aidis: {},
  tria: { openaiApiKey: secure(canaries.openai) },
  diligence: { anthropicApiKey: secure(canaries.anthropic) },
};

function settingsOf(system: string, more: object = {}): Settings {
  const reading = readSettings(
    rawOf("local", {
      system,
      images: "debian",
      image: { build: { context: `test/workloads/${system}` } },
      edge: { domain: "canary.localhost" },
      app: { ...own[system], secretEnv: { CANARY_VALUE: secure(canaries.extra) } },
      announce: { webhook: secure(canaries.webhook) },
      postgres: { ownerPassword: secure(canaries.owner) },
      secrets: { rotate: { redis: 2, postgres: 1 } },
      ...more,
    }),
  );
  if ("problems" in reading) throw new Error(JSON.stringify(reading.problems));
  return reading.settings;
}

function place(system: string): Promise<readonly Registered[]> {
  const settings = settingsOf(system);
  return register(() => {
    new DockerPlatform(placementOfSystem(settings, systemOf(settings)));
  });
}

function expectClosed(all: readonly Registered[]): void {
  for (const { urn, inputs, secrets } of all) {
    const open = JSON.stringify(Object.fromEntries(Object.entries(inputs).filter(([key]) => !secrets.includes(key))));
    for (const secret of [generated, ...Object.values(canaries)]) expect(open, urn).not.toContain(secret);
  }
}

describe.each(Object.keys(own))("%s", (system) => {
  let all: readonly Registered[];
  beforeAll(async () => {
    all = await place(system);
  }, 60_000);

  test("has its secrets in secret inputs alone", () => {
    expectClosed(all);
  });

  test("and keeps those inputs secret in the state; without them the test would look at nothing", () => {
    const told = all.filter(({ inputs }) => JSON.stringify(inputs).includes(canaries.extra));
    expect(told.map(({ name }) => name)).toContain("rollout");
    for (const { urn, secrets, additionalSecretOutputs } of told)
      expect(additionalSecretOutputs, urn).toEqual(expect.arrayContaining([...secrets]));
  });
});

describe("in a cluster", () => {
  test.each(["tmws", "tmws-2.3", "aidis", "tria", "diligence"])(
    "%s can go there, its secrets in secret inputs alone",
    async (system) => {
      const settings = settingsOf(system, {
        platform: "kubernetes",
        announce: {},
        ...(system === "tmws-2.3" && { ollama: { mode: "container" } }),
      });
      const placed = systemOf(settings);
      expect(unplaceable(placed, settings)).toEqual([]);
      const { images } = placementOfSystem(settings, placed);
      const all = await register(() => {
        new KubernetesPlatform({
          place: { stack: settings.stack, system: placed.name },
          settings,
          system: placed,
          images,
          modelSource: { kind: "pull", insecure: false },
        });
      });
      expectClosed(all);
      expect(all.some(({ type }) => type.endsWith(":Secret"))).toBe(true);
    },
  );
});
