import { describe, expect, test } from "vitest";
import { readSettings } from "../../infra/config/read.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { policies } from "../../policy/all.ts";
import type { Planned } from "../../policy/planned.ts";
import { render } from "../../policy/policy.ts";
import { register } from "../doubles/mock-engine.ts";
import { imagesWith, ordersPlacement, placementOf, watcherParts } from "../fixtures/placement.ts";
import { localSettings, productionSettings } from "../fixtures/settings.ts";
import { rawOf, secure } from "../unit/config-fixture.ts";

const everyImage = imagesWith("postgres", "chroma", "ollama", "firewall", "otel-collector", ...watcherParts);

function stagingSettings(system: string, app: Readonly<Record<string, unknown>>, more = {}): Settings {
  const reading = readSettings(
    rawOf("staging", {
      system,
      images: "debian",
      image: { build: { context: `test/workloads/${system}` } },
      edge: { domain: "app.example.org", tls: { mode: "internal" } },
      app,
      ...more,
    }),
  );
  if ("problems" in reading) throw new Error(JSON.stringify(reading.problems));
  return reading.settings;
}

/** What the pack says of a plan, as `policy: words`. */
async function judged(place: () => unknown): Promise<readonly string[]> {
  const plan: readonly Planned[] = await register(() => {
    place();
  });
  return policies.flatMap((policy) => {
    const found = policy.kind === "stack" ? policy.judge(plan) : plan.flatMap((each) => policy.judge(each));
    return found.map((one) => `${policy.name}: ${render(policy, one)}`);
  });
}

const place = (settings: Settings) => () =>
  new DockerPlatform({ ...placementOf(settings), images: everyImage, modelSource: { kind: "pull", insecure: false } });

describe("every system's plan passes the whole pack, advice too", () => {
  test.each<[string, () => unknown]>([
    ["tmws as staging", place(stagingSettings("tmws", {}))],
    ["tmws as production", place(productionSettings)],
    ["tmws-2.3", place(stagingSettings("tmws-2.3", {}))],
    ["aidis", place(stagingSettings("aidis", {}))],
    [
      "aidis with its raw TCP published",
      place(stagingSettings("aidis", {}, { tcp: { public: true, allow: ["203.0.113.0/24"] } })),
    ],
    ["tria", place(stagingSettings("tria", { openaiApiKey: secure("sk-0123456789abcdef"), chroma: true }))],
    ["diligence", place(stagingSettings("diligence", { anthropicApiKey: secure("sk-ant-0123456789abcdef") }))],
    [
      "tmws whose logs are shipped: its one published port is the loopback's",
      place(stagingSettings("tmws", {}, { logs: { ship: { to: "loki", url: "https://loki.example.org" } } })),
    ],
    ["a system of one's own on PostgreSQL", () => new DockerPlatform(ordersPlacement(localSettings))],
  ])("%s", async (_, placed) => {
    expect(await judged(placed)).toEqual([]);
  });
});

test("a config that weakens one thing is told in the policy's words, with the command that mends it", async () => {
  const { app } = stagingSettings("tmws", {});
  const said = await judged(
    place({
      ...stagingSettings("tmws", {}),
      app: { ...app, corsOrigins: ["*"] },
      prometheus: { enabled: false, retentionDays: 1, remoteWrite: {} },
    } as Settings),
  );
  expect(said).toEqual([
    'origins-restricted: workloads[0].container.env.TMWS_CORS_ORIGINS is "[\\"*\\"]"; allowed: https origins by name: no *, no plain http ' +
      "(guide 000:409, 001:277, 002:242). Mend: pulumi config set --path 'slipway:app.corsOrigins[0]' https://<your domain>",
    "metrics-kept: prometheus is missing; allowed: Prometheus beside the app (guide 000:615, 001:435, 002:60, 003:550, 004:728). " +
      "Mend: pulumi config set --path slipway:prometheus.enabled true",
  ]);
});
