import { randomBytes } from "node:crypto";
import { z } from "zod";
import { freePort } from "../../../ops/free-port.ts";
import { bridgeAddress, engine, eventually, runner } from "./host.ts";
import { supportImage } from "./image.ts";

const message = z.object({ stack: z.string(), part: z.string(), container: z.string(), text: z.string() });
export type Received = z.infer<typeof message>;

/** rsyslog in a container of its own, at the host's address on Docker's bridge. */
export class SyslogServer {
  readonly port: number;
  readonly #id: string;

  private constructor(port: number, id: string) {
    this.port = port;
    this.#id = id;
  }

  static async start(): Promise<SyslogServer> {
    const port = await freePort();
    const container = await engine.createContainer({
      name: `test-rsyslog-${randomBytes(3).toString("hex")}`,
      Image: await supportImage(engine, "rsyslog"),
      ExposedPorts: { "5140/tcp": {} },
      HostConfig: { PortBindings: { "5140/tcp": [{ HostIp: await bridgeAddress(), HostPort: String(port) }] } },
    });
    await container.start();
    return new SyslogServer(port, container.id);
  }

  async received(): Promise<readonly Received[]> {
    const { exitCode, output } = await runner.exec(this.#id, { argv: ["cat", "/var/log/received"] });
    if (exitCode !== 0) throw new Error(output);
    return output
      .trim()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => message.parse(JSON.parse(line)));
  }

  find(text: string, seconds?: number): Promise<Received> {
    return eventually(
      `${text} is received`,
      async () => (await this.received()).find((each) => each.text.includes(text)),
      seconds,
    );
  }

  async stop(): Promise<void> {
    await engine.getContainer(this.#id).stop({ t: 1 });
  }

  async again(): Promise<void> {
    await engine.getContainer(this.#id).start();
  }

  async remove(): Promise<void> {
    await engine.getContainer(this.#id).remove({ force: true, v: true });
  }
}
