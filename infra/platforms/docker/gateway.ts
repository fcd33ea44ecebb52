import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { Authority, Certificate } from "../../../components/certificate/resource.ts";
import { innerNetwork, resourceName } from "../../../components/container/spec.ts";
import { Edge } from "../../../components/edge/docker.ts";
import { edgeMetricsVolume } from "../../../components/edge/metrics.ts";
import type { SmokeTest } from "../../../components/smoke-test/docker.ts";
import { StepResource } from "../../../components/steps/resource.ts";
import { Switch, type SwitchArgs } from "../../../components/switch/docker.ts";
import { publicOf } from "../../../components/switch/public.ts";
import { volume } from "../../../components/volumes/docker.ts";
import type { Settings } from "../../config/settings.ts";
import { gatedRoutes } from "../routes.ts";
import { partLimits } from "../tiers.ts";
import type { Placement } from "./placement.ts";
import type { On } from "./stores.ts";
import { watchSources } from "./watched.ts";

/** The way of a request from outside: the edge, the switch, and the certificates that both show. */

/** Containers that a backend may have during a release; fixed, because a change replaces the switch. */
const slots = 32;

/** The stack's own CA. Only for systems that have a server whose clients verify it: it is protected, so it cannot go again. */
export function authority(
  { host: { place }, system, settings }: Placement,
  parent: pulumi.Resource,
): Authority | undefined {
  if (system.database.kind !== "postgres" && !settings.tcp.public) return undefined;
  return new Authority("authority", { subject: resourceName(place, place.system) }, { parent });
}

/**
 * The switch between the edge and the workloads.
 * @param journal mounted so that preflight can read it
 * @param metrics the volume with the edge's metrics socket, where there is one
 */
export function gate(
  { placement: { host, system, settings, images }, networks, parent }: On,
  journal: docker.Volume,
  ca: Authority | undefined,
  metrics: docker.Volume | undefined,
): Switch {
  const { readyTimeoutSeconds, holdSeconds } = settings.rollout;
  const { tls, limits } = settings.edge;
  const open = publicOf(settings.tcp, system.tcp);
  const spec = {
    image: images.parts.haproxy.id,
    network: innerNetwork(host.place, "front"),
    limits: partLimits("switch", settings.tier),
    routes: gatedRoutes(system),
    tcp: system.tcp,
    ...(open && { public: open }),
    slots,
    // The longest hold that a release can come to, and a little more.
    holdSeconds: readyTimeoutSeconds + holdSeconds + 10,
    ...(tls.mode === "shared" && { share: tls.stack }),
    clients: limits,
    ...(metrics && { edgeMetrics: true }),
  };
  const certificate = open && publicCertificate(settings, ca, parent);
  const args = {
    host,
    spec,
    network: networks.front,
    journal,
    edgeMetrics: metrics,
    ...(certificate && { certificate }),
  };
  return new Switch("switch", args, { parent });
}

/** Of the public raw TCP ports: given in config, or a leaf of the stack's own CA under the system's own name. */
function publicCertificate(
  { tcp: { certificate, key }, edge: { domain } }: Settings,
  ca: Authority | undefined,
  parent: pulumi.Resource,
): SwitchArgs["certificate"] {
  if (certificate !== undefined && key !== undefined) return { certificate, key: pulumi.secret(key.secret) };
  if (ca === undefined) throw new Error("public raw TCP has a CA");
  return new Certificate("public-certificate", { authority: ca, names: [domain] }, { parent });
}

/** With the socket of the edge's numbers, for both; undefined where nobody asks for them. */
export function edgeMetrics({ host, system, settings }: Placement, parent: pulumi.Resource): docker.Volume | undefined {
  return watchSources({ settings, system }).has("edge") ? volume(host, edgeMetricsVolume, { parent }) : undefined;
}

/** @param seed a secret of the stack that stays, for a certificate of one's own */
export function edge(
  { host, system, settings, images }: Placement,
  { run }: Switch,
  seed: pulumi.Output<string>,
  parent: pulumi.Resource,
  beside: { readonly walls: pulumi.Resource | undefined; readonly metrics: docker.Volume | undefined },
): Edge | undefined {
  const { httpsPort, httpPort, tls, limits } = settings.edge;
  if (system.routes.length === 0 || tls.mode === "shared") return undefined;
  const spec = {
    image: images.parts.caddy.id,
    limits: partLimits("edge", settings.tier),
    hosts: system.routes.map((route) => route.host),
    httpsPort,
    httpPort,
    bind: settings.environment === "local" ? ["127.0.0.1"] : [],
    tls,
    clients: limits,
    ...(beside.metrics && { metrics: settings.images === "official" ? ("bits" as const) : ("umask" as const) }),
  };
  const pair = tls.mode === "own" ? { pair: { certificate: tls.certificate, key: tls.key, seed } } : {};
  return new Edge("edge", { host, spec, run, ...beside, ...pair }, { parent });
}

/** Depends on the last step, so that a destroy removes it first: it refuses while others share the edge. */
export function edgeGuard({ host }: Placement, last: SmokeTest, parent: pulumi.Resource): void {
  const step = { module: "edge/guard.step.ts", type: "EdgeGuard" };
  new StepResource(step, "edge-guard", { ...host }, [], { parent, dependsOn: last });
}
