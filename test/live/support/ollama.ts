import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { hostGatewayName } from "../../../components/container/spec.ts";
import { buildImage } from "../../../infra/images/build.ts";
import { resolvePart } from "../../../infra/images/resolve.ts";
import { gatewayIn } from "../../../infra/preflight/ollama.ts";
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

/** A container of the test's own in the host's network, once it answers: a server as the host's owner runs it. */
async function onHost(
  name: string,
  options: { Image: string; Cmd: string[]; Entrypoint: string[]; Env: string[] },
  url: string,
): Promise<() => Promise<void>> {
  const container = await engine.createContainer({
    ...options,
    name: `${name}-${randomBytes(3).toString("hex")}`,
    Labels: label,
    HostConfig: { NetworkMode: "host" },
  });
  const stop = () => container.remove({ force: true, v: true });
  try {
    await container.start();
    await eventually(`${name} answers`, async () => ((await fetch(url)).ok ? true : undefined));
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** Where a container finds the host: the address of Docker's own bridge, which no list of this machine has while no container is on it. */
export async function bridgeAddress(): Promise<string> {
  const { id } = await resolvePart(engine, "curl", "debian");
  const container = await engine.createContainer({
    Image: id,
    Entrypoint: ["cat", "/etc/hosts"],
    Tty: true,
    Labels: label,
    HostConfig: { ExtraHosts: [`${hostGatewayName}:host-gateway`] },
  });
  try {
    await container.start();
    await container.wait();
    const address = gatewayIn((await container.logs({ stdout: true })).toString());
    if (address === undefined) throw new Error("Docker tells no container where the host is");
    return address;
  } finally {
    await container.remove();
  }
}

/** A native Ollama: the real server, from the image that a stack uses. */
export async function nativeOllama(address: string, port: number): Promise<{ url: string; stop: () => Promise<void> }> {
  const { id: Image } = await resolvePart(engine, "ollama", "debian");
  const url = `http://${address}:${port}`;
  const server = { Image, Entrypoint: ["ollama"], Cmd: ["serve"], Env: [`OLLAMA_HOST=${address}:${port}`] };
  return { url, stop: await onHost("slipway-test-ollama", server, `${url}/api/version`) };
}

/** Without the login that Debian's own config asks for. @param blobs where a layer's content is taken from */
const registryConfig = (blobs: string) => `version: 0.1
storage: { filesystem: { rootdirectory: ${registryRoot} } }
http: { addr: ":5000" }
middleware: { storage: [{ name: redirect, options: { baseurl: "${blobs}" } }] }
`;
const registryRoot = "/var/lib/docker-registry";

/**
 * A real registry by plain http, where containers find the host. It leads to another host for what a layer holds, as Ollama's own does: (m) Ollama
 * 0.9 takes a layer in no other way ("no Location header").
 * @returns its `address:port`
 */
export async function plainRegistry(
  port: number,
  blobPort: number,
): Promise<{ host: string; stop: () => Promise<void> }> {
  const blobs = `http://${otherAddress()}:${blobPort}`;
  const folder = await mkdtemp(join(tmpdir(), "slipway-registry-"));
  const install = "apt-get update && apt-get install -y --no-install-recommends docker-registry caddy";
  await writeFile(join(folder, "config.yml"), registryConfig(blobs));
  await writeFile(join(folder, "Dockerfile"), `FROM ${BASE_IMAGE}\nRUN ${install}\nCOPY config.yml /\n`);
  const Image = await buildImage(engine, { context: folder, tag: image, labels: label });
  await rm(folder, { recursive: true });
  const host = `${await bridgeAddress()}:${port}`;
  const files = `caddy file-server --root ${registryRoot} --listen :${blobPort} --browse`;
  const script = `mkdir -p ${registryRoot}; ${files} & exec docker-registry serve /config.yml`;
  const server = { Image, Entrypoint: ["sh", "-c"], Cmd: [script], Env: [`REGISTRY_HTTP_ADDR=${host}`] };
  const stop = await onHost("slipway-test-registry", server, `http://${host}/v2/`);
  await eventually("the layers' server answers", async () => ((await fetch(blobs)).ok ? true : undefined));
  return {
    host,
    async stop() {
      await stop();
      await engine.getImage(image).remove({ force: true });
    },
  };
}

/** The machine's own address, beside that of Docker's bridge. */
function otherAddress(): string {
  const found = Object.entries(networkInterfaces())
    .filter(([name]) => !/^(docker|br-|veth)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4");
  if (found === undefined) throw new Error("this machine has no address of its own");
  return found.address;
}

/** Makes a model of a file and hands it to its registry, by the real Ollama's API. */
export async function pushed(url: string, name: string, file: string): Promise<void> {
  const bytes = await readFile(file);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  await post(`${url}/api/blobs/${digest}`, bytes);
  await post(`${url}/api/create`, JSON.stringify({ model: name, files: { "model.gguf": digest } }));
  await post(`${url}/api/push`, JSON.stringify({ model: name, insecure: true }));
}

async function post(url: string, body: string | Buffer<ArrayBuffer>): Promise<void> {
  const reply = await fetch(url, { method: "POST", body });
  const said = await reply.text();
  if (!reply.ok || said.includes('"error"')) throw new Error(`${url}: ${reply.status} ${said}`);
}
