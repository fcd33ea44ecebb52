import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { ordersPlacement } from "../fixtures/placement.ts";
import { given, localSettings, productionSettings } from "../fixtures/settings.ts";

const fixture = new URL("../fixtures/urns.orders.json", import.meta.url);
const step = (name: string) => `pulumi-nodejs:dynamic/slipway:steps:${name}`;

const place = (settings: typeof localSettings) =>
  register(() => {
    new DockerPlatform(ordersPlacement(settings));
  });

const trust = { volume: "slipway-local_trust", path: "/etc/slipway/trust", readOnly: true };

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

  test("what config keeps of logs is what Rollout gets, and nothing is said of it where config says nothing", async () => {
    const shape = z.array(z.object({ container: z.object({ logs: z.unknown().optional() }) }));
    const logsIn = (registered: readonly Registered[]) =>
      registered
        .filter(({ type }) => type === step("Rollout"))
        .flatMap(({ inputs }) => shape.parse(Reflect.get(inputs, "workloads")).map(({ container }) => container.logs));
    expect(logsIn(all)).toEqual([undefined, undefined]);
    const kept = { megabytes: 10, files: 30 };
    expect(logsIn(await place({ ...localSettings, logs: { files: 30, ship: {} } }))).toEqual([kept, kept]);
  });

  test("Rollout gets each workload with its duty: the web ones their backends, the workers their check", () => {
    expect(one(step("Rollout"), "rollout").inputs).toMatchObject({
      mode: "overlap",
      workloads: [
        {
          container: {
            name: "slipway-local_web",
            image: "sha256:app",
            labels: { "slipway.part": "web" },
            mounts: [trust],
          },
          replicas: 3,
          duty: { kind: "web", port: 8000, backends: [{ name: "web-8000", candidatePort: 8480 }] },
        },
        {
          container: {
            name: "slipway-local_worker",
            command: ["orders-worker"],
            labels: { "slipway.part": "worker" },
            mounts: [trust],
          },
          replicas: 2,
          duty: { kind: "worker", check: ["orders-check"], single: false },
        },
      ],
      data: {
        mounts: [],
        database: {
          kind: "postgres",
          name: "orders",
          image: "sha256:postgres",
          network: "slipway-local_private",
          trust,
        },
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
    const url = expect.stringMatching(
      /^postgresql:\/\/\S+:a-generated-password@postgres:5432\/orders\?sslmode=verify-full&/,
    );
    expect(one(step("Rollout"), "rollout").inputs).toMatchObject({
      secretEnv: { web: { ORDERS_DATABASE_URL: url }, worker: { ORDERS_DATABASE_URL: url } },
      dataSecrets: { PGPASSWORD: "a-generated-password" },
    });
  });

  test("nothing is released before the database's roles are there", () => {
    const names = one(step("BackupPoint"), "backup-point").dependencies.map((urn) => urn.split("::").at(-1));
    expect(names).toEqual(expect.arrayContaining(["postgres-roles", "private", "switch"]));
  });

  test("the server's key and the CA's are secrets; a renewed certificate reaches the roles step and not the container", () => {
    const certificate = one(step("Certificate"), "postgres-certificate");
    expect(certificate.inputs).toMatchObject({
      names: ["postgres", "localhost", "127.0.0.1"],
      days: 397,
      ca: "the-ca",
    });
    expect(certificate.secrets).toEqual(["caKey"]);
    for (const each of [certificate, one(step("Authority"), "authority")]) {
      expect(each.additionalSecretOutputs, each.name).toContain("key");
    }
    for (const { name, inputs, secrets } of all) {
      const open = Object.fromEntries(Object.entries(inputs).filter(([key]) => !secrets.includes(key)));
      expect(JSON.stringify(open), name).not.toMatch(/the-ca-key|the-server-key/);
    }
    expect(one(step("PostgresRoles"), "postgres-roles").inputs["certificate"]).toBe("AA:BB");
    const container = one("docker:index/container:Container", "postgres");
    expect(JSON.stringify(container.inputs)).not.toMatch(/the-chain|AA:BB/);
    expect(container.deleteBeforeReplace).toBe(true);
  });

  test("clients have the CA before anything is released", () => {
    const files = one(step("Files"), "trust-files");
    expect(files.inputs["entries"]).toEqual([
      { path: "ca.crt", type: "file", content: "the-ca", mode: 0o444, uid: 0, gid: 0 },
    ]);
    const roles = one(step("PostgresRoles"), "postgres-roles").dependencies.map((urn) => urn.split("::").at(-1));
    expect(roles).toContain("trust-files");
  });

  test("PostgreSQL is on the private network alone, without a port of the host", () => {
    const { inputs } = one("docker:index/container:Container", "postgres");
    expect(inputs["networksAdvanced"]).toEqual([{ name: "slipway-local_private", aliases: ["postgres"] }]);
    expect([inputs["ports"], inputs["networkMode"], inputs["publishAllPorts"]]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("the passwords are generated once and protected, and so are the rows", () => {
    const kept = all.filter(({ protect }) => protect).map(({ name }) => name);
    expect(kept).toEqual(
      expect.arrayContaining([
        ...["postgres-app-password", "postgres-owner-password", "postgres-data", "backups", "authority"],
      ]),
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
