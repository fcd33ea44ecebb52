import { describe, expect, test } from "vitest";
import { ciPolicy, githubTrust } from "../../../components/bootstrap/spec.ts";
import { document, lint, trust, withoutResource } from "../../../components/iam/spec.ts";
import { hostPolicy } from "../../../components/machine/role.ts";
import { copyPolicy } from "../../../components/offsite/bucket.ts";
import { snapshotPolicy } from "../../../components/snapshots/spec.ts";

const account = "123456789012";
const region = "eu-central-1";

const documents = {
  host: hostPolicy({
    namespace: "Slipway/p",
    logGroupArn: "arn:aws:logs:r:a:log-group:g",
    repositoryArn: "arn:aws:ecr:r:a:repository/x",
  }),
  copies: copyPolicy("arn:aws:s3:::b"),
  snapshots: snapshotPolicy(region, account, "production"),
  ci: ciPolicy({ account, region, stateArn: "arn:aws:s3:::s", keyArn: "arn:aws:kms:r:a:key/k" }),
  service: trust("ec2.amazonaws.com"),
  github: githubTrust({ account, repository: "acme/product", environments: ["production"] }),
};

test.each(Object.entries(documents))("%s is narrow", (_, one) => {
  expect(lint(one)).toEqual([]);
});

test("each action that may stand on * is used, so that the list has no reason without a use", () => {
  const used = Object.values(documents).flatMap(({ Statement }) =>
    Statement.filter(({ Resource }) => Resource?.includes("*")).flatMap(({ Action }) => Action),
  );
  expect(Object.keys(withoutResource).filter((action) => !used.includes(action))).toEqual([]);
});

describe("what is too wide", () => {
  const one = { Sid: "One", Effect: "Allow" as const, Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::b/*"] };
  test.each([
    [{ ...one, Action: ["s3:*"] }, "One: action s3:*"],
    [{ ...one, Action: ["*"] }, "One: action *"],
    [{ ...one, Resource: ["*"] }, "One: s3:GetObject on *, though AWS allows narrower"],
    [{ ...one, Resource: ["arn:aws:s3:::*"] }, "One: all of a service (arn:aws:s3:::*)"],
    [{ ...one, Principal: "*" as const }, "One: everybody may"],
    [{ ...one, Action: ["cloudwatch:PutMetricData"], Resource: ["*"] }, "One: metrics of every namespace"],
  ])("%j", (statement, said) => {
    expect(lint(document(statement))).toEqual([said]);
  });

  test("but what is denied may be as wide as it likes", () => {
    expect(lint(document({ ...one, Effect: "Deny", Action: ["s3:*"], Resource: ["*"], Principal: "*" }))).toEqual([]);
  });
});
