import { describe, expect, test } from "vitest";
import { policiesOf } from "../../components/cluster/policies.ts";
import { imageOf, namespaceOf, privateAddressOf, scaledDatabase } from "../../infra/platforms/kubernetes/names.ts";
import { unplaceable } from "../../infra/platforms/kubernetes/placeable.ts";
import { refusalOf } from "../../infra/platforms/refusal.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { ordersPlacement } from "../fixtures/placement.ts";
import { localSettings, productionSettings } from "../fixtures/settings.ts";

const optionsOf = (settings: typeof localSettings, system = systemOf(settings)) =>
  unplaceable(system, settings).map(({ option }) => option);

describe("what can go to a cluster", () => {
  test("TMWS 2.4 on SQLite, with Redis and Prometheus", () => {
    expect(optionsOf(localSettings)).toEqual([]);
  });

  test("a system on PostgreSQL, by its own server", () => {
    const { system, settings } = ordersPlacement(localSettings);
    expect(optionsOf(settings, system)).toEqual([]);
  });

  test("no log that is received, and no data that go back beside users; the refusal says what to do", () => {
    const { system, settings } = ordersPlacement(localSettings);
    const { rollout, backup, environment: _, ...rest } = settings;
    const wanted = {
      ...rest,
      environment: "staging" as const,
      backup: { ...backup, continuous: undefined },
      rollout: { ...rollout, back: "data" as const },
    };
    expect(refusalOf(unplaceable(system, wanted))).toBe(
      "slipway:backup.continuous\n  with platform kubernetes: the write-ahead log is received on Docker only\n  mend: pulumi config set --path slipway:backup.continuous false\n" +
        "slipway:rollout.back\n  with platform kubernetes: data: nothing in a cluster holds users' requests while the data go back\n  mend: pulumi config set --path slipway:rollout.back code",
    );
  });

  test("nothing that is sent on or told from a Docker host: what is given and would not be done is refused", () => {
    const wanted = {
      ...localSettings,
      logs: { ...localSettings.logs, ship: { ...localSettings.logs.ship, to: "loki" as const } },
      prometheus: {
        ...localSettings.prometheus,
        remoteWrite: { url: "https://metrics.example.com", bearer: undefined },
      },
    };
    expect(unplaceable(systemOf(wanted), wanted).map(({ mend }) => mend)).toEqual([
      "pulumi config rm --path slipway:logs.ship.to",
      "pulumi config rm --path slipway:prometheus.remoteWrite.url",
    ]);
    const counting = { ...localSettings, logs: { count: true, ship: {} } };
    expect(unplaceable(systemOf(counting), counting).map(({ mend }) => mend)).toEqual([
      "pulumi config rm --path slipway:logs.count",
    ]);
  });

  test("an autoscaler that can count, and none of one writer", () => {
    const { system, settings } = ordersPlacement(localSettings);
    const kubernetes = { ...settings.kubernetes, autoscale: { max: 2, min: 3, cpuPercent: 70 } };
    expect(unplaceable(system, { ...settings, kubernetes }).map(({ why }) => why)).toEqual([
      "at most 2 replicas are fewer than at least 3",
    ]);
    const autoscale = { max: 3, min: 2, cpuPercent: 70 };
    const scaled = { ...localSettings, kubernetes: { ...localSettings.kubernetes, autoscale } };
    expect(unplaceable(systemOf(scaled), scaled)[0]?.mend).toBe(
      "pulumi config rm --path slipway:kubernetes.autoscale.max",
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
      "announce.webhook",
      "release",
      "data.generation",
      "app.replicas",
    ]);
  });

  test("an Ollama of its own, and none of the host", () => {
    const embeds = (mode: "native" | "container") => ({
      ...systemOf(localSettings),
      ollama: { mode, model: { name: "m", dimensions: 1 } },
    });
    expect(unplaceable(embeds("container"), localSettings)).toEqual([]);
    expect(unplaceable(embeds("native"), localSettings)[0]).toMatchObject({
      why: "native: a cluster has no one host that Ollama could be on",
      mend: "pulumi config set --path slipway:ollama.mode container",
    });
  });
});

describe("PostgreSQL's connections", () => {
  test("are those of the system, and as many times more as an autoscaler has replicas", () => {
    const { system, settings } = ordersPlacement(localSettings);
    expect(scaledDatabase({ system, settings })).toMatchObject({ name: "orders", connections: 32 });
    const kubernetes = { ...settings.kubernetes, autoscale: { max: 6, min: 2, cpuPercent: 70 } };
    expect(scaledDatabase({ system, settings: { ...settings, kubernetes } })).toMatchObject({ connections: 64 });
  });
});

test("raw TCP that stays in the namespace is told as what it is", () => {
  const { system, settings } = ordersPlacement(localSettings);
  const raw = { routes: [], tcp: [{ alias: "mcp", port: 8080, listen: 3001 }] };
  expect(privateAddressOf(raw, settings)).toBe("tcp://mcp:8080 (within the namespace)");
  expect(privateAddressOf(raw, { tcp: { ...settings.tcp, public: true } })).toBeUndefined();
  expect(privateAddressOf(system, settings)).toBeUndefined();
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
  const answer = { part: "app", ports: [8000] };
  test("select every pod, so that what none names is refused", () => {
    const [first] = policiesOf({ answers: [] });
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
    expect(policiesOf({ answers: [] })[1]?.spec).toEqual({
      podSelector: { matchLabels: { "slipway.egress": "true" } },
      policyTypes: ["Egress"],
      egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } }] }],
    });
  });

  test("let in from the nodes' ports only where one is opened", () => {
    const ports = [{ protocol: "TCP", port: 8000 }];
    expect(policiesOf({ answers: [{ ...answer, from: "anywhere" }] })[2]?.spec).toMatchObject({ ingress: [{ ports }] });
    expect(policiesOf({ answers: [] })).toHaveLength(2);
  });

  test("let the ingress controller ask cert-manager's solvers, where it certifies", () => {
    expect(policiesOf({ answers: [], certified: true })[2]).toEqual({
      name: "acme",
      spec: {
        podSelector: { matchLabels: { "acme.cert-manager.io/http01-solver": "true" } },
        policyTypes: ["Ingress"],
        ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ protocol: "TCP", port: 8089 }] }],
      },
    });
  });

  test("let a Prometheus of the cluster ask for metrics, and nothing else", () => {
    const jobs = [{ part: "app", ports: [9090] }];
    expect(policiesOf({ answers: [], scraped: { namespace: "monitoring", jobs } })[2]).toEqual({
      name: "metrics-app",
      spec: {
        podSelector: { matchLabels: { "slipway.part": "app" } },
        policyTypes: ["Ingress"],
        ingress: [
          {
            from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }],
            ports: [{ protocol: "TCP", port: 9090 }],
          },
        ],
      },
    });
  });
});
