import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import { BASE_IMAGE } from "../../../infra/images/base-image.ts";
import { buildImage } from "../../../infra/images/build.ts";
import { engine, eventually } from "./host.ts";
import { checkout } from "./run.ts";

const image = "slipway/test-registry-of-promotion:1";
const labels = { "slipway.test": `registry-${process.pid}` };

/** Without the login that Debian's own config asks for. */
const config = `version: 0.1
storage: { filesystem: { rootdirectory: /var/lib/registry } }
http: { addr: "0.0.0.0:5000" }
`;

/** A real registry on the loopback, whose images the engine knows by digest. */
export class OwnRegistry {
  readonly #container: Docker.Container;
  readonly #names = new Set<string>([image]);
  /** `127.0.0.1:port`: the engine asks registries there by plain http. */
  readonly host: string;

  private constructor(container: Docker.Container, host: string) {
    this.#container = container;
    this.host = host;
  }

  static async start(): Promise<OwnRegistry> {
    const folder = await mkdtemp(join(tmpdir(), "slipway-registry-"));
    const install = "apt-get update && apt-get install -y --no-install-recommends docker-registry";
    await writeFile(join(folder, "config.yml"), config);
    await writeFile(join(folder, "Dockerfile"), `FROM ${BASE_IMAGE}\nRUN ${install}\nCOPY config.yml /config.yml\n`);
    await buildImage(engine, { context: folder, tag: image, labels });
    await rm(folder, { recursive: true });
    const container = await engine.createContainer({
      Image: image,
      name: `slipway-test-registry-${randomBytes(3).toString("hex")}`,
      Labels: labels,
      Cmd: ["docker-registry", "serve", "/config.yml"],
      ExposedPorts: { "5000/tcp": {} },
      HostConfig: { PortBindings: { "5000/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
    });
    await container.start();
    const port = (await container.inspect()).NetworkSettings.Ports["5000/tcp"]?.[0]?.HostPort;
    const registry = new OwnRegistry(container, `127.0.0.1:${port}`);
    try {
      const address = `http://${registry.host}/v2/`;
      await eventually("the registry answers", async () => ((await fetch(address)).ok ? true : undefined));
    } catch (error) {
      await registry.stop();
      throw error;
    }
    return registry;
  }

  /** Builds a reference application, names it and pushes it. @returns its digest */
  async push(context: string, name: string, args: Readonly<Record<string, string>>): Promise<string> {
    const repo = `${this.host}/${name.split(":")[0]}`;
    const tag = name.split(":")[1] ?? "latest";
    const full = `${repo}:${tag}`;
    const built = await buildImage(engine, {
      context: join(checkout, context),
      tag: full,
      args: { BASE_IMAGE, ...args },
    });
    this.#names.add(full);
    // The engine tells no progress of a push without a login of some kind.
    const stream = await engine
      .getImage(full)
      .push({ tag, authconfig: { username: "any", password: "any", serveraddress: this.host } });
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(await text(stream))?.[1];
    if (digest === undefined) throw new Error(`${full} (${built}) was not pushed`);
    this.#names.add(`${repo}@${digest}`);
    return digest;
  }

  async stop(): Promise<void> {
    await this.#container.remove({ force: true, v: true });
    for (const name of this.#names) {
      const found = engine.getImage(name);
      if (
        await found.inspect().then(
          () => true,
          () => false,
        )
      )
        await found.remove({ force: true });
    }
  }
}
