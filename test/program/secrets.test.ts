import { beforeAll, describe, expect, test } from "vitest";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { placementOf } from "../fixtures/placement.ts";
import { given, localSettings, productionSettings } from "../fixtures/settings.ts";

const password = "random:index/randomPassword:RandomPassword";
const step = (name: string) => `pulumi-nodejs:dynamic/slipway:steps:${name}`;
const derived = /^[0-9a-f]{64}$/;

async function place(settings: typeof localSettings): Promise<readonly Registered[]> {
  return register(() => {
    new DockerPlatform(placementOf(settings));
  });
}

function inputsOf(all: readonly Registered[], type: string, name: string): Registered {
  const found = all.find((each) => each.type === type && each.name === name);
  if (found === undefined) throw new Error(`no ${type} ${name}`);
  return found;
}

describe("secrets that nobody gave", () => {
  let all: readonly Registered[];
  beforeAll(async () => {
    all = await place(localSettings);
  }, 60_000);

  test("are generated once and protected: data that depend on them stay readable", () => {
    const generated = all.filter(({ type }) => type === password);
    expect(generated.map(({ name, inputs, protect }) => ({ name, inputs, protect }))).toEqual([
      { name: "redis-operator-password", inputs: { length: 32, special: false }, protect: true },
      { name: "redis-password", inputs: { length: 32, special: false }, protect: true },
      {
        name: "secret-key",
        // 64 hex digits: digits, and of the special characters just these.
        inputs: { length: 64, lower: false, upper: false, numeric: true, special: true, overrideSpecial: "abcdef" },
        protect: true,
      },
    ]);
  });

  test.each([
    ["BackupPoint", "backup-point", ["dataSecrets"]],
    ["Migration", "migration", ["dataSecrets"]],
    ["Rollout", "rollout", ["dataSecrets", "gate", "secretEnv", "webhook"]],
    ["SmokeTest", "smoke-test", ["dataSecrets", "tokens", "webhook"]],
    ["Files", "redis-files", ["entries"]],
    ["Files", "edge-files", ["entries"]],
    ["Files", "switch-files", ["entries"]],
    ["Files", "prometheus-files", ["entries"]],
  ])("%s %s: %s go in as secrets and stay secrets in the state", (type, name, properties) => {
    const { secrets, additionalSecretOutputs } = inputsOf(all, step(type), name);
    expect([...secrets].sort()).toEqual(properties);
    expect(additionalSecretOutputs).toEqual(expect.arrayContaining(properties));
  });

  test("Rollout gets the secret variables apart from the plain ones", () => {
    const { inputs } = inputsOf(all, step("Rollout"), "rollout");
    expect(inputs["secretEnv"]).toEqual({
      app: {
        TMWS_SECRET_KEY: "a-generated-password",
        TMWS_REDIS_URL: "redis://app:a-generated-password@redis:6379/0",
      },
    });
    expect(JSON.stringify(inputs["workloads"])).not.toContain("a-generated-password");
  });

  test("SmokeTest gets the one token it sends", () => {
    expect(inputsOf(all, step("SmokeTest"), "smoke-test").inputs["tokens"]).toEqual({
      apiKey: expect.stringMatching(derived),
    });
  });
});

describe("secrets of the config", () => {
  let all: readonly Registered[];
  beforeAll(async () => {
    all = await place(productionSettings);
  }, 60_000);

  test("the generated ones stay beside them, unused: they are protected, and going back finds them", () => {
    const generated = all.filter(({ type }) => type === password);
    expect(generated.map(({ name, protect }) => [name, protect])).toEqual([
      ["redis-operator-password", true],
      ["redis-password", true],
      ["secret-key", true],
    ]);
    // Redis' operator has no other password than the generated one.
    for (const { urn, name, inputs } of all.filter(({ name }) => !/^redis-(secrets|users)/.test(name)))
      expect(JSON.stringify(inputs), `${urn} ${name}`).not.toContain("a-generated-password");
  });

  test("reach the release under their variables' names", () => {
    expect(inputsOf(all, step("Rollout"), "rollout").inputs["secretEnv"]).toEqual({
      app: {
        TMWS_SECRET_KEY: given.secretKey,
        TMWS_REDIS_URL: `redis://app:${given.redisPassword}@redis:6379/0`,
        OPENAI_API_KEY: "an-openai-key",
      },
    });
  });

  test("the webhook reaches who tells of releases, and nobody else", () => {
    const told = all.filter(({ inputs }) => JSON.stringify(inputs).includes(given.webhook));
    expect(told.map(({ name }) => name)).toEqual(["smoke-test", "rollout"]);
  });

  test("appear in clear in no input of any resource but inside a secret one", () => {
    for (const { urn, inputs, secrets } of all) {
      const open = Object.fromEntries(Object.entries(inputs).filter(([name]) => !secrets.includes(name)));
      for (const secret of [given.secretKey, given.redisPassword, given.webhook, "an-openai-key"]) {
        expect(JSON.stringify(open), urn).not.toContain(secret);
      }
    }
  });
});
