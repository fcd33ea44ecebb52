import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, test } from "vitest";
import { ConfigError, loadSettings } from "../../infra/config/load.ts";
import { good, hexKey } from "./config-fixture.ts";

/** A stack without a file in the checkout: what Pulumi hands over is all there is. */
const stack = "config-load-test";

const values = Object.fromEntries(
  Object.entries(good.local).map(([key, value]) => [
    `slipway:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]),
);

beforeEach(async () => {
  await pulumi.runtime.setMocks(
    { newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) },
    "slipway",
    stack,
    true,
  );
});

test("the stack's config becomes settings, its secret wrapped", () => {
  pulumi.runtime.setAllConfig({ ...values, "slipway:app": JSON.stringify({ secretKey: hexKey }) }, ["slipway:app"]);
  const settings = loadSettings();
  expect([settings.project, settings.stack, settings.environment]).toEqual(["slipway", stack, "local"]);
  expect(settings.app.secretKey?.secret).toBe(hexKey);
  expect(JSON.stringify(settings)).not.toContain(hexKey);
});

test("a refused config is one error without a stack trace, with every problem", () => {
  pulumi.runtime.setAllConfig(
    { ...values, "slipway:tier": "huge", "slipway:app": JSON.stringify({ secretKey: hexKey }) },
    [],
  );
  const error = thrown(loadSettings);
  expect(error).toBeInstanceOf(ConfigError);
  expect(pulumi.RunError.isInstance(error)).toBe(true);
  expect(String(error)).toContain(
    [
      "The config has 2 problems; nothing was changed.",
      "",
      "  slipway:tier",
      "    is:      huge",
      "    allowed: one of small, medium, large",
      `    mend:    pulumi config set slipway:tier small --stack ${stack}`,
      "",
      "  slipway:app.secretKey",
      "    is:      (secret)",
      "    allowed: a value given with --secret; this one stands in clear: a key that was ever shared must be a new one",
      `    mend:    openssl rand -hex 32 | pulumi config set --path 'slipway:app.secretKey' --secret --stack ${stack}`,
    ].join("\n"),
  );
});

function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
