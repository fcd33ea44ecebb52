import type { Provider } from "@pulumi/aws/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { Registry } from "../../../components/registry/aws.ts";

/** What must be there before a release of shape managed can name its images: the product's repository, and the parts'. All else its own program makes. */
export class AwsGround extends pulumi.ComponentResource {
  readonly registry: Registry;
  readonly parts: Registry;

  constructor(stack: string, provider: Provider) {
    super("slipway:aws:Ground", "ground", {}, { providers: [provider] });
    this.registry = new Registry("registry", `slipway/${stack}`, { parent: this });
    this.parts = new Registry("parts", `slipway/${stack}-parts`, { parent: this });
    this.registerOutputs({});
  }
}
