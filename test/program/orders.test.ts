import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { DockerPlatform } from "../../infra/platforms/docker.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { ordersPlacement } from "../fixtures/placement.ts";
import { given, localSettings, productionSettings } from "../fixtures/settings.ts";

const fixture = new URL("../fixtures/urns.orders.json", import.meta.url);
const step = (name: string) => `pulumi-nodejs:dynamic/slipway:steps:${name}`;

const place = (settings: typeof localSettings) =>
  register(() => {
    new DockerPlatform(ordersPlacement(settings));
  });

let all: readonly Registered[];
beforeAll(async () => {
  all = await place(localSettings);
}, 60_000);

function one(type: string, name: string): Registered {
  const [found, ...more] = all.filter((each) => each.type === type && each.name === name);
  if (found === undefined || more.length > 0) throw new Error(`wanted one ${type} ${name}`);
  return found;
}

describe("a system of one's own on PostgreSQL, with workers", () => {
  test("its logical names are those of the fixture", () => {
    const wanted: unknown = JSON.parse(readFileSync(fixture, "utf8"));
    expect(
      all.map(({ qualified }) => qualified),
      "logical names are a contract, see urns.test.ts; a new or dropped resource belongs into test/fixtures/urns.orders.json.",
    ).toEqual(wanted);
  });

  test("Rollout gets each workload with its duty: the web ones their backends, the workers their check", () => {
    expect(one(step("Rollout"), "rollout").inputs).toMatchObject({
      mode: "overlap",
      workloads: [
        {
          container: { name: "slipway-local_web", image: "sha256:app", labels: { "slipway.part": "web" } },
          replicas: 3,
          duty: { kind: "web", port: 8000, backends: [{ name: "web-8000", candidatePort: 8480 }] },
        },
        {
          container: { name: "slipway-local_worker", command: ["orders-worker"], labels: { "slipway.part": "worker" } },
          replicas: 2,
          duty: { kind: "worker", check: ["orders-check"], single: false },
        },
      ],
      data: {
        mounts: [],
        database: { kind: "postgres", name: "orders", image: "sha256:postgres", network: "slipway-local_private" },
      },
      bake: {
        triggers: [
          { name: "5xx answers of web-8000" },
          { name: "request latency of web-8000" },
          { name: "database latency of orders" },
          { name: "failed queries of orders" },
        ],
      },
    });
  });

  test("the workloads get the app's role, the steps the owner's password", () => {
    const url = expect.stringMatching(/^postgresql:\/\/\S+:a-generated-password@postgres:5432\/orders$/);
    expect(one(step("Rollout"), "rollout").inputs).toMatchObject({
      secretEnv: { web: { ORDERS_DATABASE_URL: url }, worker: { ORDERS_DATABASE_URL: url } },
      dataSecrets: { PGPASSWORD: "a-generated-password" },
    });
  });

  test("nothing is released before the database's roles are there", () => {
    const names = one(step("BackupPoint"), "backup-point").dependencies.map((urn) => urn.split("::").at(-1));
    expect(names).toEqual(expect.arrayContaining(["postgres-roles", "private", "switch"]));
  });

  test("the passwords are generated once and protected, and so are the rows", () => {
    const kept = all.filter(({ protect }) => protect).map(({ name }) => name);
    expect(kept).toEqual(
      expect.arrayContaining(["postgres-app-password", "postgres-owner-password", "postgres-data", "backups"]),
    );
  });
});

describe("its secrets from the config", () => {
  const secrets = [given.ownerPassword, given.appPassword, given.webhook];
  let others: readonly Registered[];
  beforeAll(async () => {
    others = await place(productionSettings);
  }, 60_000);

  test("appear in clear in no input of any resource but inside a secret one", () => {
    for (const { urn, inputs, secrets: hidden } of others) {
      const open = Object.fromEntries(Object.entries(inputs).filter(([name]) => !hidden.includes(name)));
      for (const secret of secrets) expect(JSON.stringify(open), urn).not.toContain(secret);
    }
  });

  test("the owner's password reaches the steps that work on the rows and no workload; the app's is the workloads' own", () => {
    const inputs = others.find(({ type }) => type === step("Rollout"))?.inputs ?? {};
    expect(JSON.stringify(inputs["secretEnv"])).toContain(given.appPassword);
    expect(JSON.stringify(inputs["secretEnv"])).not.toContain(given.ownerPassword);
    expect(inputs["dataSecrets"]).toEqual({ PGPASSWORD: given.ownerPassword });
    for (const name of ["BackupPoint", "Migration", "SmokeTest"]) {
      const found = others.find(({ type }) => type === step(name));
      expect(found?.inputs["dataSecrets"], name).toEqual({ PGPASSWORD: given.ownerPassword });
      expect(found?.secrets, name).toContain("dataSecrets");
      expect(found?.additionalSecretOutputs, name).toContain("dataSecrets");
    }
  });
});
