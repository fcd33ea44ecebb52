import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { engineClient } from "../../../components/steps/docker-runner.ts";
import { supportImage } from "./image.ts";
import type { PrivateEngine } from "./private-engine.ts";
import { must, run } from "./run.ts";

/** The private engine's host, as the outsider knows it; networks for documentation, and there are no others in these namespaces. */
export const hostAddress = { ipv4: "198.51.100.1", ipv6: "2001:db8:83::1" } as const;
const ownAddress = { ipv4: "198.51.100.2", ipv6: "2001:db8:83::2" } as const;

/** Another machine: a network namespace of its own (a container's without a network), with one cable to the private engine's host. */
export class Outsider {
  readonly #container: Docker.Container;
  readonly #pid: number;
  readonly #machine: string;

  private constructor(container: Docker.Container, pid: number, machine: string) {
    this.#container = container;
    this.#pid = pid;
    this.#machine = machine;
  }

  /** @param machine the URL of the machine's own engine, whose container it is */
  static async beside(host: PrivateEngine, machine: string): Promise<Outsider> {
    const outsider = await Outsider.on("none", machine);
    const cable = `ip link add wall0 type veth peer name wall1 netns ${outsider.#pid} && ip link set wall0 up`;
    await must([...host.inside, "sh", "-c", `${cable} && ${addressed("wall0", hostAddress)}`]);
    await must([...outsider.inside, "sh", "-c", `ip link set wall1 up && ${addressed("wall1", ownAddress)}`]);
    return outsider;
  }

  /** @param network of the machine's own engine, on which another container is the host */
  static async on(network: string, machine: string): Promise<Outsider> {
    const engine = engineClient(machine);
    const container = await engine.createContainer({
      name: `test-outsider-${randomBytes(3).toString("hex")}`,
      Image: await supportImage(engine, "outsider"),
      HostConfig: { NetworkMode: network, CapAdd: ["NET_ADMIN"], Sysctls: { "net.ipv6.conf.all.disable_ipv6": "0" } },
    });
    await container.start();
    return new Outsider(container, (await container.inspect()).State.Pid, machine);
  }

  /** Begins a command of this machine that is in the outsider's network. */
  get inside(): readonly string[] {
    return ["nsenter", `--net=/proc/${this.#pid}/ns/net`];
  }

  /** Who routes to a container's own address by the host, as a neighbour can. */
  async route(network: string): Promise<void> {
    await must([...this.inside, "ip", "route", "replace", network, "via", hostAddress.ipv4]);
  }

  /**
   * Every TCP port that is open, of all 65,535 unless others are named; nmap's own SYN scan.
   * @param asked ports that are asked once more, at leisure: so fast a scan overlooks some that are open where the machine is busy
   */
  async openPorts(address: string, ports = "1-65535", asked: readonly number[] = []): Promise<readonly number[]> {
    const family = address.includes(":") ? ["-6"] : [];
    // (m) Faster, or both families at once, it overlooked open ports on a busy machine.
    const pace = ["--min-rate", "6000", "--max-retries", "3", "--max-rtt-timeout", "200ms"];
    const found = await this.#scan(...family, "-sS", ...pace, "-p", ports, address);
    if (asked.length === 0) return found;
    const again = await this.#scan(...family, "-sS", "-p", asked.join(), address);
    return [...new Set([...found, ...again])].sort((a, b) => a - b);
  }

  /** UDP ports that answer; what is silent is not among them, whether it is closed or filtered. */
  async answeringUdp(address: string, ports: string): Promise<readonly number[]> {
    const family = address.includes(":") ? ["-6"] : [];
    return this.#scan(...family, "-sU", "--max-retries", "2", "-p", ports, address);
  }

  async #scan(...args: readonly string[]): Promise<readonly number[]> {
    // -Pn: asked even when it says nothing at all. Its services are ours to know.
    const found = await run("docker", ["exec", this.#container.id, "nmap", "-n", "-Pn", "-oG", "-", ...args], {
      DOCKER_HOST: this.#machine,
    });
    if (found.code !== 0 || !found.output.includes("1 host up")) throw new Error(found.output);
    return [...found.stdout.matchAll(/(\d+)\/open\//g)].map(([, port]) => Number(port)).sort((a, b) => a - b);
  }

  async remove(): Promise<void> {
    await this.#container.remove({ force: true, v: true });
  }
}

function addressed(link: string, { ipv4, ipv6 }: { readonly ipv4: string; readonly ipv6: string }): string {
  return `ip addr add ${ipv4}/24 dev ${link} && ip addr add ${ipv6}/64 dev ${link} nodad && ip link set lo up`;
}
