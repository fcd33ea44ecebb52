import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { KubernetesPlatform } from "../../infra/platforms/kubernetes/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { ordersPlacement } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

const settings = { ...localSettings, platform: "kubernetes" } as const;
const place = { stack: "local", system: "orders" };
const fixture = new URL("../fixtures/urns.kubernetes.orders.json", import.meta.url);

function placed(of: typeof localSettings): Promise<readonly Registered[]> {
  return register(() => {
    const { system, images } = ordersPlacement(of);
    new KubernetesPlatform({ place, settings: of, system, images });
  });
}

let all: readonly Registered[];
beforeAll(async () => {
  all = await placed(settings);
}, 60_000);

function one(kind: string, name: string, of = all): Registered {
  const [found, ...more] = of.filter((each) => each.type.endsWith(`:${kind}`) && each.name === name);
  if (found === undefined || more.length > 0) throw new Error(`wanted one ${kind} ${name}`);
  return found;
}

interface Spec {
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: { readonly containers: readonly object[]; readonly volumes: readonly object[] };
  };
}
const specOf = (name: string, of = all) => one("Deployment", name, of).inputs["spec"] as Spec;
const comesAfter = (from: Registered, to: string) => from.dependencies.some((urn) => urn.endsWith(`::${to}`));

test("logical names are those of the fixture: a rename ships an alias", () => {
  expect(all.map(({ qualified }) => qualified)).toEqual(JSON.parse(readFileSync(fixture, "utf8")));
});

