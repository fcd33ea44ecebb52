import { describe, expect, test } from "vitest";
import { policiesOf } from "../../components/cluster/policies.ts";
import { operatedExposure } from "../../infra/platforms/kubernetes/operated.ts";
import { unplaceable } from "../../infra/platforms/kubernetes/placeable.ts";
import { exposureOf } from "../../infra/platforms/kubernetes/ways.ts";
import { serversProblem } from "../../infra/preflight/servers.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { ordersPlacement } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";

const operated = { operator: "cloudnative-pg", instances: undefined, operatorNamespace: "cnpg-system" } as const;
const withOperator = { ...localSettings, kubernetes: { ...localSettings.kubernetes, postgres: operated } };

describe("who runs PostgreSQL in a cluster", () => {
  const fresh = { known: true, cluster: false, claim: false };
  const problem = (wanted: "none" | "cloudnative-pg", found: Partial<typeof fresh>) =>
    serversProblem("slipway-local", wanted, { ...fresh, ...found });

  test("begins with what config says, and goes on with it", () => {
    expect(problem("none", { known: false })).toBeUndefined();
    expect(problem("none", { claim: true })).toBeUndefined();
    expect(problem("cloudnative-pg", {})).toBeUndefined();
    expect(problem("cloudnative-pg", { cluster: true })).toBeUndefined();
  });

  test("is no operator that is not there: told how it comes", () => {
    expect(problem("cloudnative-pg", { known: false })).toEqual({
      option: "kubernetes.postgres.operator",
      why: "cloudnative-pg: the cluster does not know clusters.postgresql.cnpg.io, so the operator is not there",
      mend: expect.stringMatching(/^kubectl apply --server-side -f https:\S+\/cnpg-1\.27\.0\.yaml$/),
    });
  });

  test("does not change under data, either way", () => {
    expect(problem("cloudnative-pg", { claim: true })?.mend).toBe(
      "pulumi config rm --path slipway:kubernetes.postgres.operator",
    );
    expect(problem("none", { cluster: true })?.mend).toBe(
      "pulumi config set --path slipway:kubernetes.postgres.operator cloudnative-pg",
    );
  });

  test("is nobody for a file, and there are no servers to count without one", () => {
    expect(unplaceable(systemOf(withOperator), withOperator).map(({ option }) => option)).toEqual([
      "kubernetes.postgres.operator",
    ]);
    const { system, settings } = ordersPlacement(localSettings);
    const counted = { ...settings.kubernetes.postgres, instances: 3 };
    const kubernetes = { ...settings.kubernetes, postgres: counted };
    expect(unplaceable(system, { ...settings, kubernetes }).map(({ option }) => option)).toEqual([
      "kubernetes.postgres.instances",
    ]);
  });
});

describe("who may talk to the operator's servers", () => {
  const { system, settings } = ordersPlacement(withOperator);

  test("the operator asks how they are, and they ask the API server", () => {
    const { operated: asked } = exposureOf({ system, settings });
    expect(policiesOf({ answers: [], ...(asked && { operated: asked }) })[2]).toEqual({
      name: "operated-postgres",
      spec: {
        podSelector: { matchLabels: { "cnpg.io/cluster": "postgres" } },
        policyTypes: ["Ingress", "Egress"],
        ingress: [
          {
            from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "cnpg-system" } } }],
            ports: [
              { protocol: "TCP", port: 8000 },
              { protocol: "TCP", port: 5432 },
            ],
          },
        ],
        egress: [
          {
            to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } }],
            ports: [
              { protocol: "TCP", port: 443 },
              { protocol: "TCP", port: 6443 },
            ],
          },
        ],
      },
    });
  });

  test("a Prometheus elsewhere asks their metrics where there is one", () => {
    const kubernetes = { ...settings.kubernetes, monitoring: "monitoring" };
    expect(exposureOf({ system, settings: { ...settings, kubernetes } }).scraped?.jobs).toContainEqual({
      part: "postgres",
      ports: [9187],
    });
    expect(operatedExposure(system, localSettings)).toEqual({ jobs: [] });
  });
});
