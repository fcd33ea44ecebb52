import { rm } from "node:fs/promises";
import { join } from "node:path";
import { resolveApplication, resolvePart } from "../../../infra/images/resolve.ts";
import { cacheRoot } from "../../../toolchain/cache.ts";
import { engine } from "./host.ts";
import { checkout, type Run, run } from "./run.ts";
import type { TestStack } from "./stack.ts";

/** The test cluster of this machine, by the commands that a user has. */
export class Cluster {
  readonly kubeconfig: string;
  /** The folder of the provider's double. */
  readonly double = join(checkout, "test/doubles/kubernetes-provider");

  private constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
  }

  /** The one that KUBECONFIG names, else our own, which is left running for the next test. */
  static async up(): Promise<Cluster> {
    const up = await run("node", ["toolchain/slipway.mjs", "toolchain/cluster/main.ts", "up"]);
    if (up.code !== 0) throw new Error(up.output);
    return new Cluster(process.env["KUBECONFIG"] ?? join(cacheRoot(), "cluster-state/pki/admin.kubeconfig"));
  }

  /** Of a stack's commands: whose cluster it is, and the double of the provider where Pulumi's own cannot be had. */
  get variables(): Readonly<Record<string, string>> {
    return { KUBECONFIG: this.kubeconfig, PATH: `${this.double}:${process.env["PATH"]}` };
  }

  async kubectl(...args: readonly string[]): Promise<string> {
    const done = await this.ask(...args);
    if (done.code !== 0) throw new Error(`kubectl ${args.join(" ")}:\n${done.output}`);
    return done.stdout.trim();
  }

  ask(...args: readonly string[]): Promise<Run> {
    return run("kubectl", [...args], { KUBECONFIG: this.kubeconfig });
  }

  /** All that a test's stack has left, the data that a destroy keeps too. */
  async remove(stack: TestStack): Promise<void> {
    await stack.pulumi("destroy", "--exclude-protected", "--yes", "--skip-preview");
    await this.kubectl("delete", "namespace", `slipway-${stack.name}`, "--ignore-not-found");
    await rm(stack.file, { force: true });
    await rm(stack.state, { recursive: true, force: true });
  }

  /** Builds an application's image, and gives it to the node, which can pull none. */
  async bringApplication(system: string, context: string, args: Readonly<Record<string, string>> = {}): Promise<void> {
    const { name } = await resolveApplication(engine, system, { build: { context, args } }, "debian");
    await this.bring(name);
  }

  async bringParts(...parts: readonly Parameters<typeof resolvePart>[1][]): Promise<void> {
    for (const part of parts) await this.bring((await resolvePart(engine, part, "debian")).name);
  }

  /** An image of this machine's engine. */
  async bring(name: string): Promise<void> {
    await this.imported('docker save "$0" | ctr --address "$1" -n k8s.io images import -', name);
  }

  /** @param archive of an OCI image, with its name in it */
  async bringArchive(archive: string): Promise<void> {
    await this.imported('ctr --address "$1" -n k8s.io images import "$0"', archive);
  }

  private async imported(script: string, what: string): Promise<void> {
    const socket = join(cacheRoot(), "cluster-state/state/containerd.sock");
    const done = await run("bash", ["-o", "pipefail", "-c", script, what, socket]);
    if (done.code !== 0) throw new Error(done.output);
  }
}
