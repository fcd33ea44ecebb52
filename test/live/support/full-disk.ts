import { randomBytes } from "node:crypto";
import { labelsFor, resourceName } from "../../../components/container/spec.ts";
import { BASE_IMAGE } from "../../../infra/images/base-image.ts";
import { engine, runner } from "./host.ts";
import type { TestStack } from "./stack.ts";

/** A volume of a stack on a file system of its own, small enough to be filled. */
export class FullDisk {
  readonly #keeper: string;

  private constructor(keeper: string) {
    this.#keeper = keeper;
  }

  /** Makes the volume before the stack's first launch does. Its container keeps it mounted: a tmpfs that nobody mounts forgets all. */
  static async under(
    stack: TestStack,
    { part = "backups", system = "tmws", megabytes = 64, owner = 0 } = {},
  ): Promise<FullDisk> {
    const place = { stack: stack.name, system };
    const volume = resourceName(place, part);
    const { "slipway.role": _, ...labels } = labelsFor(place, part, "part");
    await engine.createVolume({
      Name: volume,
      Driver: "local",
      DriverOpts: { type: "tmpfs", device: "tmpfs", o: `size=${megabytes}m,uid=${owner},gid=${owner}` },
      Labels: labels,
    });
    const keeper = await engine.createContainer({
      name: `test-disk-${randomBytes(3).toString("hex")}`,
      Image: BASE_IMAGE,
      Cmd: ["tail", "-f", "/dev/null"],
      HostConfig: { Binds: [`${volume}:/disk`], NetworkMode: "none" },
    });
    await keeper.start();
    return new FullDisk(keeper.id);
  }

  /** Nothing more can be written. */
  async fill(): Promise<void> {
    await this.#sh(
      "dd if=/dev/zero of=/disk/filler bs=1M 2>/dev/null; dd if=/dev/zero of=/disk/rest bs=1 count=8192 2>/dev/null; true",
    );
  }

  /** So much of it is in use. */
  async take(megabytes: number): Promise<void> {
    await this.#sh(`dd if=/dev/zero of=/disk/filler bs=1M count=${megabytes} 2>/dev/null`);
  }

  async empty(): Promise<void> {
    await this.#sh("rm -f /disk/filler /disk/rest");
  }

  async release(): Promise<void> {
    await runner.remove(this.#keeper);
  }

  async #sh(script: string): Promise<void> {
    const { exitCode, output } = await runner.exec(this.#keeper, { argv: ["sh", "-c", script] });
    if (exitCode !== 0) throw new Error(output);
  }
}
