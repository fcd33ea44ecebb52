import { Listener } from "@pulumi/aws/lb/listener.js";
import { ListenerRule } from "@pulumi/aws/lb/listenerRule.js";
import { LoadBalancer } from "@pulumi/aws/lb/loadBalancer.js";
import { TargetGroup } from "@pulumi/aws/lb/targetGroup.js";
import * as pulumi from "@pulumi/pulumi";
import { type Answered, rulesOf, shortName, targetName, tlsPolicy } from "./spec.ts";

/** What of a workload a balancer asks before it sends it anybody. */
export interface Asked {
  readonly path: string;
  readonly port: number;
}

export interface BalancerArgs {
  readonly stack: string;
  readonly vpc: pulumi.Input<string>;
  readonly subnets: readonly pulumi.Input<string>[];
  readonly group: pulumi.Input<string>;
  readonly certificate: pulumi.Input<string>;
  readonly keep: boolean;
  /** Time in which a task that goes answers what it has begun. */
  readonly drainSeconds: number;
}

export interface WebBalancerArgs extends BalancerArgs {
  readonly routes: readonly Answered[];
  /** By workload. */
  readonly asked: Readonly<Record<string, Asked>>;
}

/** The edge's headers (guide 001, "Security": on) as far as AWS has them: what the product sends of them is replaced. */
const owaspHeaders = {
  routingHttpResponseStrictTransportSecurityHeaderValue: "max-age=31536000",
  routingHttpResponseXContentTypeOptionsHeaderValue: "nosniff",
  routingHttpResponseXFrameOptionsHeaderValue: "SAMEORIGIN",
  routingHttpResponseServerEnabled: false,
} as const;

/** Where a balancer leads to, by `targetName`. */
export type Targets = Readonly<Record<string, TargetGroup>>;

/** https for users: TLS ends here, 80 leads to 443, what is private or nobody's gets 404. */
export class WebBalancer extends pulumi.ComponentResource {
  readonly balancer: LoadBalancer;
  readonly targets: Targets;
  /** A service of ECS may begin only when its target has a listener. */
  readonly listening: readonly pulumi.Resource[];

  constructor(name: string, args: WebBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:WebBalancer", name, {}, opts);
    const { stack, subnets, group, keep } = args;
    this.balancer = new LoadBalancer(
      name,
      {
        name: shortName("slipway", stack, "web"),
        loadBalancerType: "application",
        internal: false,
        subnets: [...subnets],
        securityGroups: [group],
        dropInvalidHeaderFields: true,
        desyncMitigationMode: "defensive",
        enableDeletionProtection: keep,
        // Streams are closed after as long as on a Docker host.
        idleTimeout: 300,
      },
      { parent: this },
    );
    this.targets = this.targetGroups(args);
    this.listening = this.listeners(name, args);
    this.registerOutputs({});
  }

  private targetGroups({ stack, vpc, routes, asked, drainSeconds }: WebBalancerArgs): Targets {
    const made = routes.map(({ alias, port }) => {
      const own = targetName(alias, port);
      const { path = "/", port: asks = port } = asked[alias] ?? {};
      const target = new TargetGroup(
        own,
        {
          name: shortName("slipway", stack, own),
          targetType: "ip",
          protocol: "HTTP",
          port,
          vpcId: vpc,
          deregistrationDelay: drainSeconds,
          healthCheck: {
            path,
            port: String(asks),
            protocol: "HTTP",
            matcher: "200-299",
            interval: 10,
            timeout: 5,
            healthyThreshold: 2,
            unhealthyThreshold: 3,
          },
        },
        { parent: this },
      );
      return [own, target] as const;
    });
    return Object.fromEntries(made);
  }

  private listeners(name: string, { routes, certificate }: WebBalancerArgs): readonly pulumi.Resource[] {
    const parent = { parent: this };
    const loadBalancerArn = this.balancer.arn;
    const nobody = {
      type: "fixed-response",
      fixedResponse: { contentType: "text/plain", statusCode: "404", messageBody: "Not Found" },
    };
    const https = new Listener(
      `${name}-https`,
      {
        loadBalancerArn,
        port: 443,
        protocol: "HTTPS",
        sslPolicy: tlsPolicy,
        certificateArn: certificate,
        defaultActions: [nobody],
        ...owaspHeaders,
      },
      parent,
    );
    const redirect = { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" };
    const defaultActions = [{ type: "redirect", redirect }];
    new Listener(`${name}-http`, { loadBalancerArn, port: 80, protocol: "HTTP", defaultActions }, parent);
    return rulesOf(routes).map(({ priority, hosts, paths, to }) => {
      const forward = to === undefined ? undefined : this.targets[to]?.arn;
      return new ListenerRule(
        `${name}-${priority}`,
        {
          listenerArn: https.arn,
          priority,
          conditions: [
            { hostHeader: { values: [...hosts] } },
            ...(paths === undefined ? [] : [{ pathPattern: { values: [...paths] } }]),
          ],
          actions: [forward === undefined ? nobody : { type: "forward", targetGroupArn: forward }],
        },
        parent,
      );
    });
  }
}

export interface TcpBalancerArgs extends BalancerArgs {
  /** `listen`: for users; `port`: the workload's own. */
  readonly routes: readonly { readonly alias: string; readonly port: number; readonly listen: number }[];
  /** Whether the internet reaches it; else the network alone. */
  readonly open: boolean;
}

/** Raw TCP with TLS (guide 002: 3001), for the networks that its group lets in. */
export class TcpBalancer extends pulumi.ComponentResource {
  readonly balancer: LoadBalancer;
  readonly targets: Targets;
  readonly listening: readonly pulumi.Resource[];

  constructor(name: string, args: TcpBalancerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:TcpBalancer", name, {}, opts);
    const { stack, vpc, subnets, group, certificate, keep, drainSeconds, routes, open } = args;
    const parent = { parent: this };
    this.balancer = new LoadBalancer(
      name,
      {
        name: shortName("slipway", stack, "tcp"),
        loadBalancerType: "network",
        internal: !open,
        subnets: [...subnets],
        securityGroups: [group],
        enableCrossZoneLoadBalancing: true,
        enableDeletionProtection: keep,
      },
      parent,
    );
    const made = routes.map(({ alias, port, listen }) => {
      const own = targetName(alias, port);
      const target = new TargetGroup(
        own,
        {
          name: shortName("slipway", stack, own),
          targetType: "ip",
          protocol: "TCP",
          port,
          vpcId: vpc,
          // The allow-list is the group's; the product is asked by the balancer's own address.
          preserveClientIp: "false",
          deregistrationDelay: drainSeconds,
          connectionTermination: true,
          healthCheck: { protocol: "TCP", interval: 10, timeout: 5, healthyThreshold: 2, unhealthyThreshold: 3 },
        },
        parent,
      );
      const listener = new Listener(
        `${name}-${listen}`,
        {
          loadBalancerArn: this.balancer.arn,
          port: listen,
          protocol: "TLS",
          sslPolicy: tlsPolicy,
          certificateArn: certificate,
          defaultActions: [{ type: "forward", targetGroupArn: target.arn }],
        },
        parent,
      );
      return { own, target, listener };
    });
    this.targets = Object.fromEntries(made.map(({ own, target }) => [own, target]));
    this.listening = made.map(({ listener }) => listener);
    this.registerOutputs({});
  }
}
