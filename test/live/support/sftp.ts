import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBaseImage } from "../../../infra/images/base-image.ts";
import { engine, eventually } from "./host.ts";
import { supportImage } from "./image.ts";
import { must, run } from "./run.ts";

/** A machine that takes files by SFTP and nothing else: a real OpenSSH server in a container, which lets one key in as user `deploy`. */
export class SftpServer {
  readonly host: string;
  readonly #container: string;
  readonly #folder: string;

  private constructor(host: string, container: string, folder: string) {
    this.host = host;
    this.#container = container;
    this.#folder = folder;
  }

  static async start(): Promise<SftpServer> {
    const folder = mkdtempSync(join(tmpdir(), "slipway-sftp-"));
    for (const key of ["host_key", "id_ed25519"])
      await must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(folder, key)]);
    await ensureBaseImage(engine);
    const serve = [
      "umask 077; printf '%s\\n' \"$HOST_KEY\" > /etc/ssh/host_key",
      "mkdir -p /home/deploy/.ssh; printf '%s\\n' \"$AUTHORIZED_KEY\" > /home/deploy/.ssh/authorized_keys",
      "chown -R deploy:deploy /home/deploy/.ssh",
      "exec /usr/sbin/sshd -D -e -h /etc/ssh/host_key -o PasswordAuthentication=no -o ForceCommand=internal-sftp",
    ];
    const container = await engine.createContainer({
      name: `test-sftp-${randomBytes(3).toString("hex")}`,
      Image: await supportImage(engine, "sshd"),
      Entrypoint: ["sh", "-euc", serve.join("\n")],
      Env: [
        `HOST_KEY=${readFileSync(join(folder, "host_key"), "utf8").trim()}`,
        `AUTHORIZED_KEY=${readFileSync(join(folder, "id_ed25519.pub"), "utf8").trim()}`,
      ],
    });
    await container.start();
    const { NetworkSettings } = await container.inspect();
    const { IPAddress: address = "" } = NetworkSettings.Networks["bridge"] ?? {};
    const server = new SftpServer(address, container.id, folder);
    await eventually("the sftp server answers", async () => {
      const scanned = await run("ssh-keyscan", [server.host]);
      return scanned.stdout.includes("ssh-ed25519") ? true : undefined;
    });
    return server;
  }

  /** In the user's home. */
  url(path: string): string {
    return `sftp://deploy@${this.host}/${path}`;
  }

  get key(): string {
    return readFileSync(join(this.#folder, "id_ed25519"), "utf8");
  }

  /** A line of known_hosts; `another` is a key that the host has not. */
  known(which: "its own" | "another"): string {
    const file = which === "its own" ? "host_key.pub" : "id_ed25519.pub";
    return `${this.host} ${readFileSync(join(this.#folder, file), "utf8")}`;
  }

  async stop(): Promise<void> {
    await engine.getContainer(this.#container).remove({ force: true, v: true });
    rmSync(this.#folder, { recursive: true });
  }
}
