/** IAM documents as data, and what is wrong with one. */
export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  /** In trust and resource policies. */
  readonly Principal?: "*" | Readonly<Record<string, string>>;
  readonly Action: readonly string[];
  /** Absent in a trust policy, which is about the role that it stands on. */
  readonly Resource?: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface Document {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** A policy document in the grammar's only current version. */
export function document(...statements: readonly Statement[]): Document {
  return { Version: "2012-10-17", Statement: statements };
}

/** A role that one service of AWS may take. */
export function trust(service: string): Document {
  return document({
    Sid: "ServiceTakesRole",
    Effect: "Allow",
    Principal: { Service: service },
    Action: ["sts:AssumeRole"],
  });
}

/** Actions that AWS knows for all resources alone, each with the reason: the one place where a `*` may be allowed. */
export const withoutResource: Readonly<Record<string, string>> = {
  "ssm:UpdateInstanceInformation":
    "an instance that registers is no resource yet: AWS lists `*` for it in its own minimal Session Manager role",
  "ssmmessages:CreateControlChannel": "channels have no ARN",
  "ssmmessages:CreateDataChannel": "channels have no ARN",
  "ssmmessages:OpenControlChannel": "channels have no ARN",
  "ssmmessages:OpenDataChannel": "channels have no ARN",
  "cloudwatch:PutMetricData": "metrics have no ARN; the namespace stands in a condition",
  "ecr:GetAuthorizationToken": "the token is the account's; what it may pull is said by repository",
  "ec2:DescribeVolumes": "EC2's Describe actions know no resource",
  "ec2:DescribeSnapshots": "EC2's Describe actions know no resource",
};

/**
 * What a document allows too widely, in words.
 * `*` in an ARN's last part (a log group's streams, a bucket's objects) is narrow enough; a document that is about its own key or bucket says so.
 */
export function lint(
  { Statement: statements }: Document,
  about: "identity" | "resource" = "identity",
): readonly string[] {
  return statements.filter(({ Effect }) => Effect === "Allow").flatMap((one) => lintOne(one, about));
}

function lintOne(
  { Sid, Principal, Action, Resource, Condition }: Statement,
  about: "identity" | "resource",
): readonly string[] {
  const wide = Action.filter((action) => action.includes("*") && !(about === "resource" && /^kms:\w+\*$/.test(action)));
  const needless =
    (Resource ?? []).includes("*") && about === "identity"
      ? Action.filter((action) => !Object.hasOwn(withoutResource, action))
      : [];
  const unbound =
    Action.includes("cloudwatch:PutMetricData") && Condition === undefined
      ? [`${Sid}: metrics of every namespace`]
      : [];
  const everyResource = (Resource ?? []).filter((arn) => arn !== "*" && /^arn:aws:\w+:\*?:\*?:\*$/.test(arn));
  return [
    ...(Principal === "*" ? [`${Sid}: everybody may`] : []),
    ...wide.map((action) => `${Sid}: action ${action}`),
    ...needless.map((action) => `${Sid}: ${action} on *, though AWS allows narrower`),
    ...everyResource.map((arn) => `${Sid}: all of a service (${arn})`),
    ...unbound,
  ];
}
