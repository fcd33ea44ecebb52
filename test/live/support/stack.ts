import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { freePort } from "../../../ops/free-port.ts";
import { fileText, newStackFile } from "../../../ops/stack-file.ts";
import { begin, checkout, type Run, type Running, run } from "./run.ts";

/** How long a hold may be is one test's question (rollout-stop-first): a busy machine must not undo the releases of the others. */
export const patientHoldSeconds = 30;

/** One throw-away stack driven by the commands a user has, with a name, a port and a state folder of its own. */
export class TestStack {
  readonly name = `t${randomBytes(3).toString("hex")}`;
  readonly file = join(checkout, `Pulumi.${this.name}.yaml`);
  readonly state: string;
  readonly port: number;

  /** The host name that the edge of every test stack answers. */
  readonly domain = "tmws.localhost";
  /** The command that runs its commands, e.g. in a namespace of their own. */
  through: readonly string[] = [];
  /** Variables of its commands, beside the test's own. */
  variables: Readonly<Record<string, string>> = {};
  /** Of the host that the edge listens on. */
  address = "127.0.0.1";
  /** Leads to the edge where its port is not this machine's, e.g. of a private engine. */
  socket: string | undefined;

  readonly #ownState: boolean;

  private constructor(port: number, state: string | undefined) {
    this.port = port;
    this.#ownState = state === undefined;
    this.state = state ?? mkdtempSync(join(tmpdir(), "slipway-test-"));
  }

  /** A copy of `local` with a free port; the images' flavour is left to `npm start`. @param state another stack's, for one beside it that goes first */
  static async make(state?: string): Promise<TestStack> {
    const stack = new TestStack(await freePort(), state);
    const template = await readFile(join(checkout, "Pulumi.local.yaml"), "utf8");
    await writeFile(stack.file, newStackFile(template));
    await stack.set(["slipway:edge", "httpsPort"], stack.port);
    await stack.set(["slipway:rollout", "holdSeconds"], patientHoldSeconds);
    // Whatever environment a test makes of it: the rules of the machine that runs the tests are nobody's to change.
    await stack.set(["slipway:firewall"], { enabled: false, off: "a test on a machine that is not its own" });
    return stack;
  }

  /** The same with the reference application on PostgreSQL, which is released in overlap. @param system file of the system */
  static async orders(system = "./test/workloads/orders/system.ts", state?: string): Promise<TestStack> {
    const stack = await TestStack.make(state);
    await stack.set(["slipway:system"], system);
    await stack.set(["slipway:redis"], { enabled: false });
    await stack.set(["slipway:image", "build", "context"], "test/workloads/orders");
    return stack;
  }

  /** Where a client connects to. */
  get edge(): { readonly host: string; readonly port: number } | { readonly socketPath: string } {
    return this.socket === undefined ? { host: this.address, port: this.port } : { socketPath: this.socket };
  }

  get env(): Record<string, string> {
    return { XDG_STATE_HOME: this.state, ...this.variables };
  }

  /** Sets a value of the stack's config file; `undefined` removes it. */
  async set(path: readonly string[], value: unknown): Promise<void> {
    const document = parseDocument(await readFile(this.file, "utf8"));
    if (value === undefined) document.deleteIn(["config", ...path]);
    else document.setIn(["config", ...path], value);
    await writeFile(this.file, fileText(document));
  }

  async saved(): Promise<() => Promise<void>> {
    const copy = join(this.state, `saved-${randomBytes(3).toString("hex")}.yaml`);
    await copyFile(this.file, copy);
    return () => copyFile(copy, this.file);
  }

  begin(command: string, ...args: readonly string[]): Running {
    return this.#within("node", "toolchain/slipway.mjs", command, "--stack", this.name, ...args);
  }

  slipway(command: string, ...args: readonly string[]): Promise<Run> {
    return this.begin(command, ...args).done;
  }

  /** The Pulumi CLI in the environment of `npm run env`, as a user has it after eval. */
  async pulumi(...args: readonly string[]): Promise<Run> {
    const script = 'eval "$(node toolchain/slipway.mjs env --stack "$0")" && exec pulumi "$@"';
    return this.#within("bash", "-c", script, this.name, ...args, "--stack", this.name, "--non-interactive").done;
  }

  #within(...command: readonly string[]): Running {
    const [program = "", ...args] = [...this.through, ...command];
    return begin(program, args, this.env);
  }

  /** By Pulumi's command, which reads the value: nobody sees it in a list of processes, and PEM begins like an option. */
  async setSecret(path: string, value: string): Promise<void> {
    await given(this, [path, "--secret"], value);
  }

  async setText(path: string, value: string): Promise<void> {
    await given(this, [path], value);
  }

  /** Leaves nothing, whatever happened before. */
  async destroy(): Promise<void> {
    const down = await this.slipway("down", "--with-data");
    if (down.code !== 0) throw new Error(`the test stack ${this.name} could not be destroyed:\n${down.output}`);
    await rm(this.file, { force: true });
    // Another's is still wanted by that one.
    if (this.#ownState) await rm(this.state, { recursive: true, force: true });
  }
}

/** `pulumi config set --path` after `npm run env`, with the value on its standard input. */
export async function given(
  { name, state }: Pick<TestStack, "name" | "state">,
  path: readonly string[],
  value: string,
): Promise<void> {
  const file = join(state, `given-${randomBytes(3).toString("hex")}`);
  await writeFile(file, value, { mode: 0o600 });
  const script =
    'eval "$(node toolchain/slipway.mjs env --stack "$0")" && exec < "$1" && shift && exec pulumi config set --stack "$0" --path "$@"';
  const set = await run("bash", ["-c", script, name, file, ...path], { XDG_STATE_HOME: state });
  await rm(file);
  if (set.code !== 0) throw new Error(set.output);
}
