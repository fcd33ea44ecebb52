import { label } from "../../components/container/spec.ts";
import { fargateAddress, stackName } from "../../components/fargate/address.ts";
import { journalOf } from "../../components/rollout/cluster.ts";
import { deploymentsOf } from "../../components/steps/engine.ts";

/** Schema revision of what serves where AWS runs the parts; undefined before the first release. Read-only. */
export async function observeServices(region: string, stack: string): Promise<{ readonly revision?: string }> {
  // Whoever only reads services asks for no task.
  const none = { subnets: ["none"], group: "none", role: "none", logs: "none", database: "none", helper: "none" };
  const deployments = await deploymentsOf(fargateAddress({ region, cluster: stackName(stack), ...none }));
  try {
    const { serving } = journalOf(await deployments.list({ [label.stack]: stack, [label.role]: "workload" }));
    return serving === undefined ? {} : { revision: serving.revision };
  } catch (error) {
    if (error instanceof Error && error.name === "ClusterNotFoundException") return {};
    throw error;
  }
}
