import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { askPulumi, type PulumiContext } from "../../../ops/pulumi.ts";
import { contextOf } from "../../../ops/stack.ts";
import { checkout } from "../../../ops/stack-file.ts";
import { prepare } from "../../../toolchain/prepare.ts";
import type { Wish } from "./program.ts";
import type { Run } from "./spec.ts";

/** The program under the real engine with the real providers, which a preview asks for every resource; nothing is created. */
export class EngineProject {
  readonly #context: PulumiContext;

  private constructor(context: PulumiContext) {
    this.#context = context;
  }

  /** @param folder of the bench's own, for project and state */
  static async make(folder: string): Promise<EngineProject> {
    const stack = "scale";
    // Before anything asks where the state is: nothing of the bench lands among the machine's own stacks.
    process.env["XDG_STATE_HOME"] = folder;
    const context = { ...contextOf(await prepare({ stack }), stack), cwd: folder };
    const project = parseDocument(await readFile(join(checkout, "Pulumi.yaml"), "utf8"));
    project.set("name", "slipway-bench-scale");
    project.set("main", "index.ts");
    await writeFile(join(folder, "Pulumi.yaml"), project.toString());
    await writeFile(join(folder, "package.json"), JSON.stringify({ name: "scale", type: "module" }));
    await writeFile(join(folder, "index.ts"), `import ${JSON.stringify(join(import.meta.dirname, "on-engine.ts"))};\n`);
    await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
    await askPulumi(context, ["stack", "init", "--no-select"]);
    return new EngineProject(context);
  }

  async preview(wish: Wish): Promise<Pick<Run, "resources" | "seconds" | "megabytes">> {
    const memory = join(this.#context.cwd, "memory");
    const env = { ...this.#context.env, SLIPWAY_SCALE: JSON.stringify({ wish, memory }) };
    const began = performance.now();
    const said = await askPulumi({ ...this.#context, env }, ["preview"]);
    const seconds = (performance.now() - began) / 1000;
    return { seconds, resources: createdIn(said), megabytes: Number(await readFile(memory, "utf8")) };
  }
}

/** The stack's own resource is none of the program's. @throws Error when the plan does not say how many it creates */
function createdIn(plan: string): number {
  const created = /\+ (\d+) to create/.exec(plan)?.[1];
  if (created === undefined) throw new Error(`the preview does not say what it would create:\n${plan.slice(-2000)}`);
  return Number(created) - 1;
}
