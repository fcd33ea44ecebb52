import { setPriority } from "node:os";
import type Docker from "dockerode";
import { label, resourceName } from "../../../components/container/spec.ts";
import { internalRoot } from "../../../components/edge/spec.ts";
import { dockerRunner } from "../../../components/steps/docker-runner.ts";
import { say } from "../../../toolchain/phases.ts";
import type { Running } from "../../live/support/run.ts";
import type { TestStack } from "../../live/support/stack.ts";
import { type Inspected, inspected } from "../compose-file.ts";
import { type RenderedFiles, readRendered } from "../volumes.ts";
import type { LoadProcess } from "./load-process.ts";
import type { PartCommand, Release, Scenario, Step } from "./scenario.ts";
import type { Side } from "./under-load.ts";

/** What compose needs to run the same system, taken while it ran. */
export interface Template {
  /** The containers after the launch and after each change. */
  readonly snapshots: readonly (readonly Inspected[])[];
  readonly rendered: readonly RenderedFiles[];
  readonly port: number;
  readonly ca: string;
}

export interface Host {
  readonly engine: Docker;
  readonly dockerHost: string;
}

/**
 * Niceness of the command that makes a release, Slipway's and compose's alike: it gives way to the servers, as where it runs on another
 * machine than they do. On two cores it would else take from them what the load needs.
 */
export const niceness = 10;

/** Seconds between the begin of `npm start` and the kill of a switch, and how long that then stays down. */
const breaking = { afterSeconds: 4, downSeconds: 15 } as const;

/** A stack driven as a user drives it: edit the config file, `npm start`. */
export class Ours implements Side {
  readonly name = "slipway";
  readonly ca: string;
  readonly #stack: TestStack;
  readonly #host: Host;
  readonly #breakSwitch: boolean;
  readonly #snapshots: (readonly Inspected[])[] = [];

  private constructor(stack: TestStack, host: Host, ca: string, breakSwitch: boolean) {
    this.#stack = stack;
    this.#host = host;
    this.ca = ca;
    this.#breakSwitch = breakSwitch;
  }

  static async launch(stack: TestStack, scenario: Scenario, host: Host, breakSwitch: boolean): Promise<Ours> {
    for (const { path, value } of scenario.setUp) await stack.set(path, value);
    await started(stack.slipway("start"));
    const edge = resourceName({ stack: stack.name, system: "" }, "edge");
    const ca = await dockerRunner(host.dockerHost).get(edge, internalRoot);
    if (ca === undefined) throw new Error(`${edge} has no CA of its own`);
    const ours = new Ours(stack, host, ca, breakSwitch);
    await ours.#look();
    for (const release of scenario.releases) if (release.kind === "image") await ours.#build(release);
    return ours;
  }

  get port(): number {
    return this.#stack.port;
  }

  get label(): string {
    return `${label.stack}=${this.#stack.name}`;
  }

  isWorkload(labels: Readonly<Record<string, string>>): boolean {
    return labels[label.role] === "workload";
  }

  async configure({ changes }: Extract<Step, { do: "configure" }>, running: LoadProcess): Promise<void> {
    for (const { path, value } of changes) await this.#stack.set(path, value);
    if (this.#breakSwitch) return this.#withoutSwitch(running);
    await started(this.#begin().done);
    await this.#look();
  }

  async ask({ part, argv }: PartCommand): Promise<string> {
    const found = (await this.#containers()).find((each) => each.Labels[label.part] === part);
    if (found === undefined) throw new Error(`no container of part ${part} runs`);
    const { exitCode, output } = await dockerRunner(this.#host.dockerHost).exec(found.Id, { argv });
    if (exitCode !== 0) throw new Error(`${argv.join(" ")}: ${output}`);
    return output;
  }

  /** Takes the containers and networks away; data, certificates and secrets stay for compose. */
  async retire(): Promise<Template> {
    const last = this.#snapshots.at(-1) ?? [];
    const rendered = await readRendered(this.#host.engine, last);
    await started(this.#stack.slipway("down"));
    return { snapshots: this.#snapshots, rendered, port: this.port, ca: this.ca };
  }

  /** The deliberate fault: users reach nothing for a while, and the bench must say so. */
  async #withoutSwitch(running: LoadProcess): Promise<void> {
    const first = this.#begin();
    await running.seconds(breaking.afterSeconds);
    const gate = this.#host.engine.getContainer(resourceName({ stack: this.#stack.name, system: "" }, "switch"));
    await gate.kill();
    say(`the switch is killed, for ${breaking.downSeconds} s`);
    await running.seconds(breaking.downSeconds);
    await gate.start();
    const { code } = await first.done;
    say(`npm start without a switch ended with ${code}; once more, with it`);
    await started(this.#stack.slipway("start"));
    await this.#look();
  }

  /** A preview builds what images are missing: they are there before the load, as in a registry, for both sides. */
  async #build({ steps }: Release): Promise<void> {
    const restore = await this.#stack.saved();
    for (const step of steps)
      if (step.do === "configure") for (const { path, value } of step.changes) await this.#stack.set(path, value);
    await started(this.#stack.slipway("preview"));
    await restore();
  }

  #begin(): Running {
    const running = this.#stack.begin("start");
    if (running.child.pid !== undefined) setPriority(running.child.pid, niceness);
    return running;
  }

  async #look(): Promise<void> {
    const { engine } = this.#host;
    const all = await this.#containers();
    this.#snapshots.push(
      await Promise.all(all.map(async ({ Id }) => inspected.parse(await engine.getContainer(Id).inspect()))),
    );
  }

  #containers(): Promise<readonly Docker.ContainerInfo[]> {
    return this.#host.engine.listContainers({ filters: { label: [this.label] } });
  }
}

async function started(command: Promise<{ readonly code: number; readonly output: string }>): Promise<void> {
  const { code, output } = await command;
  if (code !== 0) throw new Error(`slipway ended with ${code}:\n${output}`);
}
