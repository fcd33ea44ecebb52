import * as kubernetes from "@pulumi/kubernetes";
import { podsAlias } from "../../../components/app/pods.ts";
import type { Asked, Exposure } from "../../../components/cluster/policies.ts";
import { service } from "../../../components/cluster/resource.ts";
import { label } from "../../../components/container/spec.ts";
import type { ScrapeJob } from "../../../components/prometheus/spec.ts";
import type { Settings } from "../../config/settings.ts";
import type { System } from "../../systems/system.ts";
import type { InCluster } from "./placement.ts";

/** How users get in: the cluster's own ingress controller, or for tests a port of its nodes. */
export function ways(on: InCluster): void {
  const { placement, at, parent } = on;
  const { system, settings } = placement;
  const { ingressClass, nodePort } = settings.kubernetes;
  const opts = { parent };
  const chosen = (part: string) => ({ [label.stack]: at.place.stack, [label.part]: part });
  if (ingressClass !== undefined && system.routes.length > 0) {
    const [hides] = hiding(system);
    if (hides !== undefined)
      service(at, nobody, { selector: chosen(hides.alias), ports: [nobodysPort], to: closedPort }, opts);
    ingress(on, ingressClass);
  }
  publish(on);
  const [first] = [...system.routes, ...system.tcp];
  if (nodePort === undefined || first === undefined) return;
  service(at, `${first.alias}-nodes`, { selector: chosen(first.alias), ports: [first.port], nodePort }, opts);
}

/** What ways follow from. */
interface Placed {
  readonly system: System;
  readonly settings: Pick<Settings, "kubernetes" | "tcp">;
}

function ingress({ placement: { system, settings }, at, parent }: InCluster, ingressClassName: string): void {
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

/**
 * A Service of a port on which no pod listens: a controller answers 502 for what leads there. (m) Without a pod at all, Traefik 3.6 as it comes
 * forgets the path, and what is private leads to the product by the path above it.
 */
const nobody = "nobody";
const nobodysPort = 80;
/** Discard's (RFC 863). Open to controllers, so that they are refused at once and wait for nothing. */
const closedPort = 9;

function hiding({ routes }: Pick<System, "routes">): System["routes"] {
  return routes.filter(({ private: paths = [] }) => paths.length > 0);
}

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

/** A ServiceMonitor for each thing to scrape, for a Prometheus operator that the cluster has already; nothing where config names none. */
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

/**
 * Which pods answer whom: everybody for what is published, the cluster alone for what an ingress controller hands on, the monitoring's namespace for
 * metrics.
 */
export function exposureOf({ system, settings }: Placed): Exposure {
  const { ingressClass, issuer, nodePort, monitoring: namespace } = settings.kubernetes;
  const anywhere = nodePort === undefined ? published(system, settings) : [...system.routes, ...system.tcp];
  const names = new Set(anywhere.map(({ alias }) => alias));
  const routes = ingressClass === undefined ? [] : system.routes;
  const closed = hiding({ routes })
    .slice(0, 1)
    .map(({ alias }) => ({ alias, port: closedPort }));
  const inside = [...routes, ...closed].filter(({ alias }) => !names.has(alias));
  return {
    answers: [
      ...byPart(inside).map((asked) => ({ ...asked, from: "cluster" as const })),
      ...byPart(anywhere).map((asked) => ({ ...asked, from: "anywhere" as const })),
    ],
    ...(namespace !== undefined && { scraped: { namespace, jobs: byPart(system.scrape) } }),
    certified: routes.length > 0 && issuer !== undefined,
  };
}

function byPart(all: readonly { readonly alias: string; readonly port: number }[]): readonly Asked[] {
  return [...new Set(all.map(({ alias }) => alias))].map((part) => ({
    part,
    ports: all.filter(({ alias }) => alias === part).map(({ port }) => port),
  }));
}

/** Raw TCP for users: by a load balancer that ends TLS and lets only the networks of `tcp.allow` connect (guide 002). */
function publish({ placement: { system, settings }, at, parent }: InCluster): void {
  for (const { alias, spec } of publishedServices(system, settings, at.place.stack))
    new kubernetes.core.v1.Service(
      `${alias}-public`,
      {
        metadata: {
          name: `${alias}-public`,
          namespace: at.namespace,
          annotations: { ...settings.kubernetes.loadBalancer, "pulumi.com/skipAwait": "true" },
        },
        spec,
      },
      { parent, provider: at.provider },
    );
}

/** Pure. */
export function publishedServices(system: System, settings: Pick<Settings, "tcp">, stack: string) {
  return published(system, settings).map(({ alias, port, listen }) => ({
    alias,
    spec: {
      type: "LoadBalancer",
      selector: { [label.stack]: stack, [label.part]: alias },
      ports: [{ name: `p${port}`, port: settings.tcp.port ?? listen, targetPort: port }],
      loadBalancerSourceRanges: [...settings.tcp.allow],
      // The client's own address, for whoever asks who may connect.
      externalTrafficPolicy: "Local",
    },
  }));
}

function published(system: Pick<System, "tcp">, settings: Pick<Settings, "tcp">): System["tcp"] {
  return settings.tcp.public ? system.tcp : [];
}
