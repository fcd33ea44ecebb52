/** Once for an account, by a person with administrator's rights: what stacks on AWS keep their state and secrets in, and what GitHub's jobs may do. */
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity.js";
import * as pulumi from "@pulumi/pulumi";
import { Bootstrap } from "../../components/bootstrap/aws.ts";
import { bootstrapConfig } from "./options.ts";

const config = bootstrapConfig(pulumi.runtime.allConfig(), pulumi.getStack());
const { accountId: account } = await getCallerIdentity();
const made = new Bootstrap("bootstrap", { ...config, account });

/** For PULUMI_BACKEND_URL. */
export const backend = made.backend;
/** For `secretsprovider` in a stack's file. */
export const secretsProvider = made.secretsProvider;
/** For `role-to-assume` of aws-actions/configure-aws-credentials. */
export const role = made.role;
