import type Docker from "dockerode";
import { label } from "../../components/container/spec.ts";
import hosts from "../../components/edge/hosts.step.ts";
import files from "../../components/files/step.ts";
import { emptyJournal, readJournal } from "../../components/steps/journal.ts";
import type { Runner } from "../../components/steps/runner.ts";
import { findStack } from "../../infra/preflight/found.ts";
import type { PulumiContext } from "../pulumi.ts";
import { findNetworks, findVolumes } from "./host.ts";
import { lostData, strays } from "./judge.ts";
import { askState, type State } from "./state.ts";

/**
 * What `up` by itself would not notice, because Pulumi believes its state: clears the way for what is missing to be made again, and answers the
 * options that `up` needs for it. What is there and was changed is the steps' own to put right, see infra/platforms/deviations.ts.
 * @throws Error when the data themselves are gone
 */
export async function mendMissing(
  context: PulumiContext,
  engine: Docker,
  runner: Runner,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const state = await askState(context);
  const { stack } = context;
  if (state.parts.length === 0) return [];
  await mendVolumes(engine, state, stack, say);
  const missing = [
    ...(await missingParts(engine, runner, state, stack, say)),
    ...(await missingNetworks(engine, state, stack, say)),
  ];
  if (missing.length === 0) return [];
  say(`missing and made again: ${missing.join(", ")}`);
  return ["--refresh"];
}

/** First of all: the provider's refresh fails at a volume that is gone. */
async function mendVolumes(engine: Docker, state: State, stack: string, say: (line: string) => void): Promise<void> {
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

async function missingParts(
  engine: Docker,
  runner: Runner,
  state: State,
  stack: string,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const { containers } = await findStack(engine, stack);
  const reader = containers.find(({ labels }) => labels[label.part] === "switch");
  const journal = reader === undefined ? emptyJournal : await readJournal(runner, reader.id);
  // Of no release: Rollout's, which removes its own; without a journal nobody knows which they are.
  for (const { id, name } of strays(state, { containers, journal }).filter(
    (each) => each.labels[label.role] !== "workload",
  )) {
    say(`removing ${name}, which carries the stack's label and is not its own`);
    await runner.remove(id);
  }
  const there = new Set(containers.map(({ id }) => id));
  return state.parts.filter(({ id }) => !there.has(id)).map(({ name }) => name);
}

/** One that a hand made under the name of ours goes first: the engine would not make a second. */
async function missingNetworks(
  engine: Docker,
  state: State,
  stack: string,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const found = await findNetworks(engine, stack, state);
  const missing = state.networks.filter(({ id }) => !found.some((each) => each.id === id));
  for (const { id, name } of found.filter((each) => missing.some((one) => one.name === each.name))) {
    say(`removing the network ${name} that was made by hand`);
    const network = engine.getNetwork(id);
    const { Containers } = await network.inspect();
    for (const container of Object.keys(Containers ?? {}))
      await network.disconnect({ Container: container, Force: true });
    await network.remove();
  }
  return missing.map(({ name }) => name);
}
