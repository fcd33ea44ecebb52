import { type Document, document } from "../iam/spec.ts";
import { registryLogin } from "../registry/spec.ts";

/** What the host may do in its account. ARNs come late, so this is called when they are there. */
export interface HostRights {
  readonly namespace: string;
  readonly logGroupArn: string;
  readonly repositoryArn: string;
}

/**
 * Session Manager, CloudWatch's agent, and images of the stack's own repository: nothing else. No right to the backups: containers cannot reach
 * the instance's role (hop limit 1), and who takes the host over must not delete them.
 */
export function hostPolicy({ namespace, logGroupArn, repositoryArn }: HostRights): Document {
  return document(
    {
      Sid: "SessionManager",
      Effect: "Allow",
      Action: [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ],
      Resource: ["*"],
    },
    {
      Sid: "Metrics",
      Effect: "Allow",
      Action: ["cloudwatch:PutMetricData"],
      Resource: ["*"],
      Condition: { StringEquals: { "cloudwatch:namespace": namespace } },
    },
    {
      Sid: "Logs",
      Effect: "Allow",
      Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
      Resource: [logGroupArn, `${logGroupArn}:*`],
    },
    registryLogin,
    {
      Sid: "PullImages",
      Effect: "Allow",
      Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      Resource: [repositoryArn],
    },
  );
}
