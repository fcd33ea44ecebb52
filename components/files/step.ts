import { randomBytes } from "node:crypto";
import { type ContainerSpec, labelsFor, type Place } from "../container/spec.ts";
import { runnerOf } from "../steps/engine.ts";
import { type FileEntry, NameTaken, type Runner } from "../steps/runner.ts";
import { changedInputs, deviates, type Step } from "../steps/step.ts";

export interface FilesInputs {
  readonly host: string;
  readonly place: Place;
  /** Any image that exists on the host: its container is never started, it only mounts the volume. */
  readonly image: string;
  readonly volume: string;
  readonly entries: readonly FileEntry[];
  /** What preflight found other than it was written; empty when nothing. */
  readonly deviation?: string;
}

export interface FilesOutputs {
  /** New with every write, so that what reads the files is replaced. No hash: one of a weak password could be guessed from a label. */
  readonly written: string;
}

const mountPoint = "/volume";

const step: Step<FilesInputs, FilesOutputs> = {
  changed(before, wanted) {
    const changed = changedInputs(before, wanted, ["image", "deviation"]);
    return deviates(wanted) ? [...changed, "deviation"] : changed;
  },
  async reconcile(inputs) {
    await writeFiles(await runnerOf(inputs.host), inputs);
    return { written: randomBytes(8).toString("hex") };
  },
};

/** Beside what the volume holds already. */
export async function writeFiles(
  runner: Runner,
  inputs: Pick<FilesInputs, "place" | "image" | "volume" | "entries">,
): Promise<void> {
  const id = await createAnew(runner, writer(inputs));
  try {
    await runner.put(id, mountPoint, inputs.entries);
  } finally {
    await runner.remove(id);
  }
}

function writer(inputs: Pick<FilesInputs, "place" | "image" | "volume">): ContainerSpec {
  return {
    name: `${inputs.volume}-files`,
    image: inputs.image,
    command: ["true"],
    env: {},
    user: "0:0",
    mounts: [{ volume: inputs.volume, path: mountPoint }],
    tmpfs: [],
    network: [],
    labels: labelsFor(inputs.place, "files", "files"),
    limits: { cpus: 0.1, memoryMb: 16, pids: 16 },
    capabilities: [],
    restart: "no",
    stopGraceSeconds: 1,
  };
}

/** A killed run leaves its container; it was never started and holds nothing. */
async function createAnew(runner: Runner, spec: ContainerSpec): Promise<string> {
  try {
    return await runner.create(spec);
  } catch (error) {
    if (!(error instanceof NameTaken)) throw error;
    const left = (await runner.list(spec.labels)).find((each) => each.name === spec.name);
    if (left === undefined) throw error;
    await runner.remove(left.id);
    return runner.create(spec);
  }
}

export default step;
