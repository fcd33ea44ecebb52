import { expect, test } from "vitest";
import { systemNamed, systemOf } from "../../../../infra/systems/index.ts";
import { importWishes } from "../../../../ops/env/import.ts";
import { mappingOf } from "../../../../ops/env/mapping.ts";
import { renderSeen, seenByApp } from "../../../../ops/env/show.ts";
import { given, localSettings, productionSettings } from "../../../fixtures/settings.ts";
import { triaSettings } from "../../../fixtures/tria-settings.ts";

function seen(settings: typeof localSettings) {
  const system = systemOf(settings);
  return seenByApp(system, mappingOf(systemNamed(settings.system), settings, system));
}

test("a local stack: what is generated is named as such", () => {
  const [app, ...others] = seen(localSettings);
  const at = new Map(app?.variables.map(({ name, value, from }) => [name, [value, from]]));
  expect([app?.workload, others]).toEqual(["app", []]);
  expect(at.get("TMWS_SECRET_KEY")).toEqual(["(64 hex digits, generated once per stack)", "slipway:app.secretKey"]);
  expect(at.get("TMWS_REDIS_URL")).toEqual([
    "(address of redis with its password, known when it is there)",
    "set by Slipway",
  ]);
  expect(at.get("TMWS_LOG_LEVEL")).toEqual(["INFO", "slipway:app.logLevel"]);
  expect(at.get("TMWS_CORS_ORIGINS")).toEqual(['["https://tmws.localhost:8443"]', "slipway:app.corsOrigins"]);
});

test("secrets of the config are masked, also one that stands in a plain variable", () => {
  const app = { ...productionSettings.app, extraEnv: { EXTRA: "plain", TMWS_PROXY: "http://user:pass-0@proxy:8080" } };
  const text = renderSeen(seen({ ...productionSettings, app }));
  expect(text).toMatch(/^TMWS_SECRET_KEY=\(secret\) +# slipway:app\.secretKey$/m);
  expect(text).toMatch(/^OPENAI_API_KEY=\(secret\) +# slipway:app\.secretEnv\.OPENAI_API_KEY$/m);
  expect(text).toMatch(/^EXTRA=plain +# slipway:app\.extraEnv\.EXTRA$/m);
  expect(text).toMatch(/^TMWS_PROXY=\(secret\) +# slipway:app\.extraEnv\.TMWS_PROXY$/m);
  for (const secret of [given.secretKey, "an-openai-key", "pass-0"]) expect(text).not.toContain(secret);
});

test("a password of a store alone", () => {
  const variables = seen(triaSettings())[0]?.variables ?? [];
  expect(variables.find(({ name }) => name === "POSTGRES_PASSWORD")).toEqual({
    name: "POSTGRES_PASSWORD",
    value: "(password of postgres, generated once per stack)",
    from: "slipway:postgres.appPassword",
  });
});

test("every value is one line", () => {
  const variables = [{ name: "A", value: "b\nc", from: "x" }];
  expect(renderSeen([{ workload: "app", variables }])).toBe('# workload app\nA="b\\nc"  # x');
});

test("arguments of the import", () => {
  expect(importWishes([".env", "--dry-run"])).toEqual({ file: ".env", dryRun: true, yes: false });
  expect(() => importWishes([])).toThrow("there is no file");
  expect(() => importWishes(["a", "b"])).toThrow('"b" is too much');
  expect(() => importWishes(["--dry"])).toThrow('"--dry" is too much');
});
