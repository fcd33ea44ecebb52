import type { Statement } from "../iam/spec.ts";

/** Before whoever pulls or pushes; what they may have is said by repository. */
export const registryLogin: Statement = {
  Sid: "RegistryLogin",
  Effect: "Allow",
  Action: ["ecr:GetAuthorizationToken"],
  Resource: ["*"],
};

/** Old images go, but never those that a release may still name: a hundred releases are kept. */
export const keptImages = 100;

/** Lifecycle policy of the repository, as ECR takes it. */
export function imageLifecycle(): string {
  return JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        description: "layers without a tag are left over from pushes",
        selection: { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 30 },
        action: { type: "expire" },
      },
      {
        rulePriority: 2,
        description: `the newest ${keptImages} are kept`,
        selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: keptImages },
        action: { type: "expire" },
      },
    ],
  });
}
