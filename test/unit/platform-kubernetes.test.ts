import { describe, expect, test } from "vitest";
import { policiesOf } from "../../components/cluster/policies.ts";
import { imageOf, namespaceOf } from "../../infra/platforms/cluster-names.ts";
import { refusalOf, unplaceable } from "../../infra/platforms/placeable.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { ordersPlacement } from "../fixtures/placement.ts";
import { localSettings, productionSettings } from "../fixtures/settings.ts";

const optionsOf = (settings: typeof localSettings, system = systemOf(settings)) =>
  unplaceable(system, settings).map(({ option }) => option);

describe("what can go to a cluster", () => {
  test("TMWS 2.4 on SQLite, with Redis and Prometheus", () => {
    expect(optionsOf(localSettings)).toEqual([]);
  });

  test("no system on PostgreSQL yet, and the refusal says what to do", () => {
    const { system, settings } = ordersPlacement(localSettings);
    expect(refusalOf(unplaceable(system, settings))).toBe(
      "slipway:system\n  with platform kubernetes: orders keeps its rows in PostgreSQL, which Slipway places on Docker only\n  mend: pulumi config set slipway:platform docker",
    );
  });

  test("nothing of a Docker host: every problem at once", () => {
    const settings = {
      ...productionSettings,
      watch: { profile: "full" as const },
      release: "promoted" as const,
      data: { generation: 2 },
      app: { ...productionSettings.app, replicas: 2 },
    };
    expect(optionsOf(settings)).toEqual([
      "firewall.enabled",
      "watch.profile",
      "release",
      "data.generation",
      "app.replicas",
    ]);
  });

  test.each(["native", "container"] as const)("no Ollama (%s)", (mode) => {
    const system = { ...systemOf(localSettings), ollama: { mode, model: { name: "m", dimensions: 1, digest: "" } } };
    expect(unplaceable(system as ReturnType<typeof systemOf>, localSettings)[0]?.why).toMatch(new RegExp(`^${mode}: `));
  });
});

describe("names", () => {
  test("the namespace is the stack's unless config says another", () => {
    expect(namespaceOf(localSettings)).toBe("slipway-local");
    expect(namespaceOf({ ...localSettings, kubernetes: { ...localSettings.kubernetes, namespace: "own" } })).toBe(
      "own",
    );
  });

  test("an image that was built is in the registry under its own name; one by digest stays where it is", () => {
    const settings = { kubernetes: { ...localSettings.kubernetes, registry: "registry.example.com/team" } };
    const built = { name: "slipway/redis:0123", id: "sha256:a", digest: undefined };
    expect(imageOf(built, settings)).toBe("registry.example.com/team/slipway/redis:0123");
    expect(imageOf(built, localSettings)).toBe("slipway/redis:0123");
    const pulled = { name: "redis:8@sha256:b", id: "sha256:a", digest: "sha256:b" };
    expect(imageOf(pulled, settings)).toBe("redis:8@sha256:b");
  });
});

describe("network policies", () => {
  const answers = [{ part: "app", ports: [8000] }];
  test("select every pod, so that what none names is refused", () => {
    const [first] = policiesOf({ answers, from: "nobody" });
    expect(first).toEqual({
      name: "private",
      spec: {
        podSelector: {},
        policyTypes: ["Ingress", "Egress"],
        ingress: [{ from: [{ podSelector: {} }] }],
        egress: [
          { to: [{ podSelector: {} }] },
          {
            to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
            ports: [
              { protocol: "UDP", port: 53 },
              { protocol: "TCP", port: 53 },
            ],
          },
        ],
      },
    });
  });

  test("let out what says so, and never to the node's own credentials", () => {
    expect(policiesOf({ answers, from: "nobody" })[1]?.spec).toEqual({
      podSelector: { matchLabels: { "slipway.egress": "true" } },
      policyTypes: ["Egress"],
      egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } }] }],
    });
  });

  test("let in from the nodes' ports only where one is opened", () => {
    const ports = [{ protocol: "TCP", port: 8000 }];
    expect(policiesOf({ answers, from: "anywhere" })[2]?.spec).toMatchObject({ ingress: [{ ports }] });
    expect(policiesOf({ answers, from: "nobody" })).toHaveLength(2);
  });
});
