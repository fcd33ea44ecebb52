/** Ollama in a container (guide 001, "Option B"): the real server, models made here, one from a file and one out of a real registry. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resourceName } from "../../components/container/spec.ts";
import { freePort } from "../../ops/free-port.ts";
import { engine, eventually, Outside } from "./support/host.ts";
import {
  bridgeAddress,
  embeddingOf,
  embeddingStack,
  ModelFiles,
  nativeOllama,
  plainRegistry,
  pushed,
} from "./support/ollama.ts";
import { previewSteps } from "./support/preview.ts";
import { expectNoChanges, expectRefusal, expectSuccess, outputOf, serving } from "./support/release.ts";
import type { Run } from "./support/run.ts";
import type { TestStack } from "./support/stack.ts";

let files: ModelFiles;
let stack: TestStack;
let outside: Outside;
let registry: Awaited<ReturnType<typeof plainRegistry>>;
let started: Run;

const models = async () =>
  (await outside.exec("ollama", "ollama", "list"))
    .split("\n")
    .slice(1)
    .map((line) => line.split(/\s+/)[0])
    .sort();
const configure = (ollama: Readonly<Record<string, unknown>>) => stack.set(["slipway:ollama"], ollama);
const one = async () => configure({ from: await files.tiny(1) });

/** An `up` that must fail before anything of the stack changes: what serves goes on serving, and embeds. */
async function refused(ollama: Readonly<Record<string, unknown>>, ...words: readonly RegExp[]): Promise<void> {
  const before = await outside.fingerprint();
  await configure(ollama);
  expectRefusal(await stack.slipway("start"), ...words);
  expect(await outside.fingerprint()).toEqual(before);
  expect(await embeddingOf(outside, "still here")).toBe(1024);
  await outside.healthy();
  await one();
}

beforeAll(async () => {
  files = await ModelFiles.make();
  stack = await embeddingStack();
  registry = await plainRegistry(await freePort(), await freePort());
  outside = new Outside(stack);
  await one();
  started = await stack.slipway("start");
  if (started.code !== 0) throw new Error(started.output);
});
afterAll(async () => {
  await stack.destroy();
  await registry.stop();
  await files.remove();
});

describe("Ollama in a container, its model made from a file", () => {
  it("embeds for the workload, and is told by start, by the outputs and by npm run systems", async () => {
    expect(await embeddingOf(outside, "hello")).toBe(1024);
    expect(started.output).toMatch(/making the model tiny:1 from \S+\.gguf/);
    expect(started.output).toMatch(/model tiny:1: 50 % of 9 MB/);
    expect(started.stdout).toMatch(/^ {2}ollama +slipway\/ollama:\S+ +healthy +none$/m);
    expect(started.stdout).toMatch(/^ {2}model +tiny:1 +embeds +none$/m);
    expect(await outputOf(stack, "ollama")).toMatchObject({
      mode: "container",
      url: "http://ollama:11434",
      model: "tiny:1",
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      version: "0.9.0",
    });
    expect((await stack.slipway("systems")).stdout).toMatch(/^orders .* postgres, ollama \(container\), /m);
  });

  it("shows no change in a second preview", () => expectNoChanges(stack));

  it("is not published, not root, and limited, as the engine tells", async () => {
    const { Config, HostConfig, NetworkSettings, Mounts } = await outside.inspect("ollama");
    expect(Object.values(NetworkSettings.Ports).flatMap((each) => each ?? [])).toEqual([]);
    expect(HostConfig.PortBindings ?? {}).toEqual({});
    expect(Object.keys(NetworkSettings.Networks).sort()).toEqual([
      `slipway-${stack.name}_egress`,
      `slipway-${stack.name}_private`,
    ]);
    expect(Config.User).toBe("1000:1000");
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      Memory: 2048 * 1024 * 1024,
      NanoCpus: 1e9,
      PidsLimit: 256,
    });
    expect(Mounts.filter(({ Type }) => Type === "volume").map(({ Name }) => Name)).toEqual([
      resourceName({ stack: stack.name, system: "" }, "ollama-data"),
    ]);
    expect(await outside.exec("ollama", "sh", "-c", "grep ^Uid: /proc/1/status | cut -f2-5")).toBe(
      "1000\t1000\t1000\t1000",
    );
    expect(HostConfig.DeviceRequests ?? []).toEqual([]);
  });

  it("keeps its models when its container is made anew: nothing is made or pulled again", async () => {
    const { Id } = await outside.inspect("ollama");
    await engine.getContainer(Id).remove({ force: true });
    const again = await stack.slipway("start", "--refresh");
    expectSuccess(again);
    expect(again.output).not.toMatch(/making the model|pulling the model/);
    expect((await outside.inspect("ollama")).Id).not.toBe(Id);
    expect(await models()).toEqual(["tiny:1"]);
    expect(await embeddingOf(outside, "hello again")).toBe(1024);
    await expectNoChanges(stack);
  });
});

describe("a model that is not to be had", () => {
  it("no registry has its name: the name is told, and what served serves on", () =>
    refused(
      { model: `${registry.host}/library/nobodys:1`, insecureRegistry: true },
      /there is no model \S+\/library\/nobodys:1: its registry answers "[^"]*does not exist"/,
      /pulumi config set --path 'slipway:ollama\.model' <name>/,
    ));

  it("nobody has the architecture: the failed embedding tells it", async () =>
    refused(
      { model: "odd:1", from: await files.tiny(1, 1024, "nonesuch") },
      /Ollama 0\.9\.0 has the model odd:1, but does not embed with it: /,
      /older than the model's architecture: update it/,
    ));

  it("its embeddings are too short for the app's vectors", async () =>
    refused(
      { model: "short:1", from: await files.tiny(1, 512) },
      /the model short:1 answers 512 numbers, config says 1024/,
    ));

  it("its name has another model, with which the release embeds", async () =>
    refused({ from: await files.tiny(3) }, /Ollama has a model tiny:1 that was not made from /));

  it("its file is not there: nothing is asked of anybody", async () =>
    refused({ from: "/nowhere/model.gguf" }, /slipway:ollama\.from: \/nowhere\/model\.gguf cannot be read/));

  it("and the config from before shows no change", () => expectNoChanges(stack));
});

describe("a model update, pulled from a registry by plain http", () => {
  it("is a release of its own: the step, the rollout and the smoke test, and nothing else", async () => {
    const name = `${registry.host}/library/tiny:2`;
    const publisher = await nativeOllama(await bridgeAddress(), await freePort());
    try {
      await pushed(publisher.url, name, await files.tiny(2));
    } finally {
      await publisher.stop();
    }
    const before = await serving(outside);
    const { Id } = await outside.inspect("ollama");
    await configure({ model: name, insecureRegistry: true });
    expect(await previewSteps(stack)).toEqual(["update model", "update rollout", "update smoke-test"]);
    const up = await stack.slipway("start");
    expectSuccess(up);
    expect(up.output).toContain(`pulling the model ${name}`);
    expect(await models()).toEqual(expect.arrayContaining([name, "tiny:1"]));
    const after = await serving(outside);
    expect(after["web"]).not.toEqual(before["web"]);
    expect((await outside.inspect("ollama")).Id).toBe(Id);
    expect(await outside.exec("web", "printenv", "ORDERS_OLLAMA_MODEL")).toBe(name);
    expect(await embeddingOf(outside, "with the new model")).toBe(1024);
    await eventually("the edge answers", async () =>
      (await outside.https("GET", "/health")).status === 200 ? true : undefined,
    );
    await expectNoChanges(stack);
  });
});
