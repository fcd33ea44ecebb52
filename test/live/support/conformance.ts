import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare } from "../../../toolchain/prepare.ts";
import type { Cluster } from "./cluster.ts";
import { begin, checkout, type Run } from "./run.ts";

const program = join(checkout, "test/live/support/conformance-program");

/** A throw-away stack of the conformance program: the real engine and SDK, the double, a real API server. */
export class ConformanceStack {
  readonly namespace = `slipway-double-${randomBytes(3).toString("hex")}`;
  readonly #folder = mkdtempSync(join(tmpdir(), "slipway-double-"));
  readonly #pulumi: string;
  readonly #env: Record<string, string>;

  private constructor(pulumi: string, prepared: Record<string, string>, cluster: Cluster) {
    const { PULUMI_CONFIG_PASSPHRASE_FILE: _, ...env } = prepared;
    this.#pulumi = pulumi;
    this.#env = {
      ...env,
      KUBECONFIG: cluster.kubeconfig,
      PATH: `${cluster.double}:${env["PATH"] ?? process.env["PATH"]}`,
      PULUMI_BACKEND_URL: `file://${join(this.#folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "of a stack that lives for one test",
    };
  }

  static async make(cluster: Cluster): Promise<ConformanceStack> {
    const { pulumi, env } = await prepare({ stack: "local" });
    const stack = new ConformanceStack(pulumi, env, cluster);
    await mkdir(join(stack.#folder, "state"));
    await stack.must("stack", "init", "--no-select");
    await stack.set("namespace", stack.namespace);
    return stack;
  }

  async set(key: string, value: string, ...more: readonly string[]): Promise<void> {
    await this.must("config", "set", ...more, key, value);
  }

  /** A command that must succeed; what it printed. */
  async must(...args: readonly string[]): Promise<string> {
    const done = await this.run(...args);
    if (done.code !== 0) throw new Error(`pulumi ${args.join(" ")}:\n${done.output}`);
    return done.output;
  }

  run(...args: readonly string[]): Promise<Run> {
    const named = [...args, "--stack", this.namespace, "--non-interactive"];
    return begin(this.#pulumi, named, this.#env, program).done;
  }

  async remove(): Promise<void> {
    await rm(join(program, `Pulumi.${this.namespace}.yaml`), { force: true });
    await rm(this.#folder, { recursive: true });
  }
}
