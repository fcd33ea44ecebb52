import { objectRights } from "../bucket/spec.ts";
import { type Document, document } from "../iam/spec.ts";
import { registryLogin } from "../registry/spec.ts";

/** What CI and operators of an account begin with, as plain data. */

export const githubIssuer = "token.actions.githubusercontent.com";

/** Environments of GitHub that may take the role: its own protection rules decide who gets there. */
export interface GithubTrust {
  readonly account: string;
  /** `owner/name` */
  readonly repository: string;
  readonly environments: readonly string[];
}

/** A job of this repository in one of these environments: no branch, no pull request, no fork says so of itself. */
export function githubTrust({ account, repository, environments }: GithubTrust): Document {
  return document({
    Sid: "JobsOfEnvironments",
    Effect: "Allow",
    Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${githubIssuer}` },
    Action: ["sts:AssumeRoleWithWebIdentity"],
    Condition: {
      StringEquals: {
        [`${githubIssuer}:aud`]: "sts.amazonaws.com",
        [`${githubIssuer}:sub`]: environments.map((name) => `repo:${repository}:environment:${name}`),
      },
    },
  });
}

export interface CiRights {
  readonly account: string;
  readonly region: string;
  readonly stateArn: string;
  readonly keyArn: string;
}

/** What a release from CI needs: state, secrets' key, images, and a session to the hosts. It makes no host: that is a person's work, with a person's rights. */
export function ciPolicy({ account, region, stateArn, keyArn }: CiRights): Document {
  return document(
    ...objectRights(stateArn, ["StateList", "State"]),
    {
      Sid: "Secrets",
      Effect: "Allow",
      Action: ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
      Resource: [keyArn],
    },
    registryLogin,
    {
      Sid: "Images",
      Effect: "Allow",
      Action: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
      ],
      Resource: [`arn:aws:ecr:${region}:${account}:repository/slipway/*`],
    },
    {
      Sid: "SshSession",
      Effect: "Allow",
      Action: ["ssm:StartSession"],
      Resource: [`arn:aws:ssm:${region}::document/AWS-StartSSHSession`],
    },
    {
      Sid: "HostsOfSlipway",
      Effect: "Allow",
      Action: ["ssm:StartSession"],
      Resource: [`arn:aws:ec2:${region}:${account}:instance/*`],
      Condition: { StringLike: { "ssm:resourceTag/slipway:stack": "*" } },
    },
    {
      Sid: "OwnSessions",
      Effect: "Allow",
      Action: ["ssm:ResumeSession", "ssm:TerminateSession"],
      Resource: [`arn:aws:ssm:${region}:${account}:session/\${aws:userid}-*`],
    },
  );
}

/** PULUMI_BACKEND_URL and the secrets provider, as `pulumi` takes them. */
export function stateAddresses(bucket: string, alias: string, region: string) {
  return {
    backend: `s3://${bucket}?region=${region}&awssdk=v2`,
    secretsProvider: `awskms://${alias}?region=${region}&awssdk=v2`,
  };
}
