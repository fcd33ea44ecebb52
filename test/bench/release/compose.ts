import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { file } from "../../../components/files/spec.ts";
import { pemText } from "../../../components/options/pem.ts";
import { packTar } from "../../../components/steps/archive.ts";
import { dockerRunner } from "../../../components/steps/docker-runner.ts";
import type { FileEntry } from "../../../components/steps/runner.ts";
import { pemFile } from "../../../components/switch/public.ts";
import { timed } from "../command.ts";
import type { Compose } from "../compose.ts";
import { composeFile, type Inspected } from "../compose-file.ts";
import { fillVolumes, removeVolumes, writeVolume } from "../volumes.ts";
import { answers } from "./answers.ts";
import { scaleArguments, services, staticSwitchConfig, switchConfigVolume } from "./compose-plan.ts";
import { type Host, niceness, type Template } from "./ours.ts";
import type { PartCommand, Scenario } from "./scenario.ts";
import type { Side } from "./under-load.ts";

const haproxy = { uid: 99, gid: 99 };

/**
 * The same containers and the same data under docker compose: each change is a new compose file and `up -d`. It has it easier than Slipway:
 * nothing is migrated, backed up, probed or watched.
 */
export class ComposeSide implements Side {
  readonly name = "compose";
  readonly #compose: Compose;
  readonly #template: Template;
  readonly #scenario: Scenario;
  readonly #host: Host;
  readonly #folder: string;
  readonly #project: string;
  #filled: Readonly<Record<string, string>> = {};
  #changes = 0;

  private constructor(compose: Compose, template: Template, scenario: Scenario, host: Host, folder: string) {
    this.#compose = compose;
    this.#template = template;
    this.#scenario = scenario;
    this.#host = host;
    this.#folder = folder;
    // Compose takes the dot out of a name by itself, and its labels are then another project's.
    this.#project = `slipway-bench-${scenario.system.replace(".", "-")}-${template.port}`;
  }

  /** From what a retired stack left: its data volumes are used as they are. */
  static async launch(compose: Compose, template: Template, scenario: Scenario, host: Host): Promise<ComposeSide> {
    const folder = await mkdtemp(join(tmpdir(), "slipway-bench-compose-"));
    const side = new ComposeSide(compose, template, scenario, host, folder);
    try {
      await side.#fill();
      await side.#up();
    } catch (error) {
      await side.remove();
      throw error;
    }
    return side;
  }

  get port(): number {
    return this.#template.port;
  }

  get ca(): string {
    return this.#template.ca;
  }

  get label(): string {
    return `com.docker.compose.project=${this.#project}`;
  }

  isWorkload(labels: Readonly<Record<string, string>>): boolean {
    const service = labels["com.docker.compose.service"] ?? "";
    return service === this.#scenario.web.part || service in this.#scenario.composeCommands;
  }

  async configure(): Promise<void> {
    this.#changes++;
    await this.#up();
  }

  /** The file is replaced, and HAProxy told to reload as its manual has it: a new worker takes new connections, the old one keeps its own. */
  async giveCertificate(): Promise<void> {
    const volume = this.#filled[switchConfigVolume(this.#containers)] ?? "";
    await writeVolume(this.#host.engine, volume, this.#containers[0]?.Image ?? "", await packTar([await this.#pem()]));
    await this.#run("kill", "-s", "SIGUSR2", "switch");
  }

  async ask({ part, argv }: PartCommand): Promise<string> {
    const { exitCode, output } = await dockerRunner(this.#host.dockerHost).exec(await this.#container(part), { argv });
    if (exitCode !== 0) throw new Error(`${argv.join(" ")}: ${output}`);
    return output;
  }

  /** Leaves the data volumes, which are the stack's. */
  async remove(): Promise<void> {
    await this.#write();
    await this.#run("down", "--volumes", "--timeout", "1");
    await removeVolumes(this.#host.engine, this.#project);
    await rm(this.#folder, { recursive: true });
  }

  get #containers(): readonly Inspected[] {
    const found = this.#template.snapshots[this.#changes];
    if (found === undefined) throw new Error(`there were fewer than ${this.#changes} changes to the stack`);
    return found;
  }

  /** Rendered files in fresh volumes, the switch's config replaced by a static one; all other volumes that are still there as they are. */
  async #fill(): Promise<void> {
    const { engine } = this.#host;
    const config = switchConfigVolume(this.#containers);
    const content = file("haproxy.cfg", staticSwitchConfig(this.#scenario), haproxy);
    const isTcp = this.#scenario.protocol.transport === "tcp";
    const tar = await packTar([content, ...(isTcp ? [await this.#pem()] : [])]);
    const rendered = this.#template.rendered.map((each) => (each.volume === config ? { ...each, tar } : each));
    const { Volumes } = await engine.listVolumes();
    const kept = Volumes.map(({ Name }) => [Name, Name]);
    const fresh = await fillVolumes(engine, this.#project, this.#containers[0]?.Image ?? "", rendered);
    this.#filled = { ...Object.fromEntries(kept), ...fresh };
  }

  async #up(): Promise<void> {
    await this.#write();
    await this.#run("up", "--detach", ...scaleArguments(this.#containers));
    await answers(this.#scenario, this);
  }

  async #pem(): Promise<FileEntry> {
    const { certificate, key } = await this.#template.authority.issue(this.#scenario.domain);
    return file(pemFile, pemText(certificate, key), haproxy, 0o400);
  }

  /** The file has the stack's secrets in it. */
  async #write(): Promise<void> {
    const wishes = {
      containers: services(this.#containers, this.#scenario),
      // Of no part: the data are migrated already.
      migration: { part: "", command: [], workingDir: "" },
      filled: this.#filled,
      open: this.#template.open,
    };
    await writeFile(join(this.#folder, "docker-compose.yml"), composeFile(wishes), { mode: 0o600 });
  }

  async #run(...args: readonly string[]): Promise<void> {
    const place = { cwd: this.#folder, env: { ...process.env, DOCKER_HOST: this.#host.dockerHost } };
    const command = [...this.#compose.argv, "--project-name", this.#project, ...args];
    await timed("nice", ["-n", String(niceness), ...command], place);
  }

  async #container(service: string): Promise<string> {
    const label = [this.label, `com.docker.compose.service=${service}`];
    const [found] = await this.#host.engine.listContainers({ filters: { label } });
    if (found === undefined) throw new Error(`compose project ${this.#project} has no running service ${service}`);
    return found.Id;
  }
}
