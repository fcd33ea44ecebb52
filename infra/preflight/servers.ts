import * as pulumi from "@pulumi/pulumi";
import { clusterAddress } from "../../components/cluster/address.ts";
import { operatedName } from "../../components/postgres/operated-spec.ts";
import { operatedOf } from "../../components/steps/engine.ts";
import { messageOf } from "../../components/steps/failure.ts";
import type { Found } from "../../components/steps/operated.ts";
import type { Settings } from "../config/settings.ts";
import { refusalOf, type Unplaceable } from "../platforms/refusal.ts";
import type { System } from "../systems/system.ts";

/** Where a stack's rows are in a cluster, and whether who shall run the servers is there. */

const option = "kubernetes.postgres.operator";
const official = "https://github.com/cloudnative-pg/cloudnative-pg/releases/download/v1.27.0/cnpg-1.27.0.yaml";

/** Only reads. @throws RunError in words for the user */
export async function assertServers(
  namespace: string,
  { database }: Pick<System, "database">,
  { kubernetes: { context, postgres } }: Pick<Settings, "kubernetes">,
): Promise<void> {
  if (database.kind !== "postgres") return;
  const operated = await operatedOf(clusterAddress({ context, namespace }), operatedName);
  const found = await operated.find().catch((error: unknown) => {
    throw new pulumi.RunError(
      `the cluster could not be asked what runs PostgreSQL in ${namespace}: ${messageOf(error)}`,
    );
  });
  const problem = serversProblem(namespace, postgres.operator, found);
  if (problem !== undefined) throw new pulumi.RunError(refusalOf([problem]));
}

/** Pure. A database does not move because config says another word: an empty one would serve, and the old one be taken away. */
export function serversProblem(
  namespace: string,
  wanted: Settings["kubernetes"]["postgres"]["operator"],
  { known, cluster, claim }: Found,
): Unplaceable | undefined {
  if (wanted === "none" && cluster)
    return {
      option,
      why: `none: the rows of ${namespace} are in a Cluster of CloudNativePG`,
      mend: `pulumi config set --path slipway:${option} cloudnative-pg`,
    };
  if (wanted === "none") return undefined;
  if (!known)
    return {
      option,
      why: `${wanted}: the cluster does not know clusters.postgresql.cnpg.io, so the operator is not there`,
      mend: `kubectl apply --server-side -f ${official}`,
    };
  if (claim && !cluster)
    return {
      option,
      why: `${wanted}: the rows of ${namespace} are in the claim postgres-data of a StatefulSet, and would not come along`,
      mend: `pulumi config rm --path slipway:${option}`,
    };
  return undefined;
}
