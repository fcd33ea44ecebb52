import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { parseSshUrl, tunnelFolders } from "../../../toolchain/ssh/address.ts";
import { endArgs } from "../../../toolchain/ssh/command.ts";
import { tunnelFolder } from "../../../toolchain/ssh/folder.ts";
import { eventually } from "./host.ts";
import { supportImage } from "./image.ts";
import { hostAddress, type Outsider } from "./outsider.ts";
import { PrivateEngine } from "./private-engine.ts";
import { must, run } from "./run.ts";

const home = join(userInfo().homedir, ".ssh");

/** A Docker host of a test's own with a real OpenSSH server on its port 22, reached by an outsider alone. Linux and root only. */
export class WalledHost {
  readonly url = `ssh://deploy@${hostAddress.ipv4}`;
  readonly #engineFolder: string;
  readonly #folder: string;
  readonly #outsider: Outsider;
  readonly #madeHome: boolean;
  readonly #listeners: ChildProcess[] = [];

  private constructor(engineFolder: string, folder: string, outsider: Outsider, madeHome: boolean) {
    this.#engineFolder = engineFolder;
    this.#folder = folder;
    this.#outsider = outsider;
    this.#madeHome = madeHome;
  }

  /** @param engine client of the private engine */
  static async start(engineFolder: string, engine: Docker, outsider: Outsider, sshd: string): Promise<WalledHost> {
    const folder = mkdtempSync(join(tmpdir(), "slipway-walled-"));
    for (const key of ["host_key", "id_ed25519"])
      await must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(folder, key)]);
    writeFileSync(
      join(folder, "known_hosts"),
      `${hostAddress.ipv4} ${readFileSync(join(folder, "host_key.pub"), "utf8")}`,
    );
    const container = await engine.createContainer({
      name: "test-sshd",
      Image: sshd,
      Env: [
        `HOST_KEY=${readFileSync(join(folder, "host_key"), "utf8").trim()}`,
        `AUTHORIZED_KEY=${readFileSync(join(folder, "id_ed25519.pub"), "utf8").trim()}`,
        "DOCKER_SOCKET=/var/run/docker.sock",
      ],
      HostConfig: {
        NetworkMode: "host",
        Binds: [`${PrivateEngine.socketIn(engineFolder)}:/var/run/docker.sock`],
        RestartPolicy: { Name: "unless-stopped" },
      },
    });
    await container.start();
    const madeHome = !existsSync(home);
    if (madeHome) mkdirSync(home, { mode: 0o700 });
    const host = new WalledHost(engineFolder, folder, outsider, madeHome);
    await eventually("a new ssh connects", async () => ((await host.connects()) ? true : undefined));
    return host;
  }

  static image(engine: Docker): Promise<string> {
    return supportImage(engine, "sshd");
  }

  /** Runs a command on the outsider's machine, without the engine's socket and with this test's own ~/.ssh. */
  get through(): readonly string[] {
    const script = 'mount --bind "$0" "$1" && mount --bind /dev/null "$2" && shift 2 && exec "$@"';
    const socket = PrivateEngine.socketIn(this.#engineFolder);
    return [...this.#outsider.inside, "unshare", "--mount", "sh", "-c", script, this.#folder, home, socket];
  }

  /** Whether a new ssh connection from outside gets in. */
  async connects(): Promise<boolean> {
    const [program = "", ...args] = this.through;
    const options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=3", "-o", "ControlPath=none"];
    const asked = await run(program, [...args, "ssh", ...options, `deploy@${hostAddress.ipv4}`, "echo in"]);
    return asked.stdout.trim() === "in";
  }

  /** A process of the host that listens on every address, as somebody's forgotten one does. */
  async listen(inside: readonly string[], tcp: number, udp: number): Promise<void> {
    const script = `require("node:net").createServer((c) => c.on("error", () => c.destroy()).end("open")).listen(${tcp}, "::");
const socket = require("node:dgram").createSocket("udp6");
socket.on("message", (message, { port, address }) => socket.send("open", port, address)).bind(${udp}, "::");`;
    const [program = "", ...args] = [...inside, process.execPath, "-e", script];
    this.#listeners.push(spawn(program, args, { stdio: "ignore" }));
  }

  async disconnect(): Promise<void> {
    const address = parseSshUrl(this.url);
    await run("ssh", endArgs(address, tunnelFolder(address)));
  }

  async remove(): Promise<void> {
    await this.disconnect();
    for (const listener of this.#listeners) listener.kill("SIGKILL");
    for (const folder of tunnelFolders(parseSshUrl(this.url), userInfo().uid))
      await rm(folder, { recursive: true, force: true });
    await rm(this.#folder, { recursive: true });
    if (this.#madeHome) rmdirSync(home);
  }
}
