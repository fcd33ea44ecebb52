import { expect, test } from "vitest";
import { assertRotations, rotatable } from "../../infra/config/rotations.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { localSettings, productionSettings } from "../fixtures/settings.ts";
import { triaSettings } from "../fixtures/tria-settings.ts";

test("what may be changed is what Slipway generates: not what config gives, nor what follows from another", () => {
  expect(rotatable(systemOf(localSettings))).toEqual(["redis", "secretKey"]);
  expect(rotatable(systemOf(triaSettings()))).toEqual(["redis", "postgres", "postgresOwner", "secretKey"]);
  expect(rotatable(systemOf(productionSettings))).toEqual([]);
});

test("another name is refused with path, what is allowed and the mend", () => {
  const wanted = { stack: "local", secrets: { rotate: { redis: 1, apiKey: 1 } } };
  expect(() => assertRotations(systemOf(localSettings), wanted)).toThrow(
    [
      "  slipway:secrets.rotate.apiKey",
      "    is:      1",
      "    allowed: one of redis, secretKey: what config gives is changed by giving another value",
      "    mend:    pulumi config rm --path 'slipway:secrets.rotate.apiKey' --stack local",
    ].join("\n"),
  );
  expect(() =>
    assertRotations(systemOf(localSettings), { stack: "local", secrets: { rotate: { redis: 1 } } }),
  ).not.toThrow();
});
