import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Diagnostic, policyResults } from "../../../ops/preview/results.ts";
import { prepare } from "../../../toolchain/prepare.ts";
import type { Case } from "../../fixtures/policy/parts.ts";
import { begin, checkout, type Run } from "./run.ts";

const program = join(checkout, "test/live/support/policy-program");

export interface Judged extends Run {
  readonly results: readonly Diagnostic[];
}

/** A throw-away stack of the program that registers cases: what the real engine and the pack say of them. */
export class CaseStack {
  readonly #name = `p${randomBytes(3).toString("hex")}`;
  readonly #folder = mkdtempSync(join(tmpdir(), "slipway-policy-"));
  readonly #env: Record<string, string>;
  readonly #pulumi: string;
  readonly #pack: string;

  private constructor(prepared: {
    readonly pulumi: string;
    readonly policyPack: string;
    readonly env: Record<string, string>;
  }) {
    const { PULUMI_CONFIG_PASSPHRASE_FILE: _, ...env } = prepared.env;
    this.#pulumi = prepared.pulumi;
    this.#pack = prepared.policyPack;
    this.#env = {
      ...env,
      PULUMI_BACKEND_URL: `file://${join(this.#folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "of a stack that holds no secret",
      PULUMI_DEBUG_COMMANDS: "true",
      SLIPWAY_CASES: join(this.#folder, "cases.json"),
    };
  }

  static async make(): Promise<CaseStack> {
    const stack = new CaseStack(await prepare({ stack: "local" }));
    await mkdir(join(stack.#folder, "state"));
    const made = await stack.#run("stack", "init", "--no-select", stack.#name);
    if (made.code !== 0) throw new Error(made.output);
    return stack;
  }

  async preview(cases: readonly Case[]): Promise<Judged> {
    const events = join(this.#folder, "events");
    await rm(events, { force: true });
    await writeFile(join(this.#folder, "cases.json"), JSON.stringify(cases));
    const ended = await this.#run("preview", "--stack", this.#name, "--policy-pack", this.#pack, "--event-log", events);
    return { ...ended, results: policyResults(await readFile(events, "utf8")) };
  }

  async remove(): Promise<void> {
    await rm(join(program, `Pulumi.${this.#name}.yaml`), { force: true });
    await rm(this.#folder, { recursive: true });
  }

  #run(...args: readonly string[]): Promise<Run> {
    return begin(this.#pulumi, [...args, "--non-interactive"], this.#env, program).done;
  }
}
