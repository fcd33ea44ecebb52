import { type Document, document } from "../iam/spec.ts";
import { registryLogin } from "../registry/spec.ts";

export interface TaskRights {
  /** ARN of the log group. */
  readonly logs: string;
  /** ARN of everything below the stack's prefix in Secrets Manager. */
  readonly secrets: string;
  /** ARNs of the repositories that images are in; none for registries that are not AWS'. */
  readonly repositories: readonly string[];
}

/** What fetches a task's image and secrets and writes its log; the product in the task has no role, and so no right at all. */
export function executionPolicy({ logs, secrets, repositories }: TaskRights): Document {
  return document(
    { Sid: "Logs", Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: [`${logs}:*`] },
    { Sid: "Secrets", Effect: "Allow", Action: ["secretsmanager:GetSecretValue"], Resource: [secrets] },
    ...(repositories.length === 0
      ? []
      : [
          registryLogin,
          {
            Sid: "PullImages",
            Effect: "Allow" as const,
            Action: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            Resource: repositories,
          },
        ]),
  );
}

/** Undefined for an image that is not in a registry of AWS. */
export function repositoryArn(image: string): string | undefined {
  const [, account, region, name] = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^:@]+)/.exec(image) ?? [];
  return account === undefined ? undefined : `arn:aws:ecr:${region}:${account}:repository/${name}`;
}
