import type { Registered } from "../fargate/companion.ts";
import { StepFailure } from "./failure.ts";
import { fargateOf } from "./fargate-clients.ts";

/** The task of the release that serves a workload, as ECS has it. @throws StepFailure when no such service is there */
export async function fargateProduct(host: string, workload: string): Promise<Registered> {
  const { ecs, at } = fargateOf(host);
  const { services = [] } = await ecs.describeServices({ cluster: at.cluster, services: [workload] });
  const definition = services.find(({ status }) => status === "ACTIVE")?.taskDefinition;
  if (definition === undefined) throw new StepFailure(`the service ${workload} is not there`);
  const { taskDefinition = {} } = await ecs.describeTaskDefinition({ taskDefinition: definition });
  const { cpu, memory, containerDefinitions = [], volumes = [] } = taskDefinition;
  return {
    workload,
    size: { cpu: Number(cpu), memoryMb: Number(memory) },
    containers: containerDefinitions,
    volumes: volumes.flatMap(({ name }) => name ?? []),
  };
}
