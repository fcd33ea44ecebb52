import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../../../infra/images/build.ts";
import { resolvePart } from "../../../infra/images/resolve.ts";
import { BASE_IMAGE } from "../../../toolchain/base-image.ts";
import { writeTinyModel } from "./gguf.ts";
import { engine, eventually, type Outside } from "./host.ts";
import { TestStack } from "./stack.ts";

/** A stack that embeds by Ollama, as small as it gets: one web process, no Prometheus, no bake time. */
export async function embeddingStack(): Promise<TestStack> {
  const stack = await TestStack.orders("./test/live/support/orders-embedding.system.ts");
  await stack.set(["slipway:app"], { replicas: 1, workers: 1 });
  await stack.set(["slipway:prometheus"], { enabled: false });
  await stack.set(["slipway:rollout", "bakeSeconds"], 0);
  return stack;
}

/** Files of tiny models, outside the checkout. */
export class ModelFiles {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<ModelFiles> {
    return new ModelFiles(await mkdtemp(join(tmpdir(), "slipway-models-")));
  }

  async tiny(seed: number, dimensions = 1024, architecture = "bert"): Promise<string> {
    const path = join(this.#folder, `${architecture}-${dimensions}-${seed}.gguf`);
    await writeTinyModel(path, { seed, dimensions, architecture });
    return path;
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

/** What the serving release embeds with, asked in its own web process by its own variables: how many numbers come. */
export async function embeddingOf(outside: Outside, text: string): Promise<number> {
  const program = [
    "import json, os, sys, urllib.request",
    "body = json.dumps({'model': os.environ['ORDERS_OLLAMA_MODEL'], 'input': sys.argv[1]}).encode()",
    "asked = urllib.request.Request(os.environ['ORDERS_OLLAMA_URL'] + '/api/embed', body)",
    "print(len(json.load(urllib.request.urlopen(asked, timeout=60))['embeddings'][0]))",
  ].join("\n");
  return Number(await outside.exec("web", "python", "-c", program, text));
}

const label = { "slipway.test": `ollama-${process.pid}` };
const image = "slipway/test-registry:2";

/** A container of the test's own in the host's network: a server as the host's owner runs it. */
async function onHost(name: string, options: { Image: string; Cmd: string[]; Entrypoint: string[]; Env: string[] }) {
  const container = await engine.createContainer({
    ...options,
    name: `${name}-${randomBytes(3).toString("hex")}`,
    Labels: label,
    HostConfig: { NetworkMode: "host" },
  });
  await container.start();
  return container;
}

/** Where a container finds the host: the address of Docker's own bridge. */
export async function bridgeAddress(): Promise<string> {
  const bridge = await engine.getNetwork("bridge").inspect();
  const gateway = bridge.IPAM?.Config?.[0]?.["Gateway"];
  if (gateway === undefined) throw new Error("Docker's own bridge has no address");
  return gateway;
}

/** A native Ollama: the real server, from the image that a stack uses. */
export async function nativeOllama(address: string, port: number): Promise<{ stop: () => Promise<void> }> {
  const { id } = await resolvePart(engine, "ollama", "debian");
  const server = await onHost("slipway-test-ollama", {
    Image: id,
    Entrypoint: ["ollama"],
    Cmd: ["serve"],
    Env: [`OLLAMA_HOST=${address}:${port}`],
  });
  await eventually("the native Ollama answers", () => answers(`http://${address}:${port}/api/version`));
  return { stop: () => server.remove({ force: true, v: true }) };
}

/** A real registry by plain http, where containers find the host. @returns its `address:port` */
export async function plainRegistry(port: number): Promise<{ host: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-registry-"));
  const install = "apt-get update && apt-get install -y --no-install-recommends docker-registry";
  await writeFile(join(folder, "Dockerfile"), `FROM ${BASE_IMAGE}\nRUN ${install}\n`);
  const id = await buildImage(engine, { context: folder, tag: image, labels: label });
  const host = `${await bridgeAddress()}:${port}`;
  const server = await onHost("slipway-test-registry", {
    Image: id,
    Entrypoint: ["docker-registry"],
    Cmd: ["serve", "/etc/docker/registry/config.yml"],
    Env: [`REGISTRY_HTTP_ADDR=${host}`],
  });
  await eventually("the registry answers", () => answers(`http://${host}/v2/`));
  return {
    host,
    async stop() {
      await server.remove({ force: true, v: true });
      await engine.getImage(image).remove({ force: true });
      await rm(folder, { recursive: true });
    },
  };
}

async function answers(url: string): Promise<true | undefined> {
  return (await fetch(url)).ok ? true : undefined;
}
