import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { register } from "../doubles/mock-engine.ts";
import { placementOf } from "../fixtures/placement.ts";
import { localSettings, productionSettings } from "../fixtures/settings.ts";

const fixture = new URL("../fixtures/urns.tmws.json", import.meta.url);

/** The end of each URN, project and stack aside. */
async function namesOf(settings: typeof localSettings): Promise<readonly string[]> {
  const all = await register(() => {
    new DockerPlatform(placementOf(settings));
  });
  return all.map(({ qualified }) => qualified);
}

describe("logical names", () => {
  test("are those of the fixture", async () => {
    const wanted: unknown = JSON.parse(readFileSync(fixture, "utf8"));
    expect(
      await namesOf(localSettings),
      "logical names are a contract: a resource that is renamed or moved is deleted and made anew on every stack, data and all. " +
        "A rename ships an alias (`aliases: [{ name: 'the old one' }]`); a new or dropped resource belongs into test/fixtures/urns.tmws.json.",
    ).toEqual(wanted);
  });

  test("do not depend on the stack, nor on whose secrets it has", async () => {
    const own = await namesOf(productionSettings);
    const walls = own.filter((name) => name.split("::")[1]?.startsWith("firewall"));
    expect(walls).toHaveLength(5);
    expect(own.filter((name) => !walls.includes(name))).toEqual(await namesOf(localSettings));
  });

  test("a store that is switched off keeps its data's volume, which is protected, and nothing else", async () => {
    const without = await namesOf({
      ...localSettings,
      redis: { ...localSettings.redis, enabled: false },
      prometheus: { ...localSettings.prometheus, enabled: false },
    });
    const local = await namesOf(localSettings);
    const gone = local.filter((name) => !without.includes(name)).map((name) => name.split("::")[1]);
    expect(gone.sort()).toEqual([
      "prometheus",
      "prometheus-config",
      "prometheus-files",
      "prometheus-limits",
      "redis",
      "redis-config",
      "redis-files",
      "redis-limits",
      "redis-secrets",
      "redis-users",
      "redis-users-settled",
    ]);
    expect(without.filter((name) => !local.includes(name))).toEqual([]);
    expect(without.filter((name) => /::(redis|prometheus)-data$/.test(name))).toHaveLength(2);
  });
});
