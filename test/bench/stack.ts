import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { z } from "zod";
import { label } from "../../components/container/spec.ts";
import { dockerRunner, engineClient } from "../../components/steps/docker-runner.ts";
import { ensureBaseImage } from "../../infra/images/base-image.ts";
import { freePort } from "../../ops/free-port.ts";
import { clearStaleLock } from "../../ops/locks.ts";
import { askPulumi, type PulumiContext } from "../../ops/pulumi.ts";
import { contextOf, ensureStack } from "../../ops/stack.ts";
import { stackFile, valueAt, withValue } from "../../ops/stack-file.ts";
import { say } from "../../toolchain/phases.ts";
import { prepare } from "../../toolchain/prepare.ts";
import { timed } from "./command.ts";
import { type Inspected, inspected } from "./compose-file.ts";

/** One throw-away stack with a name, a port and a state folder of its own, and what its commands take. */
export class BenchStack {
  readonly context: PulumiContext;
  readonly dockerHost: string;
  readonly engine: Docker;
  readonly #state: string;
  readonly #stop: AbortSignal;

  private constructor(context: PulumiContext, dockerHost: string, state: string, stop: AbortSignal) {
    this.context = context;
    this.dockerHost = dockerHost;
    this.engine = engineClient(dockerHost);
    this.#state = state;
    this.#stop = stop;
  }

  static async make(stop: AbortSignal): Promise<BenchStack> {
    const name = `bench-${randomBytes(3).toString("hex")}`;
    const state = await mkdtemp(join(tmpdir(), "slipway-bench-state-"));
    // Before anything asks where the state is: nothing of the bench lands among the machine's own stacks.
    process.env["XDG_STATE_HOME"] = state;
    const prepared = await prepare({ stack: name });
    const stack = new BenchStack(contextOf(prepared, name), prepared.dockerHost, state, stop);
    try {
      await stack.#initialise();
    } catch (error) {
      await stack.remove();
      throw error;
    }
    return stack;
  }

  get name(): string {
    return this.context.stack;
  }

  /** Seconds that a command of the Pulumi CLI takes. */
  pulumi(...args: readonly string[]): Promise<number> {
    const { pulumi, cwd, env } = this.context;
    return timed(pulumi, [...args, "--stack", this.name, "--non-interactive"], { cwd, env, stop: this.#stop });
  }

  /** Seconds of `npm start`, from npm's own beginning to the table at its end. */
  start(): Promise<number> {
    return timed("npm", ["start", "--", "--stack", this.name, "--expect-no-changes"], {
      cwd: this.context.cwd,
      env: process.env,
      stop: this.#stop,
    });
  }

  /** From nothing to its end: healthy and smoke-tested. */
  coldUp(): Promise<number> {
    return this.pulumi("up", "--yes", "--skip-preview");
  }

  /** Everything gone, data and secrets too; the stack itself stays, empty. */
  async destroy(): Promise<void> {
    await askPulumi(this.context, ["state", "unprotect", "--all", "--yes"]);
    await askPulumi(this.context, ["destroy", "--yes", "--skip-preview"]);
  }

  async configure(path: readonly string[], value: string | number): Promise<void> {
    const file = stackFile(this.name);
    await writeFile(file, withValue(await readFile(file, "utf8"), path, value));
  }

  /** Its running containers, as the engine describes them. */
  async containers(): Promise<readonly Inspected[]> {
    const found = await this.engine.listContainers({ filters: { label: [`${label.stack}=${this.name}`] } });
    return Promise.all(found.map(async ({ Id }) => inspected.parse(await this.engine.getContainer(Id).inspect())));
  }

  async url(): Promise<string> {
    return (await askPulumi(this.context, ["stack", "output", "url"])).trim();
  }

  /** What its release was asked for, from the state. */
  async rollout(): Promise<z.infer<typeof rolloutInputs>> {
    const { deployment } = exported.parse(JSON.parse(await askPulumi(this.context, ["stack", "export"])));
    const rollout = deployment.resources.find((each) => each.type.endsWith(":Rollout"));
    return rolloutInputs.parse(rollout?.inputs);
  }

  /** Leaves nothing, whatever happened before. */
  async remove(): Promise<void> {
    await clearStaleLock(this.context, dockerRunner(this.dockerHost), { stack: this.name, system: "" }, say);
    await this.destroy();
    const { Volumes } = await this.engine.listVolumes({ filters: { label: [`${label.stack}=${this.name}`] } });
    for (const { Name } of Volumes) await this.engine.getVolume(Name).remove();
    await rm(stackFile(this.name), { force: true });
    await rm(this.#state, { recursive: true });
  }

  /** Stack, base image; the other images are built by the first preview. */
  async #initialise(): Promise<void> {
    const wishes = {
      stack: this.name,
      httpsPort: await freePort(),
      system: undefined,
      host: undefined,
      withData: true,
      yes: true,
      rest: [],
    };
    await ensureStack(this.context, wishes, this.engine, say);
    if (valueAt(await readFile(stackFile(this.name), "utf8"), ["images"]) === "debian")
      await ensureBaseImage(this.engine, say);
  }
}

const exported = z.object({
  deployment: z.object({ resources: z.array(z.object({ type: z.string(), inputs: z.unknown().optional() })) }),
});

const rolloutInputs = z.object({
  workloads: z.tuple([
    z.object({
      container: z.object({ labels: z.record(z.string(), z.string()) }),
      duty: z.object({ kind: z.literal("web"), path: z.string() }),
    }),
  ]),
  schema: z.object({ upgrade: z.array(z.string()), workingDir: z.string() }),
});
