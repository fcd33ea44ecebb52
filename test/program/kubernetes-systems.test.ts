import { describe, expect, test } from "vitest";
import type { Settings } from "../../infra/config/settings.ts";
import { unplaceable } from "../../infra/platforms/kubernetes/placeable.ts";
import { KubernetesPlatform } from "../../infra/platforms/kubernetes/platform.ts";
import { systemOf } from "../../infra/systems/index.ts";
import type { System } from "../../infra/systems/system.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { diligenceSettings } from "../fixtures/diligence-settings.ts";
import { imagesWith, ordersPlacement } from "../fixtures/placement.ts";
import { rawTcp } from "../fixtures/raw-tcp.ts";
import { localSettings } from "../fixtures/settings.ts";
import { triaSettings } from "../fixtures/tria-settings.ts";

const images = imagesWith("postgres", "chroma", "ollama");

function placed(settings: Settings, system: System, modelSource?: { kind: "pull"; insecure: boolean }) {
  const place = { stack: "local", system: system.name };
  return register(() => {
    new KubernetesPlatform({ place, settings, system, images, modelSource });
  });
}

function one(all: readonly Registered[], kind: string, name: string): Registered {
  const [found, ...more] = all.filter((each) => each.type.endsWith(`:${kind}`) && each.name === name);
  if (found === undefined || more.length > 0) throw new Error(`wanted one ${kind} ${name}`);
  return found;
}
const dependsOn = ({ dependencies }: Registered, name: string) => dependencies.some((urn) => urn.endsWith(`::${name}`));

describe("Tria", () => {
  const settings = { ...triaSettings({ chroma: true }), platform: "kubernetes" as const };
  const system = systemOf(settings);

  test("has Chroma beside it, in a folder of its own, and is proved after it", async () => {
    const all = await placed(settings, system);
    expect(one(all, "PersistentVolumeClaim", "chroma-data").protect).toBe(true);
    expect(one(all, "StatefulSet", "chroma").inputs["spec"]).toMatchObject({
      template: {
        spec: {
          initContainers: [
            { command: ["mkdir", "-p", "-m", "0700", "/data/chroma"], volumeMounts: [{ mountPath: "/data" }, {}] },
          ],
          containers: [{ args: expect.arrayContaining(["--path", "/data/chroma"]) }],
        },
      },
    });
    expect(dependsOn(one(all, "SmokeTest", "smoke-test"), "chroma")).toBe(true);
  });

  test("logs in to Redis by the password alone, and may go out", async () => {
    const all = await placed(settings, system);
    const { stringData } = one(all, "Secret", "redis-users").inputs as { stringData: Record<string, string> };
    expect(stringData["users.acl"]).toMatch(/^user default reset on #/m);
    expect(one(all, "Deployment", "backend").inputs["spec"]).toMatchObject({
      template: { metadata: { labels: { "slipway.egress": "true" } } },
    });
  });

  test("keeps what is private from an ingress controller", async () => {
    const open = { ...settings, kubernetes: { ...settings.kubernetes, ingressClass: "nginx" } };
    const all = await placed(open, system);
    const to = (name: string, number: number) => ({ service: { name, port: { number } } });
    expect(one(all, "Ingress", "edge").inputs["spec"]).toMatchObject({
      rules: [
        {
          http: {
            paths: [
              { path: "/metrics", pathType: "Prefix", backend: to("nobody", 80) },
              { path: "/api/v1/health/diagnostics", pathType: "Prefix", backend: to("nobody", 80) },
              { path: "/", pathType: "Prefix", backend: to("backend", 8003) },
            ],
          },
        },
      ],
    });
    expect(one(all, "Service", "nobody-service").inputs["spec"]).toMatchObject({
      selector: { "slipway.part": "backend" },
      ports: [{ port: 80, targetPort: 9 }],
    });
    expect(one(all, "NetworkPolicy", "policy-public-backend").inputs["spec"]).toMatchObject({
      ingress: [{ ports: [{ port: 8003 }, { port: 9 }] }],
    });
  });

  test("is not asked by a Service for what the Ingress alone keeps private", async () => {
    const { probes } = one(await placed(settings, system), "SmokeTest", "smoke-test").inputs as {
      probes: readonly { name: string }[];
    };
    const left = system.probes.filter(({ name }) => !probes.some((probe) => probe.name === name));
    expect(left.map(({ name }) => name)).toEqual(["diagnostics are not public", "metrics are not public"]);
  });

  test("is scraped pod by pod", async () => {
    const all = await placed(settings, system);
    const { data } = one(all, "ConfigMap", "prometheus-config").inputs as { data: Record<string, string> };
    expect(data["prometheus.yml"]).toContain("- backend-pods\n");
    expect(one(all, "Service", "backend-pods-service").inputs["spec"]).toMatchObject({ clusterIP: "None" });
  });
});

describe("raw TCP", () => {
  const { system: base, settings } = ordersPlacement(localSettings);
  const system = rawTcp(base);

  test("answers in the namespace by its own Service, and its probes run in its own image", async () => {
    const all = await placed(settings, system);
    expect(one(all, "Service", "mcp-service").inputs["spec"]).toMatchObject({ ports: [{ port: 8080 }] });
    const { inputs, secrets } = one(all, "SmokeTest", "smoke-test");
    expect(inputs["commands"]).toMatchObject({ mcp: { image: "slipway/app:0123", at: { host: "mcp", port: 8080 } } });
    expect(secrets).toContain("commands");
    expect(inputs).not.toHaveProperty("edge");
  });

  test("is asked by its own command whether it is ready, and alive", async () => {
    const all = await placed(settings, system);
    expect(one(all, "Deployment", "mcp").inputs["spec"]).toMatchObject({
      template: {
        spec: {
          containers: [
            { readinessProbe: { exec: { command: ["ask"] } }, livenessProbe: { exec: { command: ["alive"] } } },
          ],
        },
      },
    });
  });

  test("is published by a load balancer alone that ends TLS, to the networks that may connect", async () => {
    const tcp = { ...settings.tcp, public: true, port: 443, allow: ["203.0.113.0/24"] };
    const open = { ...settings, tcp };
    expect(unplaceable(system, open).map(({ option }) => option)).toEqual(["tcp.public"]);
    const certificate = { "service.beta.kubernetes.io/aws-load-balancer-ssl-cert": "arn:aws:acm:some" };
    const balanced = { ...open, kubernetes: { ...settings.kubernetes, loadBalancer: certificate } };
    expect(unplaceable(system, balanced)).toEqual([]);
    const all = await placed(balanced, system);
    expect(one(all, "Service", "mcp-public").inputs).toMatchObject({
      metadata: { annotations: certificate },
      spec: {
        type: "LoadBalancer",
        selector: { "slipway.stack": "local", "slipway.part": "mcp" },
        ports: [{ port: 443, targetPort: 8080 }],
        loadBalancerSourceRanges: ["203.0.113.0/24"],
        externalTrafficPolicy: "Local",
      },
    });
    expect(one(all, "NetworkPolicy", "policy-public-mcp").inputs["spec"]).toMatchObject({
      ingress: [{ ports: [{ port: 8080 }] }],
    });
  });

  test("stays in the namespace where nothing is said", async () => {
    const all = await placed(settings, system);
    expect(all.filter(({ name }) => name.includes("public"))).toEqual([]);
  });
});

describe("Diligence, whose web and workers write the same volumes", () => {
  const settingsOf = (app: Readonly<Record<string, unknown>>) => ({
    ...diligenceSettings(app),
    platform: "kubernetes" as const,
  });

  test("has one claim of each, and its pods on one node: a claim is mounted by one alone", async () => {
    const settings = settingsOf({ database: "postgres" });
    const system = systemOf(settings);
    expect(unplaceable(system, settings)).toEqual([]);
    const all = await placed(settings, system);
    const claims = all.filter(({ type }) => type.endsWith(":PersistentVolumeClaim")).map(({ name }) => name);
    expect(claims).toEqual(expect.arrayContaining(["data", "output", "backups"]));
    const matchLabels = { "slipway.stack": "local", "slipway.shares": "volumes" };
    for (const name of ["web", "worker"])
      expect(one(all, "Deployment", name).inputs["spec"]).toMatchObject({
        strategy: { type: "RollingUpdate" },
        template: {
          metadata: { labels: matchLabels },
          spec: {
            affinity: {
              podAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: [
                  { labelSelector: { matchLabels }, topologyKey: "kubernetes.io/hostname" },
                ],
              },
            },
          },
        },
      });
    const { template } = one(all, "Deployment", "beat").inputs["spec"] as { template: { spec: object } };
    expect(template.spec).not.toHaveProperty("affinity");
  });

  test("is refused on SQLite: a migration has to be alone, and nothing ends all three Deployments for it", () => {
    const settings = settingsOf({ database: "sqlite" });
    expect(unplaceable(systemOf(settings), settings).map(({ option, mend }) => [option, mend])).toEqual([
      ["app.database", "pulumi config set --path slipway:app.database postgres"],
    ]);
  });
});

