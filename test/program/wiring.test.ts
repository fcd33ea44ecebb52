import { beforeAll, describe, expect, test } from "vitest";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { placementOf } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

let all: readonly Registered[];

beforeAll(async () => {
  all = await register(() => {
    new DockerPlatform(placementOf(localSettings, "release r0 was undone"));
  });
}, 60_000);

const container = "docker:index/container:Container";
const volume = "docker:index/volume:Volume";
const step = (name: string) => `pulumi-nodejs:dynamic/slipway:steps:${name}`;

function one(type: string, name: string): Registered {
  const [found, ...more] = all.filter((each) => each.type === type && each.name === name);
  if (found === undefined || more.length > 0) throw new Error(`wanted one ${type} ${name}`);
  return found;
}

const namesOf = (urns: readonly string[]) => urns.map((urn) => urn.split("::").at(-1) ?? "").sort();

describe("the network", () => {
  test("has no way out", () => {
    expect(one("docker:index/network:Network", "private").inputs).toMatchObject({
      name: "slipway-local_private",
      internal: true,
    });
  });
});

describe("volumes", () => {
  const data = ["backups", "chromadb", "data", "edge-data", "licenses", "prometheus-data", "redis-data"];
  const rendered = ["edge-config", "journal", "prometheus-config", "redis-config", "run", "switch-config"];

  test("are these, and no other", () => {
    expect(
      all
        .filter(({ type }) => type === volume)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...data, ...rendered].sort());
  });

  test.each(data)("%s holds what is the user's: protected, and never replaced for a label", (name) => {
    expect(one(volume, name)).toMatchObject({ protect: true, ignoreChanges: ["labels", "driver", "driverOpts"] });
  });

  test("each is named and labelled by the one rule", () => {
    for (const { name, inputs } of all.filter(({ type }) => type === volume)) {
      expect(inputs).toEqual({
        name: `slipway-local_${name}`,
        labels: [
          { label: "slipway.stack", value: "local" },
          { label: "slipway.system", value: "tmws" },
          { label: "slipway.part", value: name },
        ],
      });
    }
  });

  // A replaced one would be new and empty under the same name: the journal's knowledge of what serves, or files that are not written anew.
  test.each(rendered)("%s can be made anew by hand, but is never replaced for a label", (name) => {
    expect(one(volume, name)).toMatchObject({ protect: false, ignoreChanges: ["labels", "driver", "driverOpts"] });
  });
});

describe("the order of things", () => {
  const waitsFor = (type: string, name: string) => namesOf(one(type, name).dependencies);

  test.each([
    ["redis", ["private", "redis-config", "redis-data", "redis-files", "redis-secrets"]],
    ["prometheus", ["front", "prometheus-config", "prometheus-data", "prometheus-files"]],
    [
      "switch",
      ["front", "journal", "switch-config", "switch-files", "switch-hosts", "switch-joined", "switch-sockets"],
    ],
    ["edge", ["edge-config", "edge-data", "edge-files", "run"]],
  ])("%s starts after its network, its volumes and its files", (name, wanted) => {
    expect(waitsFor(container, name)).toEqual(wanted);
  });

  test("backup point, rehearsed migration, release, proof", () => {
    expect(waitsFor(step("BackupPoint"), "backup-point")).toEqual(
      expect.arrayContaining([
        ...["backups-directories", "chromadb", "data", "journal", "licenses"],
        // Whatever a release needs is there before its first step: the database, the stores, the switch that it tells.
        ...["front", "private", "redis", "switch"],
      ]),
    );
    expect(waitsFor(step("Migration"), "migration")).toContain("backup-point");
    expect(waitsFor(step("Rollout"), "rollout")).toEqual(expect.arrayContaining(["backup-point", "migration"]));
    expect(waitsFor(step("SmokeTest"), "smoke-test")).toEqual(
      expect.arrayContaining(["edge", "prometheus", "redis", "rollout", "switch"]),
    );
  });

  // Else the destroy after a failed first release removes the network while BackupPoint still reaps what is in it.
  test("what reaps leftovers is deleted before the network is", () => {
    expect(waitsFor(step("BackupPoint"), "backup-point")).toContain("private");
  });
});

describe("the steps' inputs", () => {
  test("Rollout gets the rehearsed revision, the deviation, and what ready means", () => {
    expect(one(step("Rollout"), "rollout").inputs).toMatchObject({
      host: "unix:///var/run/docker.sock",
      place: { stack: "local", system: "tmws" },
      owner: "file:///states",
      mode: "stop-first",
      set: "20260101T000000Z-backup-point",
      rehearsed: "20251124_v2_license",
      deviation: "release r0 was undone",
      workloads: [
        {
          replicas: 1,
          duty: {
            kind: "web",
            port: 8000,
            path: "/health",
            json: { status: "healthy", version: "2.4.0" },
            backends: [{ name: "app-8000", candidatePort: 8480 }],
          },
        },
      ],
      gate: { probeImage: "sha256:curl", probes: [{ name: "healthy inside the network" }] },
      times: { ready: 60, drain: 30, hold: 5 },
      bake: { seconds: 60, prometheus: "http://prometheus:9090" },
    });
  });

  test("the triggers are those of every backend; the switch is scraped for them", () => {
    const { bake } = one(step("Rollout"), "rollout").inputs;
    expect(bake).toMatchObject({
      triggers: [{ name: "5xx answers of app-8000" }, { name: "request latency of app-8000" }],
    });
    const [config] = one(step("Files"), "prometheus-files").inputs["entries"] as { content: string }[];
    expect(config?.content).toContain("job_name: switch");
  });

  test("SmokeTest proves exactly that release, again when anything upstream changed, by the name users use", () => {
    expect(one(step("SmokeTest"), "smoke-test").inputs).toMatchObject({
      release: "r1",
      upstream: { containers: "redis-id prometheus-id switch-id edge-id" },
      network: { target: { base: "http://app:8000", options: [] }, from: "slipway-local_front", mounts: [] },
      edge: {
        target: {
          base: "https://tmws.localhost:8443",
          options: [
            'resolve = "tmws.localhost:8443:127.0.0.1"',
            'cacert = "/data/caddy/pki/authorities/local/root.crt"',
          ],
        },
        from: "host",
        mounts: [{ volume: "slipway-local_edge-data", path: "/data", readOnly: true }],
      },
    });
  });

  test("no two resources of one type have one name", () => {
    const keys = all.map(({ type, name }) => `${type}::${name}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
