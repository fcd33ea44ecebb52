import { OpenIdConnectProvider } from "@pulumi/aws/iam/openIdConnectProvider.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { Alias } from "@pulumi/aws/kms/alias.js";
import { Key } from "@pulumi/aws/kms/key.js";
import type { Provider } from "@pulumi/aws/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { Bucket } from "../bucket/aws.ts";
import { ciPolicy, type GithubTrust, githubIssuer, githubTrust, stateAddresses } from "./spec.ts";

export interface BootstrapArgs extends GithubTrust {
  readonly region: string;
  readonly provider: Provider;
}

const alias = "alias/slipway-secrets";

/** Once for an account: where Pulumi's state is kept, the key of its secrets, and the role of GitHub's jobs. */
export class Bootstrap extends pulumi.ComponentResource {
  readonly backend: pulumi.Output<string>;
  readonly secretsProvider: pulumi.Output<string>;
  readonly role: pulumi.Output<string>;

  constructor(name: string, args: BootstrapArgs) {
    const { region, account, provider } = args;
    super("slipway:aws:Bootstrap", name, {}, { providers: [provider] });
    const key = this.key();
    const state = new Bucket(
      "state",
      { bucketName: `slipway-state-${account}`, keepDays: 365, lockDays: 0, key: key.arn },
      { parent: this },
    );
    const addresses = state.bucket.apply((bucket) => stateAddresses(bucket, alias, region));
    this.backend = addresses.backend;
    this.secretsProvider = addresses.secretsProvider;
    this.role = this.github(args, state, key).arn;
    this.registerOutputs({});
  }

  /** Thirty days between the wish to delete it and the loss of all secrets. */
  private key(): Key {
    const key = new Key(
      "secrets",
      { description: "Secrets in Slipway's stacks", enableKeyRotation: true, deletionWindowInDays: 30 },
      { parent: this, protect: true },
    );
    new Alias("secrets", { name: alias, targetKeyId: key.id }, { parent: this });
    return key;
  }

  private github(args: BootstrapArgs, state: Bucket, key: Key): Role {
    const parent = { parent: this };
    const { account, region } = args;
    const issuer = new OpenIdConnectProvider(
      "github",
      { url: `https://${githubIssuer}`, clientIdLists: ["sts.amazonaws.com"] },
      parent,
    );
    const role = new Role(
      "github",
      { name: "slipway-github", assumeRolePolicy: JSON.stringify(githubTrust(args)), maxSessionDuration: 3600 },
      { ...parent, dependsOn: issuer },
    );
    const rights = pulumi
      .all([state.arn, key.arn])
      .apply(([stateArn, keyArn]) => ciPolicy({ account, region, stateArn, keyArn }));
    new RolePolicy("github", { role: role.id, policy: pulumi.jsonStringify(rights) }, parent);
    return role;
  }
}
