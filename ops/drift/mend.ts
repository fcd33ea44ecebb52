import type Docker from "dockerode";
import { label } from "../../components/container/spec.ts";
import hosts from "../../components/edge/hosts.step.ts";
import files from "../../components/files/step.ts";
import { emptyJournal, watchJournal } from "../../components/steps/journal.ts";
import type { Runner } from "../../components/steps/runner.ts";
import { findContainers } from "../../infra/preflight/found.ts";
import type { PulumiContext } from "../pulumi.ts";
import { findNetworks, findVolumes } from "./host.ts";
import { lostData, strays } from "./judge.ts";
import { askState, type State } from "./state.ts";

/** Where to look, and whom to tell. */
interface Place {
  readonly stack: string;
  readonly state: State;
  readonly engine: Docker;
  readonly runner: Runner;
  readonly say: (line: string) => void;
  /** Nobody else is at work: what is in no state is not what another's `up` is just making. Only a file backend lets us see the lock. */
  readonly alone: boolean;
}

/**
 * What `up` by itself would not notice, because Pulumi believes its state: clears the way for what is missing to be made again, and answers the
 * options that `up` needs for it. What is there and was changed is the steps' own to put right, see infra/platforms/docker/deviations.ts. After
 * `clearStaleLock`.
 * @throws Error when the data themselves are gone
 */
export async function mendMissing(
  context: PulumiContext,
  engine: Docker,
  runner: Runner,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const state = await askState(context);
  if (state.parts.length === 0) return [];
  const alone = context.env["PULUMI_BACKEND_URL"]?.startsWith("file://") === true;
  const place = { stack: context.stack, state, engine, runner, say, alone };
  await mendVolumes(place);
  const missing = [...(await missingParts(place)), ...(await missingNetworks(place))];
  if (missing.length === 0) return [];
  say(`missing and made again: ${missing.join(", ")}`);
  return ["--refresh"];
}

/** First of all: the provider's refresh fails at a volume that is gone. */
async function mendVolumes({ stack, state, engine, say }: Place): Promise<void> {
  const there = new Set((await findVolumes(engine, state)).map(({ name }) => name));
  const gone = state.volumes.filter(({ name }) => !there.has(name));
  const lost = gone.filter(({ data }) => data);
  if (lost.length > 0) {
    const up = `npm start -- --stack ${stack}`;
    throw new Error(lost.map((each) => `the volume ${each.name} is missing: ${lostData(each, up)}`).join("\n"));
  }
  for (const { name, labels } of gone) {
    say(`the volume ${name} is missing and made again`);
    await engine.createVolume({ Name: name, Labels: { ...labels } });
    // Before anybody mounts it: an image would fill it with its own defaults, and Pulumi believes that all is written.
    for (const each of state.files.filter(({ volume }) => volume === name)) await files.reconcile(each);
    for (const each of state.hosts.filter(({ volume }) => volume === name)) await hosts.reconcile(each);
  }
}

async function missingParts({ stack, state, engine, runner, say, alone }: Place): Promise<readonly string[]> {
  const containers = await findContainers(engine, stack);
  const reader = containers.find(({ labels }) => labels[label.part] === "switch");
  const journal = reader === undefined ? emptyJournal : await watchJournal(runner, reader.id);
  // Workloads of no release are Rollout's, which removes its own; without a journal nobody knows which they are.
  for (const { id, name, labels } of strays(state, { containers, journal })) {
    if (labels[label.role] === "workload") continue;
    const what = `${name}, which carries the stack's label and is not its own`;
    say(alone ? `removing ${what}` : byHand(what, `docker rm --force ${name}`));
    if (alone) await runner.remove(id);
  }
  const there = new Set(containers.map(({ id }) => id));
  return state.parts.filter(({ id }) => !there.has(id)).map(({ name }) => name);
}

/** One that a hand made under the name of ours goes first: the engine would not make a second. */
async function missingNetworks({ stack, state, engine, say, alone }: Place): Promise<readonly string[]> {
  const found = await findNetworks(engine, stack, state);
  const missing = state.networks.filter(({ id }) => !found.some((each) => each.id === id));
  for (const { id, name } of found.filter((each) => missing.some((one) => one.name === each.name))) {
    const what = `the network ${name} that was made by hand`;
    say(alone ? `removing ${what}` : byHand(what, `docker network rm ${name}`));
    if (alone) await removeNetwork(engine.getNetwork(id));
  }
  return missing.map(({ name }) => name);
}

function byHand(what: string, command: string): string {
  return `not removing ${what}: with this backend nobody here can see whether another \`up\` is just making it. When none is: \`${command}\``;
}

async function removeNetwork(network: Docker.Network): Promise<void> {
  const { Containers } = await network.inspect();
  for (const container of Object.keys(Containers ?? {}))
    await network.disconnect({ Container: container, Force: true });
  await network.remove();
}