describe("PostgreSQL", () => {
  test("keeps its data in a claim, below a folder that it may close to others", () => {
    const { inputs } = one("StatefulSet", "postgres");
    expect(inputs["spec"]).toMatchObject({
      replicas: 1,
      template: {
        spec: {
          securityContext: { runAsUser: 999, fsGroup: 999 },
          containers: [
            {
              env: expect.arrayContaining([{ name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" }]),
              volumeMounts: expect.arrayContaining([{ name: "postgres-data", mountPath: "/var/lib/postgresql/data" }]),
            },
          ],
        },
      },
    });
    expect(one("PersistentVolumeClaim", "postgres-data").protect).toBe(true);
  });

  test("is ready when it accepts, so that the roles can be made; nothing ends one that recovers", () => {
    const { template } = one("StatefulSet", "postgres").inputs["spec"] as Spec;
    expect(template.spec.containers[0]).toMatchObject({
      readinessProbe: {
        exec: { command: ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "orders_app", "-d", "orders"] },
      },
    });
    expect(template.spec.containers[0]).not.toHaveProperty("startupProbe");
    expect(template.spec.containers[0]).not.toHaveProperty("livenessProbe");
  });

  test("lets pods of every node ask, by TLS and password alone", () => {
    const { data } = one("ConfigMap", "postgres-config").inputs as { data: Record<string, string> };
    expect(data["pg_hba.conf"]).toContain("\nhostssl all all all scram-sha-256\n");
    expect(data["pg_hba.conf"]).toContain("\nhostnossl all all all reject\n");
  });

  test("has its password and key in an immutable Secret, and none anywhere else in clear", () => {
    expect(one("Secret", "postgres-secrets").inputs["immutable"]).toBe(true);
    for (const each of all) {
      const open = Object.entries(each.inputs).filter(([name]) => !each.secrets.includes(name));
      for (const value of ["a-generated-password", "the-server-key"])
        expect(JSON.stringify(open), `${each.type} ${each.name}`).not.toContain(value);
    }
  });

  test("gets its roles in its pod, again whenever the pod is another", () => {
    const { inputs, follows } = one("PostgresRoles", "postgres-roles");
    expect(inputs).toMatchObject({ host: "kubernetes:///slipway-local", container: "postgres-0" });
    expect(follows["revision"]?.some((urn) => urn.endsWith("StatefulSet::postgres"))).toBe(true);
  });
});

describe("a release", () => {
  test("goes from set to rehearsal, real migration, Deployments, rollout and proof", () => {
    expect(comesAfter(one("BackupPoint", "backup-point"), "postgres-roles")).toBe(true);
    expect(comesAfter(one("LiveMigration", "live-migration"), "migration")).toBe(true);
    expect(comesAfter(one("Deployment", "web"), "live-migration")).toBe(true);
    expect(comesAfter(one("Deployment", "worker"), "live-migration")).toBe(true);
    expect(comesAfter(one("Rollout", "rollout"), "web")).toBe(true);
    expect(comesAfter(one("SmokeTest", "smoke-test"), "rollout")).toBe(true);
  });

  test("takes no pod away before another is ready, and its step waits in the provider's place", () => {
    const { inputs } = one("Deployment", "web");
    expect(inputs["metadata"]).toMatchObject({ annotations: { "pulumi.com/skipAwait": "true" } });
    expect(inputs["spec"]).toMatchObject({
      replicas: 3,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      progressDeadlineSeconds: 100,
      template: { spec: { containers: [{ lifecycle: { preStop: { sleep: { seconds: 5 } } } }] } },
    });
  });

  test("is known by its templates, and the rollout is told of each", () => {
    const [web, worker] = [specOf("web"), specOf("worker")].map(
      (spec) => spec.template.metadata.labels["slipway.release"],
    );
    expect(web).toMatch(/^[0-9a-f]{10}$/);
    expect(one("Rollout", "rollout").inputs).toMatchObject({
      releases: { web, worker },
      image: "slipway/app:0123",
      revision: "0002_note",
    });
    expect(web).not.toBe(worker);
    // The proof notes the same as what serves, or goes back from it.
    expect(one("SmokeTest", "smoke-test").inputs["rollout"]).toMatchObject({ releases: { web, worker } });
    expect(one("SmokeTest", "smoke-test").secrets).toContain("hidden");
  });

  test("with another health check is another release of what is asked", async () => {
    const {
      system,
      images,
      settings: own,
    } = ordersPlacement({ ...settings, health: { ...settings.health, retries: 9 } });
    const other = await register(() => {
      new KubernetesPlatform({ place, settings: own, system, images });
    });
    const [before, now] = [specOf("web"), specOf("web", other)].map((spec) => spec.template.metadata.labels);
    expect(now?.["slipway.release"]).not.toBe(before?.["slipway.release"]);
  });

  test("proves a worker's pod before its process may begin; nothing hands a file over", () => {
    expect(specOf("worker").template.spec).toMatchObject({
      initContainers: [{ name: "check", command: ["orders-check"] }],
    });
    expect(specOf("web").template.spec).not.toHaveProperty("initContainers");
  });

  test("trusts the stack's CA, which is a ConfigMap", () => {
    expect(specOf("web").template.spec.volumes).toContainEqual({
      name: "trust",
      projected: { defaultMode: 0o440, sources: [{ configMap: { name: "trust" } }] },
    });
    expect(one("ConfigMap", "trust").inputs).toMatchObject({
      metadata: { name: "trust" },
      data: { "ca.crt": "the-ca" },
    });
  });

  test("loses one replica at most to whoever empties a node", () => {
    expect(one("PodDisruptionBudget", "web").inputs["spec"]).toMatchObject({ maxUnavailable: 1 });
    expect(one("PodDisruptionBudget", "worker").inputs["spec"]).toMatchObject({ maxUnavailable: 1 });
  });
});

test("an autoscaler has the replicas of what answers users, and PostgreSQL room for its most", async () => {
  const autoscale = { max: 6, min: 3, cpuPercent: 80 };
  const scaled = await placed({ ...settings, kubernetes: { ...settings.kubernetes, autoscale } });
  expect(one("HorizontalPodAutoscaler", "web", scaled).inputs["spec"]).toMatchObject({
    scaleTargetRef: { kind: "Deployment", name: "web" },
    minReplicas: 3,
    maxReplicas: 6,
    metrics: [{ resource: { target: { averageUtilization: 80 } } }],
  });
  expect(scaled.filter(({ type }) => type.endsWith(":HorizontalPodAutoscaler"))).toHaveLength(1);
  expect(specOf("web", scaled)).not.toHaveProperty("replicas");
  expect(specOf("worker", scaled)).toMatchObject({ replicas: 2 });
  const { data } = one("ConfigMap", "postgres-config", scaled).inputs as { data: Record<string, string> };
  // Two releases of 32 connections for three replicas, twice as many for six, and those of Slipway.
  expect(data["postgresql.conf"]).toContain("max_connections = 137");
});

test("a changed password of the app goes to the other login, and the one before is retired after the proof", async () => {
  const rotated = await placed({ ...settings, secrets: { ...settings.secrets, rotate: { postgres: 1 } } });
  const retired = one("RetiredLogin", "postgres-login-retired", rotated);
  expect(retired.inputs).toMatchObject({ host: "kubernetes:///slipway-local", container: "postgres-0" });
  expect(comesAfter(retired, "smoke-test")).toBe(true);
});

test("a Prometheus of the cluster gets a monitor of the pods' Service, and the way in", async () => {
  const scraped = await placed({ ...settings, kubernetes: { ...settings.kubernetes, monitoring: "monitoring" } });
  expect(one("ServiceMonitor", "monitor-orders", scraped).inputs).toMatchObject({
    metadata: { name: "orders", namespace: "slipway-local" },
    spec: { selector: { matchLabels: { "slipway.part": "web-pods" } }, endpoints: [{ port: "p9090" }] },
  });
  expect(one("Service", "web-pods-service", scraped).inputs).toMatchObject({
    metadata: { labels: { "slipway.part": "web-pods" } },
    spec: { ports: expect.arrayContaining([expect.objectContaining({ name: "p9090", port: 9090 })]) },
  });
  expect(one("NetworkPolicy", "policy-metrics-web", scraped).inputs["spec"]).toMatchObject({
    ingress: [{ ports: [{ port: 9090 }] }],
  });
});
