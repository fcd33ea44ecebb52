import type Docker from "dockerode";
import { label } from "../components/container/spec.ts";
import { sharedRefusal, sharersOf } from "../components/edge/share.ts";
import { dockerRunner, engineClient } from "../components/steps/docker-runner.ts";
import type { Runner } from "../components/steps/runner.ts";
import type { Arguments } from "./arguments.ts";
import { clearStaleLock } from "./locks.ts";
import { prepareFor } from "./prepare.ts";
import { askPulumi, runPulumi } from "./pulumi.ts";
import { contextOf, stackExists } from "./stack.ts";

/** Removes containers and networks. Volumes and generated secrets are protected and stay, unless `--with-data`. */
export async function down(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const prepared = await prepareFor(wishes);
  const context = contextOf(prepared, wishes.stack);
  const runner = dockerRunner(prepared.dockerHost);
  if (!(await stackExists(context))) {
    await assertNoneLeft(runner, wishes.stack);
    say(`there is no stack ${wishes.stack}: nothing to stop`);
    return 0;
  }
  const refusal = sharedRefusal(wishes.stack, sharersOf(wishes.stack, await runner.list({})));
  if (refusal !== undefined) throw new Error(refusal);
  await clearStaleLock(context, runner, { stack: wishes.stack, system: "" }, say);
  if (!wishes.withData)
    return runPulumi(context, ["destroy", "--yes", "--skip-preview", "--exclude-protected", ...wishes.rest]);
  await askPulumi(context, ["state", "unprotect", "--all", "--yes"]);
  const code = await runPulumi(context, ["destroy", "--yes", "--skip-preview", ...wishes.rest]);
  if (code === 0) await removeVolumes(engineClient(prepared.dockerHost), wishes.stack, say);
  return code;
}

/** What another state made is not this one's to remove, and not to be passed over in silence either. */
async function assertNoneLeft(runner: Runner, stack: string): Promise<void> {
  const left = await runner.list({ [label.stack]: stack });
  if (left.length === 0) return;
  throw new Error(
    `this Pulumi state has no stack ${stack}, but the Docker host has ${left.length} containers of it (${left.map(({ name }) => name).join(", ")}): another state made them, ` +
      `which is the one to stop them with (PULUMI_BACKEND_URL). When it is lost: docker rm --force $(docker ps -aq --filter label=${label.stack}=${stack})`,
  );
}

/** Volumes that no state knows any more, e.g. of an `up` that was killed before it could record them. */
async function removeVolumes(engine: Docker, stack: string, say: (line: string) => void): Promise<void> {
  const { Volumes } = await engine.listVolumes({ filters: { label: [`${label.stack}=${stack}`] } });
  for (const volume of Volumes) {
    say(`removing volume ${volume.Name}`);
    await engine.getVolume(volume.Name).remove();
  }
}
