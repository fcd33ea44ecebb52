import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { imagesWith, placementOf } from "../fixtures/placement.ts";
import { tmws23Settings } from "../fixtures/tmws-2.3-settings.ts";

const fixture = new URL("../fixtures/urns.tmws-2.3.json", import.meta.url);
const modelSource = { kind: "pull", insecure: false } as const;

const place = (more: Readonly<Record<string, unknown>> = {}) =>
  register(() => {
    const placement = placementOf(tmws23Settings(more));
    new DockerPlatform({ ...placement, images: imagesWith("ollama"), modelSource });
  });

let all: readonly Registered[];
let native: readonly Registered[];
beforeAll(async () => {
  all = await place();
  native = await place({ ollama: { mode: "native" } });
}, 60_000);

const rollout = "pulumi-nodejs:dynamic/slipway:steps:Rollout";

function one(type: string, name: string, of = all): Registered {
  const [found, ...more] = of.filter((each) => each.type === type && each.name === name);
  if (found === undefined || more.length > 0) throw new Error(`wanted one ${type} ${name}`);
  return found;
}

describe("TMWS 2.3.1 on a Docker host", () => {
  test("its logical names are those of the fixture", () => {
    const wanted: unknown = JSON.parse(readFileSync(fixture, "utf8"));
    expect(
      all.map(({ qualified }) => qualified),
      "logical names are a contract, see urns.test.ts",
    ).toEqual(wanted);
  });

  test("they are 2.4's but for Redis' container, Ollama, and the volumes that each version has alone", () => {
    const newer: readonly string[] = JSON.parse(readFileSync(new URL("urns.tmws.json", fixture), "utf8"));
    const own = all.map(({ qualified }) => qualified);
    const names = (urns: readonly string[]) => urns.map((urn) => urn.split("::")[1] ?? "").sort();
    expect(names(newer.filter((urn) => !own.includes(urn)))).toEqual([
      "licenses",
      "redis",
      "redis-config",
      "redis-files",
      "redis-limits",
      "redis-secrets",
      "redis-users",
      "redis-users-settled",
    ]);
    expect(names(own.filter((urn) => !newer.includes(urn)))).toEqual([
      "config",
      "egress",
      "logs",
      "model",
      "ollama",
      "ollama",
      "ollama-data",
      "ollama-files",
      "ollama-limits",
    ]);
  });

  test("the app mounts its four volumes, all protected, and finds Ollama by name", () => {
    const { inputs, secrets } = one(rollout, "rollout");
    expect(inputs).toMatchObject({
      mode: "stop-first",
      workloads: [
        {
          container: {
            user: "1000:1000",
            mounts: [
              { volume: "slipway-local_data", path: "/app/data" },
              { volume: "slipway-local_chromadb", path: "/app/.chroma" },
              { volume: "slipway-local_config", path: "/app/config" },
              { volume: "slipway-local_logs", path: "/app/logs" },
            ],
            env: { TMWS_OLLAMA_BASE_URL: "http://ollama:11434", TMWS_OLLAMA_MODEL: "zylonai/multilingual-e5-large" },
          },
        },
      ],
      secretEnv: { app: { TMWS_SECRET_KEY: "a-generated-password" } },
    });
    expect(secrets).toContain("secretEnv");
    for (const name of ["data", "chromadb", "config", "logs"]) {
      expect(one("docker:index/volume:Volume", name).protect, name).toBe(true);
    }
  });

  test("a native Ollama: the app finds the host, no container of ours; the models' volume stays", () => {
    expect(one(rollout, "rollout", native).inputs).toMatchObject({
      workloads: [
        { container: { hostGateway: true, env: { TMWS_OLLAMA_BASE_URL: "http://host.docker.internal:11434" } } },
      ],
    });
    expect(native.filter(({ type, name }) => type.includes("Container") && name === "ollama")).toEqual([]);
    expect(one("docker:index/volume:Volume", "ollama-data", native).protect).toBe(true);
  });
});
