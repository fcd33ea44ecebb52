import { isSsh } from "../../toolchain/ssh/address.ts";
import { isClusterAddress } from "../cluster/address.ts";
import { isFargateAddress, parseFargateAddress } from "../fargate/address.ts";
import type { Alarms } from "./alarms.ts";
import type { Deployments } from "./deployments.ts";
import type { Leases } from "./leases.ts";
import type { Runner, ServerRunner, SessionRunner } from "./runner.ts";
import type { Snapshots } from "./snapshots.ts";

/**
 * The runner of a Docker host. Loaded when a step really runs: a preview only asks what changed, and the client is half of a step's weight. A host
 * by ssh is connected to here, by each step: deletes run after the program has ended, and perhaps on another day.
 */
export async function runnerOf(host: string): Promise<Runner> {
  const { dockerRunner } = await import("./docker-runner.ts");
  return dockerRunner(isSsh(host) ? await connected(host) : host);
}

async function connected(host: string): Promise<string> {
  const { ensureTunnel } = await import("../../toolchain/ssh/tunnel.ts");
  return ensureTunnel(host);
}

/** A runner whose connection to the host was made just now, and what ends it: that the host lets somebody in is shown by none that stands. */
export async function freshRunnerOf(host: string): Promise<{ readonly runner: Runner; end(): Promise<void> }> {
  if (!isSsh(host)) return { runner: await runnerOf(host), end: async () => undefined };
  const [{ dockerRunner }, { freshTunnel }] = await Promise.all([
    import("./docker-runner.ts"),
    import("../../toolchain/ssh/tunnel.ts"),
  ]);
  const { socket, end } = await freshTunnel(host);
  return { runner: dockerRunner(`unix://${socket}`), end };
}

/** What commands in a server that runs already need, on a Docker host or in a cluster. */
export async function serverRunnerOf(host: string): Promise<ServerRunner> {
  return isClusterAddress(host) ? namespaceRunnerOf(host) : runnerOf(host);
}

/** The runner of a cluster's namespace, see components/cluster/address.ts. */
async function namespaceRunnerOf(host: string) {
  const { kubernetesRunner } = await import("./kubernetes-runner.ts");
  return kubernetesRunner(host);
}

/** Where no Docker host is: of a cluster's namespace, or of tasks on Fargate, see components/fargate/address.ts. */
export async function clusterRunnerOf(host: string): Promise<SessionRunner> {
  if (!isFargateAddress(host)) return namespaceRunnerOf(host);
  const { fargateRunner } = await import("./fargate-runner.ts");
  return fargateRunner(host);
}

/** The Deployments of a cluster's namespace, or the services of ECS. */
export async function deploymentsOf(host: string): Promise<Deployments> {
  if (isFargateAddress(host)) {
    const { fargateDeployments } = await import("./fargate-deployments.ts");
    return fargateDeployments(host);
  }
  const { kubernetesDeployments } = await import("./kubernetes-deployments.ts");
  return kubernetesDeployments(host);
}

/** The leases of a cluster's namespace. */
export async function leasesOf(host: string): Promise<Leases> {
  const { kubernetesLeases } = await import("./kubernetes-leases.ts");
  return kubernetesLeases(host);
}

/** The snapshots of a server of RDS. @param server its identifier */
export async function snapshotsOf(region: string, server: string): Promise<Snapshots> {
  const { rdsSnapshots } = await import("./rds-snapshots.ts");
  return rdsSnapshots(region, server);
}

/** The alarms of the region where a stack's tasks run. */
export async function alarmsOf(host: string): Promise<Alarms> {
  const { cloudwatchAlarms } = await import("./cloudwatch-alarms.ts");
  return cloudwatchAlarms(parseFargateAddress(host).region);
}
