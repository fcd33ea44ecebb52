import { beforeAll, describe, expect, test } from "vitest";
import type { Registered } from "../doubles/mock-engine.ts";
import { managedNames, managedOf, managedSettings } from "../fixtures/managed.ts";

/** All inputs by type and name. */
function inputsOf(plan: readonly Registered[]) {
  return Object.fromEntries(
    plan
      .filter(({ type }) => /^(aws:|pulumi:providers|pulumi-nodejs:dynamic)/.test(type))
      .map(({ type, name, inputs, protect }) => [`${type}::${name}`, { ...(protect && { protect }), ...inputs }]),
  );
}

describe.each(managedNames)("%s on AWS' own parts", (name) => {
  let plan: readonly Registered[];
  beforeAll(async () => {
    plan = await managedOf(managedSettings(name));
  });

  test("every input of it", async () => {
    await expect(JSON.stringify(inputsOf(plan), undefined, 2)).toMatchFileSnapshot(`../fixtures/managed.${name}.txt`);
  });
});
