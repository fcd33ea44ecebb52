import * as kubernetes from "@pulumi/kubernetes";
import { podsAlias } from "../../components/app/pods.ts";
import type { Exposure } from "../../components/cluster/policies.ts";
import { service } from "../../components/cluster/resource.ts";
import { label } from "../../components/container/spec.ts";
import type { ScrapeJob } from "../../components/prometheus/spec.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../systems/system.ts";
import type { InCluster } from "./cluster-placement.ts";

/** How users get in: the cluster's own ingress controller, or for tests a port of its nodes. */
export function ways({ placement: { system, settings }, at, parent }: InCluster): void {
  const { ingressClass, nodePort } = settings.kubernetes;
  const opts = { parent };
  const chosen = (part: string) => ({ [label.stack]: at.place.stack, [label.part]: part });
  if (ingressClass !== undefined && system.routes.length > 0) {
    if (system.routes.some(({ private: paths = [] }) => paths.length > 0))
      service(at, nobody, { selector: chosen(nobody), ports: [nobodysPort] }, opts);
    ingress({ placement: { system, settings }, at, parent }, ingressClass);
  }
  const [first] = [...system.routes, ...system.tcp];
  if (nodePort === undefined || first === undefined) return;
  service(at, `${first.alias}-nodes`, { selector: chosen(first.alias), ports: [first.port], nodePort }, opts);
}

type Way = Omit<InCluster, "placement"> & {
  readonly placement: Pick<InCluster["placement"], "system" | "settings">;
};

function ingress({ placement: { system, settings }, at, parent }: Way, ingressClassName: string): void {
  const { issuer } = settings.kubernetes;
  const hosts = system.routes.map(({ host }) => host);
  new kubernetes.networking.v1.Ingress(
    "edge",
    {
      metadata: {
        name: "edge",
        namespace: at.namespace,
        annotations: {
          ...(issuer !== undefined && { "cert-manager.io/cluster-issuer": issuer }),
          // Whether a load balancer answers is the cluster's; the smoke test asks the services.
          "pulumi.com/skipAwait": "true",
        },
      },
      spec: {
        ingressClassName,
        rules: ingressRules(system),
        tls: [{ hosts, ...(issuer !== undefined && { secretName: "edge-tls" }) }],
      },
    },
    { parent, provider: at.provider },
  );
}

/** A Service that no pod is behind: a controller answers 503 for what leads there. */
const nobody = "nobody";
const nobodysPort = 80;

/** Pure. What is private leads to nobody: an Ingress has no word for refusing a path. */
export function ingressRules({ routes }: Pick<System, "routes">) {
  return routes.map(({ host, alias, port, private: paths = [] }) => {
    const to = (name: string, number: number) => ({ service: { name, port: { number } } });
    const refused = paths.map((path) => ({ path, pathType: "Prefix", backend: to(nobody, nobodysPort) }));
    return { host, http: { paths: [...refused, { path: "/", pathType: "Prefix", backend: to(alias, port) }] } };
  });
}

/** Whom Prometheus scrapes: every pod of a workload, not the one that its Service chose. */
export function scrapedIn({ mode, scrape }: Pick<System, "mode" | "scrape">): readonly ScrapeJob[] {
  return mode === "overlap" ? scrape.map((job) => ({ ...job, alias: podsAlias(job.alias) })) : scrape;
}

/** For a Prometheus of the Prometheus Operator; pure. By the same Services as the stack's own asks. */
export function monitorsOf(system: Pick<System, "mode" | "scrape">) {
  return scrapedIn(system).map(({ name, alias, port, params }) => ({
    name,
    spec: {
      selector: { matchLabels: { [label.part]: alias } },
      endpoints: [
        {
          port: `p${port}`,
          interval: "15s",
          ...(params && { params: Object.fromEntries(Object.entries(params).map(([key, text]) => [key, [text]])) }),
        },
      ],
    },
  }));
}

export function monitors({ placement: { system, settings }, at, parent }: InCluster): void {
  if (settings.kubernetes.monitoring === undefined) return;
  for (const { name, spec } of monitorsOf(system))
    new kubernetes.apiextensions.CustomResource(
      `monitor-${name}`,
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "ServiceMonitor",
        metadata: { name, namespace: at.namespace, labels: { [label.part]: name } },
        spec,
      },
      { parent, provider: at.provider },
    );
}

/** Ports under which each workload is known: for users, for its own health, for Prometheus. */
export function portsOf({ workloads, routes, scrape, tcp }: System): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    workloads.map(({ name, duty }) => {
      const named = [...routes, ...scrape, ...tcp].filter(({ alias }) => alias === name).map(({ port }) => port);
      return [name, [...new Set([...(duty.kind === "worker" ? [] : [duty.port]), ...named])]];
    }),
  );
}

export function exposureOf({
  system,
  settings,
}: {
  readonly system: System;
  readonly settings: Pick<Settings, "kubernetes">;
}): Exposure {
  const { ingressClass, nodePort, monitoring: namespace } = settings.kubernetes;
  const open = [...system.routes, ...(nodePort === undefined ? [] : system.tcp)];
  const answers = byPart(open);
  const jobs = byPart(system.scrape);
  return {
    answers,
    from: nodePort !== undefined ? "anywhere" : ingressClass !== undefined ? "cluster" : "nobody",
    ...(namespace !== undefined && { scraped: { namespace, jobs } }),
  };
}

function byPart(all: readonly { readonly alias: string; readonly port: number }[]): Exposure["answers"] {
  return [...new Set(all.map(({ alias }) => alias))].map((part) => ({
    part,
    ports: all.filter(({ alias }) => alias === part).map(({ port }) => port),
  }));
}
