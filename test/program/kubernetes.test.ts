import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { KubernetesPlatform } from "../../infra/platforms/kubernetes/platform.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { images } from "../fixtures/placement.ts";
import { given, localSettings, productionSettings } from "../fixtures/settings.ts";

const settings = { ...localSettings, platform: "kubernetes" } as const;
const place = { stack: "local", system: "tmws" };
const fixture = new URL("../fixtures/urns.kubernetes.tmws.json", import.meta.url);

function placed(of: typeof localSettings): Promise<readonly Registered[]> {
  return register(() => {
    new KubernetesPlatform({ place, settings: of, system: systemOf(of), images });
  });
}

let all: readonly Registered[];
beforeAll(async () => {
  all = await placed(settings);
}, 60_000);

const ofKind = (kind: string) => all.filter(({ type }) => type.endsWith(`:${kind}`));

function one(kind: string, name: string): Registered {
  const [found, ...more] = ofKind(kind).filter((each) => each.name === name);
  if (found === undefined || more.length > 0) throw new Error(`wanted one ${kind} ${name}`);
  return found;
}

test("logical names are those of the fixture: a rename ships an alias", () => {
  expect(all.map(({ qualified }) => qualified)).toEqual(JSON.parse(readFileSync(fixture, "utf8")));
});

describe("the namespace", () => {
  test("refuses what is not restricted, and is kept with the data in it", () => {
    const { inputs, protect } = one("Namespace", "namespace");
    expect(inputs).toMatchObject({
      metadata: { name: "slipway-local", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    expect(protect).toBe(true);
    expect(ofKind("PersistentVolumeClaim").map(({ protect: kept }) => kept)).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
    ]);
  });

  test("lets its own pods talk, and nobody in while nothing is exposed", () => {
    expect(ofKind("NetworkPolicy").map(({ name }) => name)).toEqual(["policy-egress", "policy-private"]);
  });

  test("is exposed to an ingress controller by config, on the ports of the routes alone", async () => {
    const { kubernetes } = settings;
    const exposed = await placed({
      ...settings,
      kubernetes: { ...kubernetes, ingressClass: "nginx", issuer: "letsencrypt" },
    });
    const [policy] = exposed.filter(({ name }) => name === "policy-public-app");
    expect(policy?.inputs["spec"]).toEqual({
      podSelector: { matchLabels: { "slipway.part": "app" } },
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ protocol: "TCP", port: 8000 }] }],
    });
    const [ingress] = exposed.filter(({ type }) => type.endsWith(":Ingress"));
    expect(ingress?.inputs).toMatchObject({
      metadata: { annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" } },
      spec: {
        ingressClassName: "nginx",
        tls: [{ hosts: ["tmws.localhost"], secretName: "edge-tls" }],
        rules: [
          {
            host: "tmws.localhost",
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "app", port: { number: 8000 } } } }],
            },
          },
        ],
      },
    });
  });
});

describe("the app", () => {
  test("is one writer that ends before the next begins", () => {
    expect(one("Deployment", "app").inputs["spec"]).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
  });

  test("hands the database over before it starts, with the sets beside it", () => {
    const { spec } = one("Deployment", "app").inputs as { spec: { template: { spec: { initContainers: object[] } } } };
    expect(spec.template.spec.initContainers).toEqual([
      expect.objectContaining({
        name: "handover",
        image: "slipway/app:0123",
        volumeMounts: expect.arrayContaining([{ name: "backups", mountPath: "/backup" }]),
      }),
    ]);
  });

  test("begins after the backup point and the rehearsal, which come after the data and Redis", () => {
    const { dependencies } = one("Deployment", "app");
    expect(dependencies.some((urn) => urn.endsWith("Migration::migration"))).toBe(true);
    const before = one("dynamic/slipway:steps:BackupPoint".split(":").at(-1) ?? "", "backup-point").dependencies;
    for (const name of ["data", "chromadb", "licenses", "backups", "redis"])
      expect(
        before.some((urn) => urn.endsWith(`::${name}`)),
        name,
      ).toBe(true);
  });

  test("has its secrets in an immutable Secret, and none anywhere else in clear", async () => {
    const production = await placed({
      ...productionSettings,
      stack: "local",
      firewall: { ...localSettings.firewall },
      announce: localSettings.announce,
      kubernetes: settings.kubernetes,
    });
    for (const each of production) {
      const open = Object.entries(each.inputs).filter(([name]) => !each.secrets.includes(name));
      for (const value of [given.secretKey, given.redisPassword])
        expect(JSON.stringify(open), `${each.type} ${each.name}`).not.toContain(value);
    }
    expect(one("Secret", "app-env").inputs["immutable"]).toBe(true);
    expect(one("Secret", "app-env").secrets).toEqual(["stringData"]);
  });
});

describe("the proof", () => {
  test("asks the workload's Service, after everything else", () => {
    const { inputs, dependencies } = one("SmokeTest", "smoke-test");
    expect(inputs["host"]).toBe("kubernetes:///slipway-local");
    expect(inputs["edge"]).toMatchObject({ target: { base: "http://app:8000" }, user: "65534:65534" });
    for (const name of ["app", "redis", "prometheus"])
      expect(
        dependencies.some((urn) => urn.endsWith(`::${name}`)),
        name,
      ).toBe(true);
  });
});
