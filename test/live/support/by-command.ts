import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Outside } from "./host.ts";
import { checkout, type Run, run } from "./run.ts";
import { given } from "./stack.ts";

/** A stack as `npm start -- --system NAME` makes it, called as the system is; nothing of it is written but by the README's commands. */
export class CommandStack {
  readonly name: string;
  readonly file: string;
  readonly state = mkdtempSync(join(tmpdir(), "slipway-command-"));
  readonly domain: string;
  /** Of the edge that it shares. */
  readonly port: number;
  readonly edge: { readonly host: string; readonly port: number };

  private constructor(name: string, port: number) {
    this.name = name;
    this.file = fileOf(name);
    this.domain = `${name}.localhost`;
    this.port = port;
    this.edge = { host: "127.0.0.1", port };
  }

  /** @throws Error when somebody has a stack of that name here: it is not touched */
  static async make(name: string, edgePort: number): Promise<CommandStack> {
    if (existsSync(fileOf(name))) throw new Error(`${fileOf(name)} is somebody's: this test makes a stack ${name}`);
    const stack = new CommandStack(name, edgePort);
    const [held] = await new Outside(stack).leftovers();
    if (held === undefined) return stack;
    await rm(stack.state, { recursive: true });
    throw new Error(`${held} is somebody's: this test makes a stack ${name}, e.g. away with npm run down first`);
  }

  /** `npm start`, or `npm run` of another command. */
  npm(command: string, ...args: readonly string[]): Promise<Run> {
    const script = command === "start" ? ["start"] : ["run", command];
    return run("npm", [...script, "--", "--system", this.name, ...args], { XDG_STATE_HOME: this.state });
  }

  /** By `pulumi config set` with this path and these options. */
  set(path: readonly string[], value: string): Promise<void> {
    return given(this, path, value);
  }

  /** Leaves nothing, whatever happened before. */
  async destroy(): Promise<void> {
    if (existsSync(this.file)) {
      const down = await this.npm("down", "--with-data");
      if (down.code !== 0) throw new Error(`the stack ${this.name} could not be destroyed:\n${down.output}`);
    }
    await rm(this.file, { force: true });
    await rm(this.state, { recursive: true, force: true });
  }
}

function fileOf(name: string): string {
  return join(checkout, `Pulumi.${name}.yaml`);
}
