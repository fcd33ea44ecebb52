import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { diligenceSettings } from "../fixtures/diligence-settings.ts";
import { imagesWith, placementOf } from "../fixtures/placement.ts";

const fixture = new URL("../fixtures/urns.diligence.json", import.meta.url);

const place = (app: Readonly<Record<string, unknown>>) =>
  register(() => {
    new DockerPlatform({ ...placementOf(diligenceSettings(app)), images: imagesWith("postgres") });
  });

let all: readonly Registered[];
let local: readonly Registered[];
beforeAll(async () => {
  all = await place({});
  local = await place({ database: "sqlite" });
}, 60_000);

function rolloutOf(registered: readonly Registered[]): Registered {
  const [found, ...more] = registered.filter(({ type }) => type === "pulumi-nodejs:dynamic/slipway:steps:Rollout");
  if (found === undefined || more.length > 0) throw new Error("wanted one Rollout");
  return found;
}

describe("the IT Diligence Agent on a Docker host", () => {
  test("its logical names are those of the fixture", () => {
    const wanted: unknown = JSON.parse(readFileSync(fixture, "utf8"));
    expect(
      all.map(({ qualified }) => qualified),
      "logical names are a contract, see urns.test.ts",
    ).toEqual(wanted);
  });

  test("on SQLite there is no server and no CA; the rest has the same names", () => {
    const names = (each: readonly Registered[]) => each.map(({ qualified }) => qualified);
    expect(names(local).filter((name) => !names(all).includes(name))).toEqual([]);
    const gone = names(all).filter((name) => !names(local).includes(name));
    expect(
      gone.filter((name) => !/::(postgres|authority|trust)/.test(name)).map((name) => name.split("::")[1]),
    ).toEqual([]);
    expect(gone.length).toBeGreaterThan(5);
  });

  test("volumes of output and data are protected", () => {
    for (const name of ["output", "data"]) {
      const volumes = all.filter(({ type, name: own }) => type === "docker:index/volume:Volume" && own === name);
      expect(volumes.map((volume) => volume.protect)).toEqual([true]);
    }
  });

  test("every workload gets its secrets as secrets, and stays on the stack's networks", () => {
    const rollout = rolloutOf(all);
    expect(rollout.secrets).toContain("secretEnv");
    const secrets = {
      ANTHROPIC_API_KEY: "sk-ant-0123456789abcdef",
      DATABASE_URL: expect.stringMatching(
        /^postgresql:\/\/itdd_app:a-generated-password@postgres:5432\/itdd\?sslmode=verify-full&/,
      ),
      REDIS_URL: expect.stringMatching(/^redis:\/\/app:a-generated-password@redis:6379\/0$/),
    };
    const on = (...networks: readonly string[]) => networks.map((name) => ({ name: `slipway-local_${name}` }));
    expect(rollout.inputs).toMatchObject({
      mode: "overlap",
      secretEnv: { web: secrets, worker: secrets, beat: secrets },
      workloads: [
        { replicas: 3, container: { network: on("private", "front", "egress") } },
        { replicas: 1, container: { network: on("private", "egress") } },
        { replicas: 1, container: { network: on("private") }, duty: { single: true } },
      ],
    });
    expect(rolloutOf(local).inputs).toMatchObject({ mode: "stop-first" });
  });
});
