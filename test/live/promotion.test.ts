/** What staging proved is what the next stack runs: a real registry, digests, a signed proof by file and by stack reference. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newKeyPair, signProof } from "../../components/proof/sign.ts";
import type { SignedProof } from "../../components/proof/spec.ts";
import { engine, Outside } from "./support/host.ts";
import { OwnRegistry } from "./support/own-registry.ts";
import {
  expectNoChanges,
  expectOneRelease,
  expectRefusal,
  expectSuccess,
  launch,
  outputOf,
} from "./support/release.ts";
import { checkout } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";
import { Webhook } from "./support/webhook.ts";

const context = "test/workloads/orders";
const signOffs = { suites: "1.0.0: run 17", review: "1.0.0: change 12", rollbackPlan: "1.0.0: page 3" };
const password = "the-owner-of-both-stacks-0";
const greeting = ["slipway:app", "extraEnv", "ORDERS_GREETING"];

let registry: OwnRegistry;
let staging: TestStack;
/** Its state is elsewhere: it knows staging by a file alone. */
let production: TestStack;
/** In staging's backend: it knows staging by name. */
let beside: TestStack;
let proved: string;
let proof: SignedProof;
const ends: (() => Promise<void>)[] = [];

const fileOf = (stack: TestStack) => join(checkout, `proof.${stack.name}.json`);
const idOf = async (digest: string) => (await engine.getImage(`${registry.host}/orders@${digest}`).inspect()).Id;

/** Strict, with a CA of the edge's own, and quick. It goes with the tests, and so does the file that its proof may be in. */
async function made(wanted: Promise<TestStack>): Promise<TestStack> {
  const stack = await wanted;
  ends.push(async () => {
    await stack.destroy();
    await rm(fileOf(stack), { force: true });
  });
  await stack.set(["slipway:environment"], "staging");
  await stack.set(["slipway:images"], "debian");
  await stack.set(["slipway:edge", "tls"], { mode: "internal" });
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, readyTimeoutSeconds: 60, drainSeconds: 5 });
  await stack.set(["slipway:app"], { version: "1.0.0", replicas: 1, workers: 1 });
  await stack.set(["slipway:image"], undefined);
  const init = await stack.pulumi("stack", "init", "--no-select");
  if (init.code !== 0) throw new Error(init.output);
  return stack;
}

/** What the running workloads were made from. */
async function imagesOf(stack: TestStack): Promise<readonly string[]> {
  const running = (await new Outside(stack).workloads()).filter(({ State }) => State === "running");
  return [...new Set(running.map(({ ImageID }) => ImageID))];
}

/** A window that is closed for the next hours, wherever the test runs. */
function closedWindow() {
  const hour = (ahead: number) => `${String((new Date().getUTCHours() + ahead) % 24).padStart(2, "0")}:00`;
  return { from: hour(3), to: hour(5), timeZone: "UTC" };
}

