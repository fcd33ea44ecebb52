import { Provider } from "@pulumi/aws/provider.js";
import { describe, expect, test } from "vitest";
import { Bootstrap } from "../../components/bootstrap/aws.ts";
import { githubTrust } from "../../components/bootstrap/spec.ts";
import { lint } from "../../components/iam/spec.ts";
import { bootstrapConfig } from "../../infra/bootstrap/options.ts";
import type { Registered } from "../doubles/mock-engine.ts";
import { account, region, registerAws } from "../fixtures/aws.ts";

const wish = { region, account, repository: "acme/product", environments: ["staging", "production"] };

async function made(): Promise<readonly Registered[]> {
  return registerAws(() => {
    new Bootstrap("bootstrap", { ...wish, provider: new Provider("aws", { region }) });
  });
}

const of = (plan: readonly Registered[], type: string) => plan.find((each) => each.type === `aws:${type}`);

test("a state bucket that is private, versioned, encrypted with the key, and protected", async () => {
  const plan = await made();
  expect(of(plan, "s3/bucket:Bucket")).toMatchObject({
    protect: true,
    inputs: { bucket: `slipway-state-${account}`, forceDestroy: false },
  });
  expect(of(plan, "s3/bucketVersioning:BucketVersioning")?.inputs["versioningConfiguration"]).toEqual({
    status: "Enabled",
  });
  expect(
    of(plan, "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")?.inputs["rules"],
  ).toEqual([
    {
      applyServerSideEncryptionByDefault: {
        sseAlgorithm: "aws:kms",
        kmsMasterKeyId: `arn:aws:kms:${region}:${account}:key/a-key`,
      },
      bucketKeyEnabled: true,
    },
  ]);
  expect(of(plan, "s3/bucketPublicAccessBlock:BucketPublicAccessBlock")?.inputs).toMatchObject({
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
});

test("a key of secrets that turns each year, is protected, and takes thirty days to go", async () => {
  expect(of(await made(), "kms/key:Key")).toMatchObject({
    protect: true,
    inputs: { enableKeyRotation: true, deletionWindowInDays: 30 },
  });
});

test("GitHub's jobs get the role in the named environments of the one repository alone", () => {
  const [statement] = githubTrust(wish).Statement;
  expect(statement?.Condition).toEqual({
    StringEquals: {
      "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
      "token.actions.githubusercontent.com:sub": [
        "repo:acme/product:environment:staging",
        "repo:acme/product:environment:production",
      ],
    },
  });
  expect(statement?.Principal).toEqual({
    Federated: `arn:aws:iam::${account}:oidc-provider/token.actions.githubusercontent.com`,
  });
});

test("what the role may is narrow, and makes no host and no role", async () => {
  const policy: unknown = of(await made(), "iam/rolePolicy:RolePolicy")?.inputs["policy"];
  const document = JSON.parse(String(policy));
  expect(lint(document)).toEqual([]);
  const actions: string[] = document.Statement.flatMap(({ Action }: { Action: string[] }) => Action);
  expect(actions.filter((action) => /^(iam|ec2):/.test(action))).toEqual([]);
});

describe("its config", () => {
  const good = { region, repository: "acme/product", environments: "staging,production" };
  const keyed = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [`slipway-bootstrap:${key}`, value]));

  test("is read", () => {
    expect(bootstrapConfig(keyed(good), "account")).toEqual({
      region,
      repository: "acme/product",
      environments: ["staging", "production"],
    });
  });

  test("is refused with every problem and its command", () => {
    expect(() =>
      bootstrapConfig(keyed({ ...good, region: "Frankfurt", environments: "", owner: "me" }), "account"),
    ).toThrow(
      [
        "slipway-bootstrap:owner: no such option; mend: pulumi config rm slipway-bootstrap:owner --stack account",
        "slipway-bootstrap:region is Frankfurt; allowed: an AWS region such as eu-central-1; mend: pulumi config set slipway-bootstrap:region eu-central-1 --stack account",
        "slipway-bootstrap:environments is (not set); allowed: names of GitHub's environments with commas between; mend: pulumi config set slipway-bootstrap:environments staging,production --stack account",
      ].join("\n"),
    );
  });
});
