import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { imagesWith, placementOf } from "../fixtures/placement.ts";
import { triaSettings } from "../fixtures/tria-settings.ts";

const fixture = new URL("../fixtures/urns.tria.json", import.meta.url);

const place = (app: Readonly<Record<string, unknown>>) =>
  register(() => {
    new DockerPlatform({
      ...placementOf(triaSettings(app)),
      images: imagesWith("postgres", "chroma"),
    });
  });

let all: readonly Registered[];
let without: readonly Registered[];
beforeAll(async () => {
  all = await place({ chroma: true });
  without = await place({});
}, 60_000);

function one(type: string, name: string): Registered {
  const [found, ...more] = all.filter((each) => each.type === type && each.name === name);
  if (found === undefined || more.length > 0) throw new Error(`wanted one ${type} ${name}`);
  return found;
}

describe("Tria on a Docker host", () => {
  test("its logical names are those of the fixture", () => {
    const wanted: unknown = JSON.parse(readFileSync(fixture, "utf8"));
    expect(
      all.map(({ qualified }) => qualified),
      "logical names are a contract, see urns.test.ts",
    ).toEqual(wanted);
  });

  test("Chroma that is off keeps its data's volume, which is protected, and nothing else", () => {
    const names = (each: readonly Registered[]) => each.map(({ qualified }) => qualified);
    const gone = names(all).filter((name) => !names(without).includes(name));
    expect(gone.map((name) => name.split("::")[1]).sort()).toEqual(["chroma", "chroma-files", "chroma-limits"]);
    expect(names(without).some((name) => name.endsWith("::chroma-data"))).toBe(true);
  });

  test("Chroma is on the private network alone, hardened, and writes as its own user", () => {
    expect(one("docker:index/container:Container", "chroma").inputs).toMatchObject({
      image: "sha256:chroma",
      user: "1000:1000",
      readOnly: true,
      capabilities: { drops: ["ALL"], adds: [] },
      networksAdvanced: [{ name: "slipway-local_private", aliases: ["chroma"] }],
    });
  });

  test("the backend gets the stores' passwords beside their addresses, as secrets", () => {
    const rollout = one("pulumi-nodejs:dynamic/slipway:steps:Rollout", "rollout");
    expect(rollout.secrets).toContain("secretEnv");
    expect(rollout.inputs).toMatchObject({
      secretEnv: {
        backend: {
          POSTGRES_PASSWORD: "a-generated-password",
          DATABASE_URL: expect.stringMatching(
            /^postgresql:\/\/tria_aibpo_app:a-generated-password@postgres:5432\/tria_aibpo\?sslmode=verify-full&/,
          ),
          REDIS_PASSWORD: "a-generated-password",
          OPENAI_API_KEY: "sk-0123456789abcdef",
        },
      },
    });
  });
});
