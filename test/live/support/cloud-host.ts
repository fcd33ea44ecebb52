import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloudInit, type HostSpec } from "../../../components/machine/cloud-init.ts";
import { ensureBaseImage } from "../../../infra/images/base-image.ts";
import { engine, eventually } from "./host.ts";
import { supportImage } from "./image.ts";
import { machineRights } from "./machine-rights.ts";
import { checkout, must, run } from "./run.ts";

const hybrid = "/sys/fs/cgroup/unified";

/**
 * A machine of EC2 as far as a container can be one: Debian with systemd, cloud-init with its user data beside it (NoCloud), a disk of its own, and
 * doubles of AWS' two agents. It has a kernel in common with us, and no udev: it is not restarted. Linux and root only.
 */
export class CloudHost {
  readonly #folder: string;
  readonly #disk: string;
  readonly #container: string;

  private constructor(folder: string, disk: string, container: string) {
    this.#folder = folder;
    this.#disk = disk;
    this.#container = container;
  }

  static async boot(more: Partial<HostSpec> = {}): Promise<CloudHost> {
    const folder = mkdtempSync(join(tmpdir(), "slipway-cloud-"));
    await must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", join(folder, "key")]);
    for (const agent of ["ssm", "cloudwatch"])
      await must([
        "dpkg-deb",
        "-Zgzip",
        "--root-owner-group",
        "-b",
        join(checkout, "test/doubles/aws-agents", agent),
        join(folder, `${agent}.deb`),
      ]);
    writeFileSync(join(folder, "disk"), "");
    truncateSync(join(folder, "disk"), 2 * 1024 ** 3);
    const disk = (await must(["losetup", "--find", "--show", join(folder, "disk")])).trim();
    mkdirSync(join(folder, "seed"));
    writeFileSync(join(folder, "seed", "meta-data"), "instance-id: i-test\n");
    const spec: HostSpec = {
      name: "slipway-test",
      namespace: "Slipway/test",
      logGroup: "/slipway/test",
      sshKeys: [readFileSync(join(folder, "key.pub"), "utf8").trim()],
      dataDevice: "/dev/slipway-data",
      packages: { ssm: "file:///opt/doubles/ssm.deb", cloudwatch: "file:///opt/doubles/cloudwatch.deb" },
      ...more,
    };
    writeFileSync(join(folder, "seed", "user-data"), cloudInit(spec));
    // @types/dockerode does not know CgroupnsMode.
    const hostConfig = {
      ...machineRights,
      Devices: [{ PathOnHost: disk, PathInContainer: spec.dataDevice, CgroupPermissions: "rwm" }],
      CgroupnsMode: existsSync(hybrid) ? "host" : "private",
      Binds: [
        ...(existsSync(hybrid) ? [`${hybrid}:/sys/fs/cgroup`] : []),
        `${join(folder, "seed")}:/var/lib/cloud/seed/nocloud`,
        `${join(folder, "ssm.deb")}:/opt/doubles/ssm.deb`,
        `${join(folder, "cloudwatch.deb")}:/opt/doubles/cloudwatch.deb`,
      ],
    };
    await ensureBaseImage(engine);
    const wanted = {
      Image: await supportImage(engine, "cloud-host"),
      Labels: { "slipway.test": "cloud-host" },
      Env: ["container=docker"],
    };
    try {
      const container = await engine.createContainer({ ...wanted, HostConfig: hostConfig });
      const host = new CloudHost(folder, disk, container.id);
      await container.start();
      return host;
    } catch (error) {
      execFileSync("losetup", ["--detach", disk]);
      throw error;
    }
  }

  /** Waits until cloud-init has done everything, and answers what it says of it. */
  async settled(): Promise<string> {
    return eventually(
      "cloud-init ends",
      async () => {
        const { stdout } = await run("docker", ["exec", this.#container, "cloud-init", "status", "--long"]);
        return /^status: (done|error|degraded)/m.test(stdout) ? stdout : undefined;
      },
      300,
    );
  }

  async inside(...command: readonly string[]): Promise<string> {
    return must(["docker", "exec", this.#container, ...command]);
  }

  /** The options of an ssh that gets in, and where to. */
  async ssh(): Promise<readonly string[]> {
    const { NetworkSettings } = await engine.getContainer(this.#container).inspect();
    const address = Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? "";
    const own = [
      "-o",
      "BatchMode=yes",
      "-o",
      "ConnectTimeout=5",
      "-o",
      "StrictHostKeyChecking=no",
      "-o",
      "LogLevel=ERROR",
    ];
    return [
      ...own,
      "-o",
      `UserKnownHostsFile=${join(this.#folder, "known_hosts")}`,
      "-i",
      join(this.#folder, "key"),
      `slipway@${address}`,
    ];
  }

  /** Where this end of a forwarding may lie. */
  get socket(): string {
    return join(this.#folder, "docker.sock");
  }

  /** Takes an image over from our engine, by the forwarded socket: the host itself has no docker command. */
  async load(name: string): Promise<void> {
    const script = 'set -o pipefail; docker save "$1" | docker -H "unix://$2" load';
    await must(["bash", "-c", script, "load", name, this.socket]);
  }

  async remove(): Promise<void> {
    await engine.getContainer(this.#container).remove({ force: true, v: true });
    execFileSync("losetup", ["--detach", this.#disk]);
    await rm(this.#folder, { recursive: true });
  }
}
