import { expect, test } from "vitest";
import { Secret } from "../../../components/options/secret.ts";
import { describeOptions } from "../../../infra/config/describe.ts";
import type { Settings } from "../../../infra/config/settings.ts";
import { differences, environmental, fingerprintOf, ownValue, variableOf } from "../../../infra/release/fingerprint.ts";
import { systemNamed, systemOf, systems } from "../../../infra/systems/index.ts";
import { stagingSettings } from "../../fixtures/proof.ts";
import { given, localSettings, productionSettings } from "../../fixtures/settings.ts";

const of = (settings: Settings) => fingerprintOf(settings, systemOf(settings));

test("two environments of one release have the same, whatever their names, ports, sizes and secrets", () => {
  expect(of(stagingSettings)).toEqual(of(productionSettings));
});

test("it has no secret and no host name in it; what follows from the host name is told by a mark", () => {
  const { values } = of(productionSettings);
  const text = JSON.stringify(values);
  for (const secret of [...Object.values(given), "an-openai-key"]) expect(text).not.toContain(secret);
  expect(text).not.toContain("example.org");
  expect(values["app.corsOrigins[0]"]).toBe("{origin}");
  expect(ownValue("{origin} of {domain}", productionSettings)).toBe("https://tmws.example.org of tmws.example.org");
});

test("names of secret variables are part of it", () => {
  const without = { ...productionSettings, app: { ...productionSettings.app, secretEnv: {} } };
  expect(differences(of(without).values, of(productionSettings).values)).toEqual([
    { option: "secretVariables.app.OPENAI_API_KEY", here: undefined, proved: "(secret)" },
  ]);
  expect(variableOf("secretVariables.app.OPENAI_API_KEY")).toBe("OPENAI_API_KEY of app");
  expect(variableOf("app.logLevel")).toBeUndefined();
});

test("an option that is made tomorrow is part of it: only what is listed is not", () => {
  const tomorrow = { ...localSettings, shiny: { depth: 3, key: new Secret("not-to-be-seen"), words: ["a", "b"] } };
  const found = differences(of(tomorrow).values, of(localSettings).values);
  expect(found.map(({ option, here }) => [option, here])).toEqual([
    ["shiny.depth", "3"],
    ["shiny.words[0]", "a"],
    ["shiny.words[1]", "b"],
  ]);
  const edge = { ...localSettings.edge, http3: true };
  expect(differences(of({ ...localSettings, edge }).values, of(localSettings).values)).toHaveLength(1);
});

test.each([
  ["app.logLevel", { app: { ...localSettings.app, logLevel: "DEBUG" } }, "INFO"],
  ["redis.enabled", { redis: { ...localSettings.redis, enabled: false } }, "true"],
  ["health.retries", { health: { ...localSettings.health, retries: 9 } }, "3"],
  ["rollout.drainSeconds", { rollout: { ...localSettings.rollout, drainSeconds: 1 } }, "30"],
  ["app.extraEnv.NEW", { app: { ...localSettings.app, extraEnv: { NEW: "1" } } }, undefined],
])("another %s is told", (option, changes, before) => {
  const changed = { ...localSettings, ...changes } as Settings;
  const found = differences(of(changed).values, of(localSettings).values).filter(
    (each) => !each.option.startsWith("secret"),
  );
  expect(found).toMatchObject([{ option, proved: before }]);
  expect(of(changed).hash).not.toBe(of(localSettings).hash);
  expect(
    differences(of(changed).values, of(localSettings).values, [
      "app",
      "redis",
      "health.retries",
      "rollout",
      "secretVariables",
    ]),
  ).toEqual([]);
});

test("each listed difference is an option that there is, and says why", () => {
  const known = systems.flatMap(({ name }) =>
    describeOptions(systemNamed(name)).map(({ path }) => path.slice("slipway:".length)),
  );
  const known2 = [...known, "project", "stack", "system"];
  const stale = Object.keys(environmental).filter(
    (one) => !known2.some((path) => path === one || path.startsWith(`${one}.`) || path.startsWith(`${one}.<name>`)),
  );
  expect(stale).toEqual([]);
  for (const why of Object.values(environmental)) expect(why.length).toBeGreaterThan(10);
});
