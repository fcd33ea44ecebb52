import type { LoadBalancer } from "@pulumi/aws/lb/loadBalancer.js";
import * as pulumi from "@pulumi/pulumi";
import {
  type Asked,
  type BalancerArgs,
  type Targets,
  TcpBalancer,
  WebBalancer,
} from "../../../components/balancer/aws.ts";
import { PublicCertificate } from "../../../components/balancer/certificate.ts";
import { rateLimit, targetName } from "../../../components/balancer/spec.ts";
import { Waf } from "../../../components/balancer/waf.ts";
import { Aliases } from "../../../components/dns/alias.ts";
import type { PrivateVpc } from "../../../components/vpc/private.ts";
import type { System } from "../../systems/system.ts";
import { gatedRoutes } from "../routes.ts";
import { listeners, publicHosts } from "./names.ts";
import type { ManagedPlacement } from "./placement.ts";

/** How users get in. */
export interface Ways {
  readonly web: WebBalancer | undefined;
  readonly tcp: TcpBalancer | undefined;
  readonly targets: Targets;
  /** Before a service of ECS begins. */
  readonly listening: readonly pulumi.Resource[];
}

/** The balancers with their target groups: one for web, one for raw TCP, each only where the system has such a way in. */
export function managedWays(
  placement: ManagedPlacement,
  vpc: PrivateVpc,
  group: pulumi.Output<string>,
  parent: pulumi.Resource,
): Ways {
  const { system, settings } = placement;
  const certificate = certificateOf(placement, parent);
  const common = {
    stack: settings.stack,
    vpc: vpc.id,
    group,
    certificate,
    keep: settings.environment === "production",
    drainSeconds: settings.rollout.drainSeconds,
  };
  const web =
    system.routes.length > 0 ? webOf(placement, { ...common, subnets: vpc.publicSubnets }, parent) : undefined;
  const tcp = system.tcp.length > 0 ? tcpOf(placement, vpc, common, parent) : undefined;
  names(placement, (web ?? tcp)?.balancer, parent);
  return {
    web,
    tcp,
    targets: { ...web?.targets, ...tcp?.targets },
    listening: [...(web?.listening ?? []), ...(tcp?.listening ?? [])],
  };
}

function certificateOf(placement: ManagedPlacement, parent: pulumi.Resource): pulumi.Input<string> {
  const { certificate, zone } = placement.settings.aws;
  if (certificate !== undefined) return certificate;
  if (zone === undefined) throw new Error("a stack without zone and certificate was to be refused before");
  return new PublicCertificate("certificate", { hosts: publicHosts(placement), zone }, { parent }).arn;
}

function webOf({ system, settings }: ManagedPlacement, common: BalancerArgs, parent: pulumi.Resource): WebBalancer {
  const web = new WebBalancer("web", { ...common, routes: system.routes, asked: askedOf(system) }, { parent });
  const limit = rateLimit(settings.edge.limits.requestsPerMinute);
  if (limit !== undefined) new Waf("waf", { stack: common.stack, balancer: web.balancer.arn, limit }, { parent });
  return web;
}

/** What a balancer asks of a replica: what the switch of a Docker host asks, else what a release asks before users come. */
function askedOf(system: System): Readonly<Record<string, Asked>> {
  const asked = gatedRoutes(system).map(({ alias, port, ready }): readonly [string, Asked] => {
    const duty = system.workloads.find(({ name }) => name === alias)?.duty;
    return [alias, ready ?? { path: duty?.kind === "web" ? duty.healthPath : "/", port }];
  });
  return Object.fromEntries(asked);
}

function tcpOf(
  placement: ManagedPlacement,
  vpc: PrivateVpc,
  common: Omit<BalancerArgs, "subnets">,
  parent: pulumi.Resource,
): TcpBalancer {
  const open = placement.settings.tcp.public;
  const subnets = open ? vpc.publicSubnets : vpc.privateSubnets;
  return new TcpBalancer("tcp", { ...common, subnets, routes: listeners(placement), open }, { parent });
}

function names(placement: ManagedPlacement, balancer: LoadBalancer | undefined, parent: pulumi.Resource): void {
  const { zone } = placement.settings.aws;
  if (zone === undefined || balancer === undefined) return;
  const to = { dnsName: balancer.dnsName, zoneId: balancer.zoneId };
  new Aliases("names", { zone, hosts: publicHosts(placement), to }, { parent });
}

/** Where each workload is found by a balancer. */
export function targetsOf({ system }: Pick<ManagedPlacement, "system">, targets: Targets) {
  const all = [...system.routes, ...system.tcp];
  return Object.fromEntries(
    system.workloads.map(({ name }) => {
      const ports = [...new Set(all.filter(({ alias }) => alias === name).map(({ port }) => port))];
      return [
        name,
        ports.flatMap((port) => {
          const target = targets[targetName(name, port)];
          return target === undefined ? [] : [{ arn: target.arn, port }];
        }),
      ];
    }),
  );
}

/** What a name leads to, for probes that ask as users do while the name may lead nowhere yet. */
export function publicTarget({ settings }: Pick<ManagedPlacement, "settings">, { balancer }: WebBalancer) {
  const { domain } = settings.edge;
  return {
    base: `https://${domain}`,
    options: [pulumi.interpolate`connect-to = "${domain}:443:${balancer.dnsName}:443"`],
  };
}
