import { AccessKey } from "@pulumi/aws/iam/accessKey.js";
import { User } from "@pulumi/aws/iam/user.js";
import { UserPolicy } from "@pulumi/aws/iam/userPolicy.js";
import { Secret } from "@pulumi/aws/secretsmanager/secret.js";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion.js";
import * as pulumi from "@pulumi/pulumi";
import { Bucket } from "../bucket/aws.ts";
import { copiesUrl, copyPolicy } from "./bucket.ts";

export interface CopiesArgs {
  readonly stack: string;
  readonly region: string;
  readonly account: string;
  readonly keepDays: number;
  readonly lockDays: number;
  /** `slipway:offsite.password`, when it is set by now. */
  readonly password: string | undefined;
}

/**
 * The bucket for copies of backup sets, and a user that may do nothing but write them. A key of its own and not the instance's role, because restic
 * runs in a container, and containers must not reach the role. What a restore needs on a day when host and Pulumi's state are lost is in Secrets Manager.
 */
export class Copies extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;
  readonly keyId: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;
  /** ARN of the secret. */
  readonly recovery: pulumi.Output<string>;

  constructor(name: string, args: CopiesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:Copies", name, {}, opts);
    const { stack, region, account, keepDays, lockDays, password } = args;
    const parent = { parent: this };
    const bucket = new Bucket(name, { bucketName: `slipway-${stack}-copies-${account}`, keepDays, lockDays }, parent);
    const user = new User(name, { name: `slipway-${stack}-copies`, path: "/slipway/" }, parent);
    new UserPolicy(name, { user: user.name, policy: pulumi.jsonStringify(bucket.arn.apply(copyPolicy)) }, parent);
    const access = new AccessKey(name, { user: user.name }, parent);
    this.url = bucket.bucket.apply((id) => copiesUrl(region, id, stack));
    this.keyId = access.id;
    this.key = access.secret;
    const secret = new Secret(
      `${name}-recovery`,
      {
        name: `slipway/${stack}/copies`,
        description: "What restic needs to read the copies of backup sets",
        recoveryWindowInDays: 30,
      },
      { ...parent, protect: true },
    );
    const known = { url: this.url, keyId: this.keyId, key: this.key, ...(password !== undefined && { password }) };
    new SecretVersion(
      `${name}-recovery`,
      { secretId: secret.id, secretString: pulumi.secret(pulumi.jsonStringify(known)) },
      parent,
    );
    this.recovery = secret.arn;
    this.registerOutputs({});
  }
}
