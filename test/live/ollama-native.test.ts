/** Ollama on the host (guide 001, "Option A" and Troubleshooting 2): the real server as the host's owner runs it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolvePart } from "../../infra/images/resolve.ts";
import { assertOllama } from "../../infra/preflight/ollama.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { freePort } from "../../ops/free-port.ts";
import { localSettings } from "../fixtures/settings.ts";
import { engine, Outside, runner } from "./support/host.ts";
import { bridgeAddress, embeddingOf, embeddingStack, ModelFiles, nativeOllama } from "./support/ollama.ts";
import { expectNoChanges, expectRefusal, expectSuccess, outputOf } from "./support/release.ts";
import type { TestStack } from "./support/stack.ts";

let files: ModelFiles;
let stack: TestStack;
let outside: Outside;
let bridge: string;
let port: number;

beforeAll(async () => {
  files = await ModelFiles.make();
  stack = await embeddingStack();
  outside = new Outside(stack);
  bridge = await bridgeAddress();
  port = await freePort();
  await stack.set(["slipway:ollama"], { mode: "native", port, from: await files.tiny(1) });
});
afterAll(async () => {
  await stack.destroy();
  await files.remove();
});

const unreachable = () => [
  new RegExp(`no Ollama answers a container at http://host\\.docker\\.internal:${port} \\(${bridge}:${port}\\)`),
  /it does not run; or it listens on 127\.0\.0\.1 alone/,
  new RegExp(`OLLAMA_HOST=${bridge}:${port} ollama serve`),
];

/** Containers, networks and volumes with the stack's name. */
async function made(): Promise<readonly string[]> {
  const [networks, { Volumes }] = await Promise.all([engine.listNetworks(), engine.listVolumes()]);
  const names = [...networks.map(({ Name }) => Name), ...Volumes.map(({ Name }) => Name)];
  return [
    ...(await outside.fingerprint()),
    ...names.filter((name) => name.startsWith(`slipway-${stack.name}_`)).sort(),
  ];
}

async function refusedBoth(): Promise<void> {
  const before = await made();
  // The first `start` makes the stack's state, without which there is no preview.
  expectRefusal(await stack.slipway("start"), ...unreachable());
  expectRefusal(await stack.slipway("preview"), ...unreachable());
  expect(await made()).toEqual(before);
}

describe("a native Ollama", () => {
  it("that does not run is told before anything is made, in preview and in up", async () => {
    await refusedBoth();
    expect(await made()).toEqual([]);
  });

  it("that listens on 127.0.0.1 alone is told likewise", async () => {
    const server = await nativeOllama("127.0.0.1", port);
    try {
      await refusedBoth();
      expect(await made()).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  it("on the bridge's address embeds for the workload; no container of the stack's is an Ollama", async () => {
    const server = await nativeOllama(bridge, port);
    try {
      const up = await stack.slipway("start");
      expectSuccess(up);
      expect(up.stdout).toMatch(/^ {2}ollama +on the host, 0\.9\.0 +healthy +not ours$/m);
      expect(await outside.exec("web", "printenv", "ORDERS_OLLAMA_URL")).toBe(`http://host.docker.internal:${port}`);
      expect(await embeddingOf(outside, "hello")).toBe(1024);
      expect(await outside.running("ollama")).toEqual([]);
      expect(await outputOf(stack, "ollama")).toMatchObject({ mode: "native", model: "tiny:1" });
      await expectNoChanges(stack);
    } finally {
      await server.stop();
    }
    await refusedBoth();
    await outside.healthy();
  });
});

describe("GPUs", () => {
  it("that Docker gives no container are told before anything is made", async () => {
    const [curl, ollama] = await Promise.all(
      (["curl", "ollama"] as const).map(async (part) => (await resolvePart(engine, part, "debian")).id),
    );
    if (curl === undefined || ollama === undefined) throw new Error("no images");
    const place = { stack: stack.name, system: "orders" };
    const system = {
      ...systemOf(localSettings),
      ollama: { mode: "container", model: { name: "tiny:1", dimensions: 1024 } },
    } as const;
    const settings = { ollama: { ...localSettings.ollama, gpu: true } };
    const before = await outside.fingerprint();
    await expect(assertOllama({ runner, place, curl, ollama }, system, settings)).rejects.toThrow(
      /slipway:ollama\.gpu is true, but Docker gives no container a GPU; nothing was changed\. It says: .*could not select device driver/,
    );
    expect(await outside.fingerprint()).toEqual(before);
  });
});
