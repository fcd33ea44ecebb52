import { setPriority } from "node:os";
import type Docker from "dockerode";
import { label, resourceName } from "../../../components/container/spec.ts";
import { internalRoot } from "../../../components/edge/spec.ts";
import { dockerRunner } from "../../../components/steps/docker-runner.ts";
import { freePort } from "../../../ops/free-port.ts";
import { say } from "../../../toolchain/phases.ts";
import type { Running } from "../../live/support/run.ts";
import type { TestStack } from "../../live/support/stack.ts";
import { type Inspected, inspected } from "../compose-file.ts";
import { type RenderedFiles, readRendered } from "../volumes.ts";
import { BenchAuthority } from "./authority.ts";
import type { LoadProcess } from "./load-process.ts";
import type { Outside } from "./outside.ts";
import type { Change, Release, Step } from "./releases.ts";
import type { PartCommand, Scenario } from "./scenario.ts";
import type { Side } from "./under-load.ts";

/** What compose needs to run the same system, taken while it ran. */
export interface Template {
  /** The containers after the launch and after each change. */
  readonly snapshots: readonly (readonly Inspected[])[];
  readonly rendered: readonly RenderedFiles[];
  /** Names of the networks that have a way out. */
  readonly open: readonly string[];
  readonly port: number;
  readonly ca: string;
  readonly authority: BenchAuthority;
}

export interface Host {
  readonly engine: Docker;
  readonly dockerHost: string;
}

export interface PreparedHost extends Host {
  /** What the stack needs beside it, running. */
  readonly outside: readonly Outside[];
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
  readonly port: number;
  readonly #stack: TestStack;
  readonly #scenario: Scenario;
  readonly #host: Host;
  readonly #authority: BenchAuthority;
  readonly #breakSwitch: boolean;
  readonly #snapshots: (readonly Inspected[])[] = [];
  #ca = "";

  private constructor(
    stack: TestStack,
    scenario: Scenario,
    host: Host,
    given: { readonly port: number; readonly authority: BenchAuthority; readonly breakSwitch: boolean },
  ) {
    this.#stack = stack;
    this.#scenario = scenario;
    this.#host = host;
    this.port = given.port;
    this.#authority = given.authority;
    this.#breakSwitch = given.breakSwitch;
  }

  static async launch(stack: TestStack, scenario: Scenario, host: PreparedHost, breakSwitch: boolean): Promise<Ours> {
    const isTcp = scenario.protocol.transport === "tcp";
    const port = isTcp ? await freePort() : stack.port;
    const ours = new Ours(stack, scenario, host, { port, authority: await BenchAuthority.make(), breakSwitch });
    await ours.#set(scenario.setUp);
    if (isTcp) await stack.set(["slipway:tcp", "port"], port);
    await ours.#lead(host.outside);
    await started(stack.slipway("start"));
    ours.#ca = isTcp ? await ours.#stackAuthority() : await ours.#edgeAuthority();
    await ours.#look();
    for (const release of scenario.releases) if (release.kind === "image") await ours.#build(release);
    return ours;
  }

  /** Of the stack, and of the bench, whose certificates a release may give it. */
  get ca(): string {
    return `${this.#ca.trim()}\n${this.#authority.certificate}`;
  }

  get label(): string {
    return `${label.stack}=${this.#stack.name}`;
  }

  isWorkload(labels: Readonly<Record<string, string>>): boolean {
    return labels[label.role] === "workload";
  }

  async configure({ changes }: Extract<Step, { do: "configure" }>, running: LoadProcess): Promise<void> {
    await this.#set(changes);
    if (this.#breakSwitch) return this.#withoutSwitch(running);
    await started(this.#begin().done);
    await this.#look();
  }

  async giveCertificate(): Promise<void> {
    const { certificate, key } = await this.#authority.issue(this.#scenario.domain);
    await this.#stack.set(["slipway:tcp", "certificate"], certificate);
    // A value that begins with dashes would be taken for an option.
    await this.#stack.setSecret("slipway:tcp.key", `\n${key}`);
    await started(this.#begin().done);
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
    const networks = await this.#host.engine.listNetworks({ filters: { label: [this.label] } });
    const open = networks.filter(({ Internal }) => !Internal).map(({ Name }) => Name);
    await started(this.#stack.slipway("down"));
    const { port, ca } = this;
    return { snapshots: this.#snapshots, rendered, open, port, ca, authority: this.#authority };
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
    for (const step of steps) if (step.do === "configure") await this.#set(step.changes);
    await started(this.#stack.slipway("preview"));
    await restore();
  }

  async #set(changes: readonly Change[]): Promise<void> {
    for (const { path, value } of changes) await this.#stack.set(path, value);
  }

  /** To what runs beside it. Secrets are encrypted for a stack that there must be by then. */
  async #lead(outside: readonly Outside[]): Promise<void> {
    for (const { changes } of outside) await this.#set(changes);
    const secrets = outside.flatMap((each) => each.secrets);
    if (secrets.length > 0) await started(this.#stack.pulumi("stack", "init", "--no-select"));
    for (const [path, value] of secrets) await this.#stack.setSecret(path, value);
  }

  async #edgeAuthority(): Promise<string> {
    const edge = resourceName({ stack: this.#stack.name, system: "" }, "edge");
    const ca = await dockerRunner(this.#host.dockerHost).get(edge, internalRoot);
    if (ca === undefined) throw new Error(`${edge} has no CA of its own`);
    return ca;
  }

  /** As an operator gets it for the clients of raw TCP. */
  async #stackAuthority(): Promise<string> {
    const { code, output, stdout } = await this.#stack.pulumi("stack", "output", "ca");
    if (code !== 0) throw new Error(output);
    return stdout;
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
