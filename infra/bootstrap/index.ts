/** Once for an account, by a person with administrator's rights: what stacks on AWS keep their state and secrets in, and what GitHub's jobs may do. */
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity.js";
import { Provider } from "@pulumi/aws/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { Bootstrap } from "../../components/bootstrap/aws.ts";
import { bootstrapConfig } from "./options.ts";

const config = bootstrapConfig(pulumi.runtime.allConfig(), pulumi.getStack());
const provider = new Provider("aws", {
  region: config.region,
  defaultTags: { tags: { "slipway:stack": "bootstrap" } },
});
const { accountId: account } = await getCallerIdentity({}, { provider });
const made = new Bootstrap("bootstrap", { ...config, account, provider });

/** For PULUMI_BACKEND_URL. */
export const backend = made.backend;
/** For `secretsprovider` in a stack's file. */
export const secretsProvider = made.secretsProvider;
/** For `role-to-assume` of aws-actions/configure-aws-credentials. */
export const role = made.role;
