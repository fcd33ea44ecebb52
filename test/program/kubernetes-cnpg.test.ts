import { beforeAll, describe, expect, test } from "vitest";
import { KubernetesPlatform } from "../../infra/platforms/kubernetes/platform.ts";
import { type Registered, register } from "../doubles/mock-engine.ts";
import { ordersPlacement } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

const place = { stack: "local", system: "orders" };
const postgres = { operator: "cloudnative-pg", instances: 2, operatorNamespace: "cnpg-system" } as const;
const settings = {
  ...localSettings,
  platform: "kubernetes",
  kubernetes: { ...localSettings.kubernetes, postgres, monitoring: "monitoring" },
  secrets: { ...localSettings.secrets, rotate: { postgres: 1 } },
} as const;

let all: readonly Registered[];
beforeAll(async () => {
  all = await register(() => {
    const { system, images, settings: own } = ordersPlacement(settings);
    new KubernetesPlatform({ place, settings: own, system, images });
  });
}, 60_000);

function one(kind: string, name: string): Registered {
  const [found, ...more] = all.filter((each) => each.type.endsWith(`:${kind}`) && each.name === name);
  if (found === undefined || more.length > 0) throw new Error(`wanted one ${kind} ${name}`);
  return found;
}
const comesAfter = (from: Registered, to: string) => from.dependencies.some((urn) => urn.endsWith(`::${to}`));

describe("PostgreSQL by CloudNativePG", () => {
  test("is one Cluster, kept like a data volume, and neither StatefulSet nor claim of our own", () => {
    const { protect, inputs } = one("Cluster", "postgres");
    expect(protect).toBe(true);
    expect(inputs).toMatchObject({
      apiVersion: "postgresql.cnpg.io/v1",
      metadata: { name: "postgres", namespace: "slipway-local" },
      spec: { instances: 2, bootstrap: { initdb: { database: "orders", owner: "orders_owner" } } },
    });
    expect(all.filter(({ type, name }) => name === "postgres" && type.endsWith(":StatefulSet"))).toEqual([]);
    expect(all.filter(({ name }) => name === "postgres-data")).toEqual([]);
    expect(one("ImageCatalog", "postgres-image").inputs["spec"]).toEqual({
      images: [{ major: 17, image: "slipway/postgres:0123" }],
    });
  });

  test("is found by the name that clients know, which leads to the server that writes", () => {
    expect(one("Service", "postgres-service").inputs).toMatchObject({
      metadata: { name: "postgres" },
      spec: { selector: { "cnpg.io/cluster": "postgres", "cnpg.io/instanceRole": "primary" }, ports: [{ port: 5432 }] },
    });
    expect(one("Certificate", "postgres-certificate").inputs["names"]).toEqual([
      ...["postgres", "localhost", "127.0.0.1"],
      ...["postgres-rw", "postgres-ro", "postgres-r"],
    ]);
  });

  test("has key and password in Secrets, and none anywhere else in clear", () => {
    for (const name of ["postgres-tls", "postgres-owner"]) expect(one("Secret", name).inputs["immutable"]).toBe(true);
    for (const each of all) {
      const open = Object.entries(each.inputs).filter(([name]) => !each.secrets.includes(name));
      for (const value of ["a-generated-password", "the-server-key"])
        expect(JSON.stringify(open), `${each.type} ${each.name}`).not.toContain(value);
    }
  });

  test("is awake before its roles are made, by the server that writes then; the release comes after", () => {
    const chosen = { "cnpg.io/cluster": "postgres", "cnpg.io/instanceRole": "primary" };
    const servers = one("OperatedServers", "postgres-servers");
    expect(servers.inputs).toMatchObject({ host: "kubernetes:///slipway-local", name: "postgres" });
    expect(comesAfter(servers, "postgres")).toBe(true);
    const roles = one("PostgresRoles", "postgres-roles");
    expect(roles.inputs).toMatchObject({ container: "postgres", chosen, generation: 1 });
    expect(comesAfter(roles, "postgres-servers")).toBe(true);
    expect(comesAfter(one("BackupPoint", "backup-point"), "postgres-roles")).toBe(true);
    const retired = one("RetiredLogin", "postgres-login-retired");
    expect(retired.inputs).toMatchObject({ container: "postgres", chosen });
    expect(comesAfter(retired, "smoke-test")).toBe(true);
  });

  test("is asked by its operator, and by the cluster's Prometheus", () => {
    expect(one("NetworkPolicy", "policy-operated-postgres").inputs["spec"]).toMatchObject({
      podSelector: { matchLabels: { "cnpg.io/cluster": "postgres" } },
    });
    expect(one("NetworkPolicy", "policy-metrics-postgres").inputs["spec"]).toMatchObject({
      ingress: [{ ports: [{ port: 9187 }] }],
    });
    expect(one("PodMonitor", "monitor-postgres").inputs).toMatchObject({
      metadata: { name: "monitor-postgres", namespace: "slipway-local" },
      spec: {
        selector: { matchLabels: { "cnpg.io/cluster": "postgres" } },
        podMetricsEndpoints: [{ port: "metrics" }],
      },
    });
  });
});
