import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import * as pulumi from "@pulumi/pulumi";
import { hostGatewayName, type Place } from "../../components/container/spec.ts";
import { OllamaApi } from "../../components/ollama/api.ts";
import type { ModelSource } from "../../components/ollama/inputs.ts";
import { ollamaUrl } from "../../components/ollama/spec.ts";
import { messageOf } from "../../components/steps/failure.ts";
import type { Runner } from "../../components/steps/runner.ts";
import { withSession } from "../../components/steps/session.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../systems/system.ts";

const checkout = resolve(import.meta.dirname, "../..");

/** What it is asked with: an image that has curl, and the one that would run on the host's GPUs. */
interface Means {
  readonly runner: Runner;
  readonly place: Place;
  readonly curl: string;
  readonly ollama: string | undefined;
}

/**
 * Refuses a native Ollama that no container reaches, GPUs that no container gets, and a model's file that is not there; answers where the model
 * comes from. Asked from inside containers that are removed again: nothing else tells what a workload will find.
 */
export async function assertOllama(
  means: Means,
  system: System,
  { ollama }: Pick<Settings, "ollama">,
): Promise<ModelSource | undefined> {
  if (system.ollama === undefined || system.ollama.mode === "off") return undefined;
  if (system.ollama.mode === "native") await assertReachable(means, ollama.port);
  if (ollama.gpu && means.ollama !== undefined) await assertGpu(means, means.ollama);
  return modelSourceOf(ollama, means.place.stack);
}

/** Where the model comes from. @throws RunError for a file that is not there */
export async function modelSourceOf(ollama: Settings["ollama"], stack: string): Promise<ModelSource> {
  if (ollama.from === undefined) return { kind: "pull", insecure: ollama.insecureRegistry };
  return { kind: "file", path: ollama.from, sha256: await hashOf(ollama.from, stack) };
}

/** Guide 001, Troubleshooting 2: "Verify Ollama is reachable from container". */
async function assertReachable({ runner, place, curl }: Means, port: number | undefined): Promise<void> {
  const url = ollamaUrl({ mode: "native", port });
  const request = {
    image: curl,
    user: "65534:65534",
    env: {},
    mounts: [],
    // Docker's own: the stack's networks may not be there yet, and the way to the host is the same.
    network: [{ name: "bridge", aliases: [] }],
    memoryMb: 64,
    hostGateway: true,
  };
  await withSession(runner, place, "ollama-preflight", request, async (session) => {
    if ((await new OllamaApi(session, url).version()) !== undefined) return;
    const hosts = await session.run({ argv: ["cat", "/etc/hosts"] });
    throw new pulumi.RunError(unreachable(url, gatewayIn(hosts.output), place.stack));
  });
}

/** The address behind the host's name, from the text of a container's hosts file; pure. */
export function gatewayIn(hosts: string): string | undefined {
  const line = hosts.split("\n").find((each) => each.split(/\s+/).slice(1).includes(hostGatewayName));
  return line?.split(/\s+/)[0];
}

/** What a user reads when the host's own Ollama does not answer from inside a container. @param gateway the host's address as containers see it */
export function unreachable(url: string, gateway: string | undefined, stack: string): string {
  const { port } = new URL(url);
  const address = `${gateway ?? "0.0.0.0"}:${port}`;
  return [
    `slipway:ollama.mode is native, but no Ollama answers a container at ${url}${gateway === undefined ? "" : ` (${address})`}; nothing was changed.`,
    `  likely:  it does not run; or it listens on 127.0.0.1 alone, where no container reaches it; or the host's firewall is in between`,
    `  mend:    OLLAMA_HOST=${address} ollama serve`,
    `  as a service: \`systemctl edit ollama\`, Environment="OLLAMA_HOST=${address}", \`systemctl restart ollama\``,
    `  or run it in a container: pulumi config set --path 'slipway:ollama.mode' container --stack ${stack}`,
  ].join("\n");
}

async function assertGpu({ runner, place }: Means, image: string): Promise<void> {
  const request = { image, user: "65534:65534", env: {}, mounts: [], network: [], memoryMb: 64, gpu: true };
  try {
    await withSession(runner, place, "gpu-preflight", request, async () => undefined);
  } catch (error) {
    throw new pulumi.RunError(
      `slipway:ollama.gpu is true, but Docker gives no container a GPU; nothing was changed. It says: ${messageOf(error).trim()}. Install the NVIDIA container toolkit on the host, or go without: pulumi config rm --path 'slipway:ollama.gpu' --stack ${place.stack}`,
    );
  }
}

async function hashOf(path: string, stack: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(resolve(checkout, path)), hash);
  } catch (error) {
    throw new pulumi.RunError(
      `slipway:ollama.from: ${path} cannot be read (${messageOf(error)}); nothing was changed. Mend: pulumi config set --path 'slipway:ollama.from' <file> --stack ${stack}, or pull the model: pulumi config rm --path 'slipway:ollama.from' --stack ${stack}`,
    );
  }
  return hash.digest("hex");
}
