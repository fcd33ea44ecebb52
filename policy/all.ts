import { awsPolicies } from "./aws.ts";
import { managedPolicies } from "./aws-managed.ts";
import { containerPolicies } from "./containers.ts";
import { edgePolicies } from "./edge.ts";
import { isolationPolicies } from "./isolation.ts";
import { networkPolicies } from "./network.ts";
import type { Policy } from "./policy.ts";
import { releasePolicies } from "./release.ts";
import { secretPolicies } from "./secrets.ts";
import { storePolicies } from "./stores.ts";
import { variablePolicies } from "./variables.ts";
import { volumePolicies } from "./volumes.ts";

/** The pack by its themes, in the order of docs/policies.md. */
export const themes: Readonly<Record<string, readonly Policy[]>> = {
  "Walls around containers": isolationPolicies,
  "What containers may take, and how they are kept alive": containerPolicies,
  "Who reaches whom": networkPolicies,
  "The edge": edgePolicies,
  Secrets: secretPolicies,
  "The product's own switches": variablePolicies,
  "Redis and PostgreSQL": storePolicies,
  Data: volumePolicies,
  Releases: releasePolicies,
  "A host on AWS": awsPolicies,
  "Parts that AWS runs": managedPolicies,
};

export const policies: readonly Policy[] = Object.values(themes).flat();

export const policyNames: readonly string[] = policies.map(({ name }) => name);
