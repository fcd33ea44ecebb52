import { LifecyclePolicy } from "@pulumi/aws/ecr/lifecyclePolicy.js";
import { Repository } from "@pulumi/aws/ecr/repository.js";
import * as pulumi from "@pulumi/pulumi";
import { imageLifecycle } from "./spec.ts";

/** Where the product's images lie: a tag says the same for ever, and each push is scanned. */
export class Registry extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;

  /** @param repository its name in the account */
  constructor(name: string, repository: string, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:Registry", name, {}, opts);
    const made = new Repository(
      name,
      {
        name: repository,
        imageTagMutability: "IMMUTABLE",
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "AES256" }],
        forceDelete: false,
      },
      { parent: this, protect: true },
    );
    new LifecyclePolicy(name, { repository: made.name, policy: imageLifecycle() }, { parent: this });
    this.url = made.repositoryUrl;
    this.arn = made.arn;
    this.registerOutputs({});
  }
}
