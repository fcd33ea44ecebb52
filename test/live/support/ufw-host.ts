import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { engineClient } from "../../../components/steps/docker-runner.ts";
import { parseSshUrl, tunnelFolders } from "../../../toolchain/ssh/address.ts";
import { endArgs } from "../../../toolchain/ssh/command.ts";
import { tunnelFolder } from "../../../toolchain/ssh/folder.ts";
import { eventually } from "./host.ts";
import { supportImage } from "./image.ts";
import { machineRights } from "./machine-rights.ts";
import { must, run } from "./run.ts";

const home = join(userInfo().homedir, ".ssh");

/**
 * A server with systemd, a Docker of its own, sshd and ufw, as far as a container can be one: its network namespace is its own and new at each boot, its
 * kernel is ours, and the cable is in before the first process. Linux and root only.
 */
export class UfwHost {
  readonly address: string;
  readonly #machine: string;
  readonly #container: Docker.Container;
  readonly #network: Docker.Network;
  readonly #folder: string;
  readonly #ssh: string;
  readonly #madeHome: boolean;

  private constructor(made: {
    machine: string;
    container: Docker.Container;
    network: Docker.Network;
    address: string;
    folder: string;
  }) {
    this.#machine = made.machine;
    this.#container = made.container;
    this.#network = made.network;
    this.address = made.address;
    this.#folder = made.folder;
    this.#ssh = mkdtempSync(join(tmpdir(), "slipway-ufw-ssh-"));
    this.#madeHome = !existsSync(home);
    if (this.#madeHome) mkdirSync(home, { mode: 0o700 });
  }

  /**
   * @param machine URL of the machine's own engine, whose container it is
   * @param folder where its engine's socket will lie
   */
  static async start(machine: string, folder: string): Promise<UfwHost> {
    const engine = engineClient(machine);
    const image = await supportImage(engine, "ufw-host");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { network, prefix } = await ownNetwork(engine);
    const address = `${prefix}.2`;
    // @types/dockerode does not know CgroupnsMode.
    const hostConfig = {
      ...machineRights,
      CgroupnsMode: "private",
      NetworkMode: network.id,
      Binds: [`${folder}:/srv/engine`],
      // Not on the container's own overlay, on which no other can lie.
      Mounts: [{ Type: "volume" as const, Source: "", Target: "/var/lib/docker" }],
    };
    const container = await engine.createContainer({
      Image: image,
      Labels: { "slipway.test": "ufw-host" },
      Env: ["container=docker"],
      HostConfig: hostConfig,
      NetworkingConfig: { EndpointsConfig: { [network.id]: { IPAMConfig: { IPv4Address: address } } } },
    });
    const host = new UfwHost({ machine, container, network, address, folder });
    try {
      await container.start();
      await host.booted();
      await host.#letIn();
      return host;
    } catch (error) {
      await host.remove();
      throw error;
    }
  }

  get url(): string {
    return `ssh://deploy@${this.address}`;
  }

  get network(): string {
    return this.#network.id;
  }

  /** Runs a command that sees neither its engine's socket nor this user's ~/.ssh, but this test's in its place. */
  get through(): readonly string[] {
    const script = 'mount --bind "$0" "$1" && mount --bind /dev/null "$2" && shift 2 && exec "$@"';
    return ["unshare", "--mount", "sh", "-c", script, this.#ssh, home, join(this.#folder, "docker.sock")];
  }

  /** Runs a command there as root. */
  inside(...command: readonly string[]): Promise<string> {
    return must(["docker", "-H", this.#machine, "exec", this.#container.id, ...command]);
  }

  async write(path: string, text: string): Promise<void> {
    await this.inside("sh", "-c", 'mkdir -p "$(dirname "$0")" && printf "%s" "$1" > "$0"', path, text);
  }

  /** Ends everything in it, and its network with all the kernel's rules; then it boots. Answers once the boot has begun. */
  async reboot(): Promise<void> {
    await this.#container.restart({ t: 60 });
  }

  async booted(): Promise<void> {
    const there = engineClient(`unix://${join(this.#folder, "docker.sock")}`);
    await eventually("its engine answers", () => there.ping(), 120);
  }

  async #letIn(): Promise<void> {
    await must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(this.#ssh, "id_ed25519")]);
    const key = await must(["cat", join(this.#ssh, "id_ed25519.pub")]);
    await this.write("/home/deploy/.ssh/authorized_keys", key);
    await this.inside("chown", "-R", "deploy:deploy", "/home/deploy/.ssh");
    await this.inside("sh", "-c", "ssh-keygen -A && systemctl reset-failed ssh; systemctl restart ssh");
    const known = await this.inside("cat", "/etc/ssh/ssh_host_ed25519_key.pub");
    writeFileSync(join(this.#ssh, "known_hosts"), `${this.address} ${known}`);
  }

  async remove(): Promise<void> {
    const address = parseSshUrl(this.url);
    await run("ssh", endArgs(address, tunnelFolder(address)));
    for (const folder of tunnelFolders(address, userInfo().uid)) await rm(folder, { recursive: true, force: true });
    await this.#container.remove({ force: true, v: true });
    await this.#network.remove();
    await rm(this.#ssh, { recursive: true });
    await rm(this.#folder, { recursive: true });
    if (this.#madeHome) rmdirSync(home);
  }
}

/** Of this test's, and of one size, so that the host has the same address after each boot. Another may have the first that is tried. */
async function ownNetwork(engine: Docker): Promise<{ readonly network: Docker.Network; readonly prefix: string }> {
  return eventually("Docker has a free network", async () => {
    const prefix = `10.83.${randomInt(1, 255)}`;
    const name = `test-ufw-${prefix}`;
    const network = await engine.createNetwork({ Name: name, IPAM: { Config: [{ Subnet: `${prefix}.0/24` }] } });
    return { network, prefix };
  });
}