beforeAll(async () => {
  registry = await OwnRegistry.start();
  ends.push(() => registry.stop());
  proved = await registry.push(context, "orders:stable", { VERSION: "1.0.0" });
  staging = await made(TestStack.orders());
  await staging.set(["slipway:image"], { ref: `${registry.host}/orders:stable`, commit: "0a1b2c3" });
  await staging.set(["slipway:proof"], { signOffs });
  await staging.setSecret("slipway:postgres.ownerPassword", password);
  await launch(staging);
  proof = JSON.parse(await readFile(fileOf(staging), "utf8"));
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

describe("what staging proves", () => {
  it("is its output and a file, the same, signed, with the digest that the tag meant", async () => {
    expect(await outputOf(staging, "proof")).toEqual(proof);
    expect(await outputOf(staging, "proofKey")).toBe(proof.key);
    expect(JSON.parse((await staging.slipway("proof")).stdout)).toEqual(proof);
    expect(proof.proof).toMatchObject({
      system: "orders",
      version: "1.0.0",
      stack: staging.name,
      commit: "0a1b2c3",
      image: { name: `${registry.host}/orders:stable@${proved}`, digest: proved },
      schema: { revision: "0002_note", history: ["0001_orders", "0002_note"] },
      signOffs,
    });
    expect(proof.proof.probes.map(({ passed }) => passed)).toEqual([true, true, true, true]);
    expect(Object.keys(proof.proof.parts).sort()).toEqual([
      "alertmanager",
      "caddy",
      "curl",
      "haproxy",
      "node-exporter",
      "postgres",
      "prometheus",
      "redis",
    ]);
    expect(JSON.stringify(proof)).not.toContain(password);
    expect(Object.keys(proof.proof.secrets.hashes).sort()).toEqual([
      "postgres.appPassword",
      "postgres.ownerPassword",
      "redis.password",
    ]);
  });

  it("is not made again by a second look", async () => {
    await expectNoChanges(staging);
  });
});

describe("a promotion by file, to a stack whose state is elsewhere", () => {
  let moved: string;
  const nothingMade = async () => expect(await new Outside(production).containers()).toEqual([]);

  beforeAll(async () => {
    moved = await registry.push(context, "orders:stable", { VERSION: "1.0.1" });
    expect(moved).not.toBe(proved);
    production = await made(TestStack.orders());
    await production.set(["slipway:release"], "promoted");
    await production.set(["slipway:promotion"], { file: fileOf(staging), key: proof.key });
    await production.set(["slipway:promotion", "window"], closedWindow());
  });

  it("is refused for every reason at once, before anything is made", async () => {
    await production.set(greeting, "not as proved");
    await production.setSecret("slipway:postgres.ownerPassword", password);
    expectRefusal(
      await production.slipway("start"),
      'app.extraEnv.ORDERS_GREETING is "not as proved" here, and was not set',
      `the secret postgres.ownerPassword is the same as postgres.ownerPassword of stack ${staging.name}`,
      "must have soaked for 1 h",
      "the deployment window is closed",
    );
    await nothingMade();
    await production.set(greeting, undefined);
    await production.setSecret("slipway:postgres.ownerPassword", "the-owner-of-this-stack-0");
  });

  it("is refused when somebody changed the proof, or signed another one, or there is none", async () => {
    const file = fileOf(production);
    await production.set(["slipway:promotion", "file"], file);
    const image = { name: proof.proof.image.name.replace(proved, moved), digest: moved };
    await writeFile(file, JSON.stringify({ ...proof, proof: { ...proof.proof, image } }));
    expectRefusal(await production.slipway("start"), "was changed after it was signed");
    await writeFile(file, JSON.stringify(signProof({ ...proof.proof, image }, newKeyPair())));
    expectRefusal(await production.slipway("start"), "key that this stack does not trust");
    await production.set(["slipway:promotion", "key"], newKeyPair().publicKey);
    await production.set(["slipway:promotion", "file"], fileOf(staging));
    expectRefusal(await production.slipway("start"), "signed by a key that this stack does not trust");
    await production.set(["slipway:promotion", "key"], proof.key);
    await rm(file);
    await production.set(["slipway:promotion", "file"], file);
    expectRefusal(await production.slipway("start"), /there is no proof in the file .*: ENOENT/);
    await nothingMade();
  });

  it("can be looked at while only the clock is against it", async () => {
    await production.set(["slipway:promotion", "file"], fileOf(staging));
    const preview = await production.slipway("preview");
    expectSuccess(preview);
    expect(preview.output).toContain("an update would be refused now: the deployment window is closed");
    const dry = await production.slipway("promote", "--dry-run");
    expectRefusal(dry, "the deployment window is closed", "must have soaked for 1 h");
    expect(dry.stdout).toMatch(new RegExp(`^image +- +${proved}$`, "m"));
    await nothingMade();
  });

  it("runs exactly what staging proved, though the tag means another image by now", async () => {
    await production.set(["slipway:promotion", "soakMinutes"], 0);
    await production.set(["slipway:promotion", "override"], "the first release of a test");
    const hook = await Webhook.listen();
    ends.push(() => hook.close());
    await production.setSecret("slipway:announce.webhook", hook.url);
    await production.set(["slipway:app", "version"], "0.9.0");
    expectRefusal(
      await production.slipway("promote", "--file", fileOf(staging), "--yes"),
      `version 1.0.0 was proved on stack ${staging.name}, stack ${production.name} wants 0.9.0`,
    );
    await nothingMade();
    expectSuccess(await production.slipway("promote", "--file", fileOf(staging), "--take", "--yes"));
    expect(await readFile(production.file, "utf8")).toMatch(/^ {4}version: 1\.0\.0$/m);
    const told = hook.take();
    expect(told.map(({ event }) => event)).toEqual(["started", "succeeded"]);
    for (const { text } of told)
      expect(text).toContain(
        `Promoted as stack ${staging.name} proved it (release ${proof.proof.release}). The deployment window was not asked: the first release of a test`,
      );
    expect(await imagesOf(production)).toEqual([await idOf(proved)]);
    expect(await idOf(proved)).not.toBe(await idOf(moved));
    expect(JSON.parse((await new Outside(production).healthy()).body)).toMatchObject({ version: "1.0.0" });
    expect(await outputOf(production, "promotion")).toMatchObject({
      stack: staging.name,
      release: proof.proof.release,
      digest: proved,
      commit: "0a1b2c3",
      override: "the first release of a test",
    });
    await expectOneRelease(production, 2);
  });

  it("is done: no second look finds anything, and it may be mended while the window is closed", async () => {
    await production.set(["slipway:promotion", "override"], undefined);
    await production.set(["slipway:promotion", "soakMinutes"], 43_200);
    const preview = await production.slipway("preview", "--expect-no-changes");
    expectSuccess(preview);
    expect(preview.output).not.toContain("would be refused");
    expectSuccess(await production.slipway("start"));
  });
});

describe("a promotion by stack reference", () => {
  it("of a stack that there is not is refused by the engine, before anything is made", async () => {
    beside = await made(TestStack.orders(undefined, staging.state));
    await beside.set(["slipway:release"], "promoted");
    await beside.set(["slipway:promotion"], { from: "nobody", key: proof.key, soakMinutes: 0 });
    expectRefusal(await beside.slipway("start"), 'unknown stack "nobody"');
    expect(await new Outside(beside).containers()).toEqual([]);
  });

  it("runs the same digest, and finds nothing to do afterwards", async () => {
    await beside.set(["slipway:promotion", "from"], staging.name);
    expectSuccess(await beside.slipway("start"));
    expect(await imagesOf(beside)).toEqual([await idOf(proved)]);
    expect(await outputOf(beside, "promotion")).toMatchObject({ stack: staging.name, digest: proved, override: "" });
    await expectNoChanges(beside);
    await expectOneRelease(beside, 2);
  });
});
