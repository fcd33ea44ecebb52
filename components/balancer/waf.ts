import { WebAcl } from "@pulumi/aws/wafv2/webAcl.js";
import { WebAclAssociation } from "@pulumi/aws/wafv2/webAclAssociation.js";
import * as pulumi from "@pulumi/pulumi";
import { windowSeconds } from "./spec.ts";

export interface WafArgs {
  readonly stack: string;
  readonly balancer: pulumi.Input<string>;
  /** Requests that one address may send within the window. */
  readonly limit: number;
}

/** Who asks too often gets 429 for as long as it does, as the switch of a Docker host answers. */
export class Waf extends pulumi.ComponentResource {
  constructor(name: string, { stack, balancer, limit }: WafArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:Waf", name, {}, opts);
    const parent = { parent: this };
    const seen = (metricName: string) => ({
      cloudwatchMetricsEnabled: true,
      metricName,
      sampledRequestsEnabled: false,
    });
    const acl = new WebAcl(
      name,
      {
        name: `slipway-${stack}`,
        scope: "REGIONAL",
        defaultAction: { allow: {} },
        rules: [
          {
            name: "rate",
            priority: 1,
            action: { block: { customResponse: { responseCode: 429 } } },
            statement: {
              rateBasedStatement: { limit, evaluationWindowSec: windowSeconds, aggregateKeyType: "IP" },
            },
            visibilityConfig: seen("rate"),
          },
        ],
        visibilityConfig: seen(`slipway-${stack}`),
      },
      parent,
    );
    new WebAclAssociation(name, { resourceArn: balancer, webAclArn: acl.arn }, parent);
    this.registerOutputs({});
  }
}
