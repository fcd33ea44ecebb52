import * as pulumi from "@pulumi/pulumi";
import { commandRuns, type PlainRun, withSecrets } from "../../../components/app/commands.ts";
import type { FargateApp } from "../../../components/app/fargate-app.ts";
import type { Deployment } from "../../../components/app/spec.ts";
import { resourceName } from "../../../components/container/spec.ts";
import { namespaceOf } from "../../../components/ecs/aws.ts";
import type { CommandRun } from "../../../components/smoke-test/spec.ts";
import { StepResource } from "../../../components/steps/resource.ts";
import { tokensOf } from "../routes.ts";
import { partImage } from "./names.ts";
import type { Parts } from "./parts.ts";
import type { ManagedPlacement } from "./placement.ts";
import { publicTarget } from "./ways.ts";

export interface Proved extends Pick<Parts, "at" | "secrets" | "ways" | "known"> {
  readonly app: FargateApp;
  readonly deployment: Deployment;
}

/** The smoke test: asked from within the network and, as users ask, by the balancer; what fails it is set back. */
export class ManagedProof extends StepResource {
  declare readonly proved: pulumi.Output<readonly string[]>;
  declare readonly provedRelease: pulumi.Output<string>;
  declare readonly reports: pulumi.Output<Readonly<Record<string, readonly string[]>>>;

  constructor(placement: ManagedPlacement, proved: Proved, parent: pulumi.Resource) {
    const { system, settings, place } = placement;
    const { at, secrets, ways, app } = proved;
    const [first] = [...system.routes, ...system.tcp];
    const inside = `${first?.alias}.${namespaceOf(place.stack)}`;
    const asks = { from: resourceName(place, "private"), mounts: [], user: "65534:65534" };
    const commands = commandsOf(placement, proved);
    const step = { module: "smoke-test/cluster.step.ts", type: "SmokeTest" };
    const inputs = {
      host: at.host,
      place,
      release: app.release,
      probes: [...system.probes],
      tokens: secrets.values.apply((values) => tokensOf(system, values)),
      network: { target: { base: `http://${inside}:${first?.port}`, options: [] }, ...asks },
      ...(ways.web && { edge: { target: publicTarget(placement, ways.web), ...asks } }),
      ...app.rolled,
      ...(commands && { commands }),
      probeImage: partImage(placement, "curl"),
      readySeconds: settings.rollout.readyTimeoutSeconds,
      dataSecrets: secrets.databaseSecrets,
      ...{ proved: undefined, provedRelease: undefined, reports: undefined },
    };
    const hidden = ["tokens", "dataSecrets", "hidden", ...(commands ? ["commands"] : [])];
    super(step, "smoke-test", inputs, hidden, { parent, dependsOn: app.served });
  }
}

/** Where the probes that are commands run; undefined when there are none. A secret. */
function commandsOf({ system, place }: ManagedPlacement, { deployment, known }: Proved) {
  const { workloads, probes } = system;
  const runs = commandRuns(place, { workloads, deployment, tcp: [], probes }).map(inNetwork(place.stack));
  return runs.length === 0 ? undefined : pulumi.secret(known.apply((all) => withSecrets(runs, all)));
}

function inNetwork(stack: string): (run: PlainRun) => PlainRun {
  return ({ workload, run }) => {
    const at: CommandRun["at"] = { ...run.at, host: `${run.at.host}.${namespaceOf(stack)}` };
    return { workload, run: { ...run, at } };
  };
}
