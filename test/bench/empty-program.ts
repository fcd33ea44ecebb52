import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { askPulumi, type PulumiContext } from "../../ops/pulumi.ts";
import { checkout } from "../../ops/stack-file.ts";
import { timed } from "./command.ts";

/**
 * The program that `pulumi new typescript` makes: it imports the SDK and does nothing. With the same engine, language host, Node and runtime
 * options it is what no program can be faster than.
 */
export class EmptyProgram {
  readonly #context: PulumiContext;
  readonly #stop: AbortSignal;

  private constructor(context: PulumiContext, stop: AbortSignal) {
    this.#context = context;
    this.#stop = stop;
  }

  static async make(like: PulumiContext, stop: AbortSignal): Promise<EmptyProgram> {
    const cwd = await mkdtemp(join(tmpdir(), "slipway-bench-empty-"));
    const project = parseDocument(await readFile(join(checkout, "Pulumi.yaml"), "utf8"));
    project.set("name", "slipway-bench-empty");
    project.set("main", "index.ts");
    await writeFile(join(cwd, "Pulumi.yaml"), project.toString());
    await writeFile(join(cwd, "package.json"), JSON.stringify({ name: "empty", type: "module" }));
    await writeFile(join(cwd, "index.ts"), 'import * as pulumi from "@pulumi/pulumi";\n');
    await symlink(join(checkout, "node_modules"), join(cwd, "node_modules"));
    const program = new EmptyProgram({ ...like, cwd }, stop);
    await askPulumi(program.#context, ["stack", "init", "--no-select"]);
    return program;
  }

  /** Seconds of a preview. */
  preview(): Promise<number> {
    const { pulumi, cwd, env, stack } = this.#context;
    return timed(pulumi, ["preview", "--stack", stack, "--non-interactive"], { cwd, env, stop: this.#stop });
  }

  async remove(): Promise<void> {
    await rm(this.#context.cwd, { recursive: true });
  }
}
