import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { ensureBaseImage } from "../../../infra/images/base-image.ts";
import { freePort } from "../../../ops/free-port.ts";
import { parseSshUrl, tunnelFolders } from "../../../toolchain/ssh/address.ts";
import { endArgs } from "../../../toolchain/ssh/command.ts";
import { tunnelFolder } from "../../../toolchain/ssh/folder.ts";
import { engine, eventually } from "./host.ts";
import { supportImage } from "./image.ts";
import { must, run } from "./run.ts";

const socket = (process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock").slice("unix://".length);
const home = join(userInfo().homedir, ".ssh");

/**
 * A Docker host that is reached by ssh alone: a real OpenSSH server in a container that sees the engine's socket, and commands that see neither
 * that socket nor this user's own ~/.ssh, but a folder of this test's in its place. Linux and root only.
 */
export class RemoteHost {
  readonly port: number;
  readonly #container: string;
  readonly #folder: string;
  /** This user had no ~/.ssh; something must be there to be covered. */
  readonly #madeHome: boolean;
  readonly #urls = new Set<string>();

  private constructor(port: number, container: string, folder: string, madeHome: boolean) {
    this.port = port;
    this.#container = container;
    this.#folder = folder;
    this.#madeHome = madeHome;
  }

  static async start(): Promise<RemoteHost> {
    const folder = mkdtempSync(join(tmpdir(), "slipway-ssh-home-"));
    for (const key of ["host_key", "id_ed25519"]) {
      await must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(folder, key)]);
    }
    const port = await freePort();
    await ensureBaseImage(engine);
    const container = await engine.createContainer({
      name: `test-sshd-${randomBytes(3).toString("hex")}`,
      Image: await supportImage(engine, "sshd"),
      Env: [
        `HOST_KEY=${readFileSync(join(folder, "host_key"), "utf8").trim()}`,
        `AUTHORIZED_KEY=${readFileSync(join(folder, "id_ed25519.pub"), "utf8").trim()}`,
        "DOCKER_SOCKET=/var/run/docker.sock",
      ],
      ExposedPorts: { "22/tcp": {} },
      HostConfig: {
        Binds: [`${socket}:/var/run/docker.sock`],
        PortBindings: { "22/tcp": [{ HostIp: "127.0.0.1", HostPort: String(port) }] },
      },
    });
    const madeHome = !existsSync(home);
    if (madeHome) mkdirSync(home, { mode: 0o700 });
    const remote = new RemoteHost(port, container.id, folder, madeHome);
    await container.start();
    await eventually("the ssh server answers", async () => {
      const scanned = await run("ssh-keyscan", ["-p", String(port), "127.0.0.1"]);
      return scanned.stdout.includes("ssh-ed25519") ? true : undefined;
    });
    return remote;
  }

  /** @param user `deploy` may use the engine, `guest` may only log in */
  url(user: "deploy" | "guest"): string {
    const url = `ssh://${user}@127.0.0.1:${this.port}`;
    this.#urls.add(url);
    return url;
  }

  /** What ~/.ssh/known_hosts says of the host. */
  know(key: "nothing" | "its own" | "another"): void {
    const file = key === "another" ? "id_ed25519.pub" : "host_key.pub";
    const line = `[127.0.0.1]:${this.port} ${readFileSync(join(this.#folder, file), "utf8")}`;
    writeFileSync(join(this.#folder, "known_hosts"), key === "nothing" ? "" : line);
  }

  /** Text of ~/.ssh/config. */
  configure(text: string): void {
    writeFileSync(join(this.#folder, "config"), text);
  }

  /** Runs a command that has no engine's socket. */
  get through(): readonly string[] {
    const script = 'mount --bind "$0" "$1" && mount --bind /dev/null "$2" && shift 2 && exec "$@"';
    return ["unshare", "--mount", "sh", "-c", script, this.#folder, home, socket];
  }

  /** How many are logged in: one process of the ssh server's each. */
  async connections(): Promise<number> {
    const { Titles, Processes }: { Titles: string[]; Processes: string[][] } = await engine
      .getContainer(this.#container)
      .top({ ps_args: "-ef" });
    const command = Titles.indexOf("CMD");
    return Processes.filter((row) => /^sshd[\w-]*: (deploy|guest)$/.test(row[command] ?? "")).length;
  }

  /** Ends the connections, as a reboot or a long night does. */
  async disconnect(): Promise<void> {
    for (const url of this.#urls) {
      const address = parseSshUrl(url);
      await run("ssh", endArgs(address, tunnelFolder(address)));
    }
  }

  /** The folder of this end is as another user's would be, until the answer is called. */
  taken(url: string): () => void {
    const folder = tunnelFolder(parseSshUrl(url));
    chmodSync(folder, 0o755);
    return () => chmodSync(folder, 0o700);
  }

  async remove(): Promise<void> {
    await this.disconnect();
    for (const folder of [...this.#urls].flatMap((url) => tunnelFolders(parseSshUrl(url), userInfo().uid)))
      await rm(folder, { recursive: true, force: true });
    await engine.getContainer(this.#container).remove({ force: true, v: true });
    await rm(this.#folder, { recursive: true });
    if (this.#madeHome) rmdirSync(home);
  }
}
