import { describe, expect, test } from "vitest";
import { labelsFor } from "../../components/container/spec.ts";
import type { Release } from "../../components/steps/journal.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import type { Found } from "../../infra/preflight/found.ts";
import { nothingFound } from "../../infra/preflight/found.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { placementOf } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

const place = { stack: "local", system: "tmws" };
const network = "slipway-local_private";

async function made(found: Found, serving?: Release, deviation = ""): Promise<readonly Registered[]> {
  return register(() => {
    new DockerPlatform({ ...placementOf(localSettings, deviation), found, serving });
  });
}

/** The steps that were told of something, with what. */
function told(all: readonly Registered[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    all.flatMap(({ name, inputs }) => {
      const { deviation } = inputs;
      return deviation === undefined || deviation === "" ? [] : [[name, deviation]];
    }),
  );
}

const redis = {
  running: true,
  id: "c-redis",
  name: "slipway-local_redis",
  labels: labelsFor(place, "redis", "part"),
  limits: { cpus: 0.5, memoryMb: 256, pids: 64 },
  restart: "unless-stopped",
  networks: { [network]: ["redis"] },
};

describe("what preflight found reaches the step whose business it is", () => {
  test("nothing, before the launch and when all is as it was", async () => {
    expect(told(await made(nothingFound))).toEqual({});
    expect(told(await made({ containers: [redis], files: new Map() }))).toEqual({});
  }, 60_000);

  test("a part's to its own Limits", async () => {
    const changed = { ...redis, limits: { ...redis.limits, memoryMb: 64 }, networks: {} };
    expect(told(await made({ containers: [changed], files: new Map() }))).toEqual({
      "redis-limits": `memory: 64 MB instead of 256 MB; network ${network}: disconnected instead of connected`,
    });
  }, 60_000);

  test("a file's to the Files of its volume, in clear: words that hold nothing of the content", async () => {
    const before = await made(nothingFound);
    const volumeOf = (name: string) => before.find((each) => each.name === name)?.inputs["volume"];
    const files = new Map([
      [String(volumeOf("switch-files")), new Map([["haproxy.cfg", "by hand"]])],
      [String(volumeOf("redis-files")), new Map<string, string>()],
    ]);
    const all = await made({ containers: [], files });
    expect(told(all)).toEqual({
      "switch-files": "haproxy.cfg: changed",
      "redis-files": "redis.conf: missing",
      "redis-secrets": "password: missing; users.acl: missing",
    });
    for (const { name, secrets } of all) expect(secrets, name).not.toContain("deviation");
  }, 60_000);

  test("a replica's to Rollout, beside what the journal tells", async () => {
    const alias = "app-r1-0";
    const replica = { id: "c-app", workload: "app", alias, madeBy: "r1", single: false, stopGraceSeconds: 1 };
    const serving: Release = {
      id: "r1",
      image: "sha256:app",
      revision: "b",
      reads: [],
      definition: "d",
      since: "2026-01-01T00:00:00Z",
      replicas: [replica],
      traffic: {},
    };
    const [rollout] = (await made(nothingFound)).filter(({ name }) => name === "rollout");
    const workloads = rollout?.inputs["workloads"] as {
      container: { limits: Found["containers"][number]["limits"] };
    }[];
    const limits = workloads[0]?.container.limits ?? { cpus: 0, memoryMb: 0, pids: 0 };
    const app = {
      ...redis,
      id: "c-app",
      name: `slipway-local_${alias}`,
      limits: { ...limits, cpus: 0.25 },
      networks: { [network]: ["app", alias], "slipway-local_front": ["app", alias] },
    };
    const all = await made({ containers: [app], files: new Map() }, serving, "release r0 was undone");
    expect(told(all)).toEqual({
      // A stack that serves, and none of its parts is there.
      ...Object.fromEntries(["edge", "prometheus", "redis", "switch"].map((part) => [`${part}-limits`, "missing"])),
      rollout: `release r0 was undone; ${alias}, cores: 0.25 instead of ${limits.cpus}`,
    });
  }, 60_000);
});