test("Ollama has a claim for its models, a way out, and its model before anything embeds", async () => {
  const { system, settings } = ordersPlacement(localSettings);
  const embeds = { ...system, ollama: { mode: "container" as const, model: { name: "bge", dimensions: 1024 } } };
  const all = await placed(settings, embeds, { kind: "pull", insecure: false });
  expect(one(all, "PersistentVolumeClaim", "ollama-data").protect).toBe(true);
  expect(one(all, "StatefulSet", "ollama").inputs["spec"]).toMatchObject({
    template: {
      metadata: { labels: { "slipway.egress": "true" } },
      spec: { initContainers: [{ command: ["mkdir", "-p", "-m", "0700", "/data/ollama"] }] },
    },
  });
  const { inputs } = one(all, "Model", "model");
  expect(inputs).toMatchObject({
    host: "kubernetes:///slipway-local",
    url: "http://ollama:11434",
    probeImage: "slipway/curl:0123",
    model: { name: "bge" },
    source: { kind: "pull" },
  });
  expect(dependsOn(one(all, "BackupPoint", "backup-point"), "model")).toBe(true);
});

test("Ollama asks a node for one GPU where config says so, and for none else", async () => {
  const { system, settings } = ordersPlacement(localSettings);
  const embeds = { ...system, ollama: { mode: "container" as const, model: { name: "bge", dimensions: 1024 } } };
  const limits = async (gpu: boolean) => {
    const wanted = { ...settings, ollama: { ...settings.ollama, gpu } };
    const all = await placed(wanted, embeds, { kind: "pull", insecure: false });
    const { template } = one(all, "StatefulSet", "ollama").inputs["spec"] as {
      template: { spec: { containers: readonly { resources: { limits: Readonly<Record<string, string>> } }[] } };
    };
    return template.spec.containers.map(({ resources }) => resources.limits["nvidia.com/gpu"]);
  };
  expect(await limits(true)).toEqual(["1"]);
  expect(await limits(false)).toEqual([undefined]);
});
