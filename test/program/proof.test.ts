import { beforeAll, describe, expect, test } from "vitest";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { fingerprintOf } from "../../infra/release/fingerprint.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { placementOf } from "../fixtures/placement.ts";
import { digest, stagingSettings } from "../fixtures/proof.ts";
import { given, localSettings, productionSettings } from "../fixtures/settings.ts";

const step = (name: string) => `pulumi-nodejs:dynamic/slipway:steps:${name}`;
const settings = {
  ...stagingSettings,
  proof: {
    ...stagingSettings.proof,
    signOffs: { suites: undefined, review: "2.4.0: change 12", rollbackPlan: undefined },
    renew: "today",
  },
};
let staging: readonly Registered[];
let local: readonly Registered[];
let production: readonly Registered[];

const one = (all: readonly Registered[], type: string) => {
  const [found, ...more] = all.filter((each) => each.type === step(type));
  if (found === undefined || more.length > 0) throw new Error(`wanted one ${type}`);
  return found;
};

beforeAll(async () => {
  const placement = placementOf(settings);
  const app = { ...placement.images.app, name: `registry.example.org/tmws:2.4@${digest}`, digest };
  staging = await register(() => void new DockerPlatform({ ...placement, images: { ...placement.images, app } }));
  local = await register(() => void new DockerPlatform(placementOf(localSettings)));
  const record = {
    stack: "staging",
    release: "r1",
    version: "2.4.0",
    provedAt: "",
    signOffs: {},
    digest,
    commit: "",
    schema: "",
    config: "",
    override: "",
    mayDiffer: [],
    sharedSecrets: [],
  };
  const promotion = {
    content: "0123456789abcdef",
    note: "Promoted as stack staging proved it.",
    images: { app: "", parts: {} },
    secrets: { salt: "c2FsdA==", hashes: {} },
    record,
  };
  production = await register(() => void new DockerPlatform({ ...placementOf(productionSettings), promotion }));
}, 60_000);

describe("a staging stack", () => {
  test("ends with its proof: of the release that the smoke test proved, with all that a promotion compares", () => {
    const { inputs, dependencies } = one(staging, "Proof");
    expect(dependencies.map((urn) => urn.split("::").at(-1))).toEqual(
      expect.arrayContaining(["smoke-test", "proof-key"]),
    );
    expect(inputs).toMatchObject({
      host: "unix:///var/run/docker.sock",
      place: { stack: "staging", system: "tmws" },
      release: "r1",
      version: "2.4.0",
      image: { name: `registry.example.org/tmws:2.4@${digest}`, id: "sha256:app", digest, commit: "0a1b2c3" },
      user: "1000:1000",
      parts: {
        caddy: "slipway/caddy:0123",
        curl: "slipway/curl:0123",
        haproxy: "slipway/haproxy:0123",
        prometheus: "slipway/prometheus:0123",
        redis: "slipway/redis:0123",
      },
      fingerprint: fingerprintOf(settings, systemOf(settings)),
      schema: { target: "20251124_v2_license", history: ["alembic", "history"] },
      probes: [],
      signOffs: { review: "2.4.0: change 12" },
      publicKey: "the-public-key",
      file: "proof.staging.json",
      renew: "today",
    });
  });

  test("hands the proof every secret, given and generated, encrypted in the state", () => {
    const { inputs, secrets, additionalSecretOutputs } = one(staging, "Proof");
    expect(inputs["secrets"]).toEqual({
      secretKey: given.secretKey,
      apiKey: expect.stringMatching(/^[0-9a-f]{64}$/),
      "redis.password": given.redisPassword,
      "app.secretKey": given.secretKey,
      "app.secretEnv.OPENAI_API_KEY": "an-openai-key",
      "announce.webhook": given.webhook,
      "postgres.ownerPassword": given.ownerPassword,
      "postgres.appPassword": given.appPassword,
      OPENAI_API_KEY: "an-openai-key",
    });
    expect([...secrets].sort()).toEqual(["privateKey", "secrets"]);
    expect(additionalSecretOutputs).toEqual(expect.arrayContaining(["privateKey", "secrets"]));
  });

  test("keeps the key for good, its private half a secret", () => {
    expect(one(staging, "ProofKey")).toMatchObject({
      name: "proof-key",
      protect: true,
      additionalSecretOutputs: ["privateKey"],
    });
  });

  test("asks the probes again when the proof is renewed", () => {
    expect(one(staging, "SmokeTest").inputs["upstream"]).toMatchObject({ renew: "today" });
    expect(Object.keys(one(local, "SmokeTest").inputs["upstream"] ?? {})).not.toContain("renew");
  });
});

test.each([
  ["a laptop", () => local],
  ["production", () => production],
])("%s proves nothing to anybody", (_, all) => {
  expect(all().filter(({ type }) => /:Proof/.test(type))).toEqual([]);
});

describe("a promoted stack", () => {
  test("releases under the proof's content, and tells whence it comes", () => {
    expect(one(production, "Rollout").inputs).toMatchObject({
      proof: "0123456789abcdef",
      note: "Promoted as stack staging proved it.",
    });
    expect(one(production, "SmokeTest").inputs).toMatchObject({ note: "Promoted as stack staging proved it." });
  });

  test("compares every secret with the other stack's before it takes a backup or releases", () => {
    const { inputs, secrets, name } = one(production, "SecretsApart");
    expect(inputs).toMatchObject({
      place: { stack: "production" },
      from: "staging",
      proved: { hashes: {} },
      shared: [],
    });
    expect(inputs["secrets"]).toMatchObject({
      "redis.password": given.redisPassword,
      apiKey: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(secrets).toEqual(["secrets"]);
    expect(one(production, "BackupPoint").dependencies.map((urn) => urn.split("::").at(-1))).toContain(name);
  });

  test("a direct one has neither", () => {
    for (const type of ["Rollout", "SmokeTest"])
      expect(Object.keys(one(local, type).inputs).filter((name) => name === "proof" || name === "note")).toEqual([]);
  });
});
