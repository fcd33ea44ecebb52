/** The user's own backend and secrets provider: what Slipway makes goes there, and nothing of it stays on this machine. */
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Moto } from "./support/moto.ts";
import { expectNoChanges, expectSuccess, journalOf, launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

const stateShape = z.object({
  checkpoint: z.object({
    latest: z.object({ secrets_providers: z.object({ type: z.string(), state: z.object({ url: z.string() }) }) }),
  }),
});

describe("an S3-compatible backend, with a key of KMS named in the stack's file", () => {
  let moto: Moto;
  let stack: TestStack;
  let key: string;

  beforeAll(async () => {
    moto = await Moto.start();
    key = await moto.key();
    stack = await TestStack.make();
    stack.variables = { ...moto.variables, PULUMI_BACKEND_URL: await moto.bucket("states") };
    await appendFile(stack.file, `secretsprovider: ${key}\n`);
  });
  afterAll(async () => {
    await stack?.destroy();
    await moto?.stop();
  });

  it("holds the state, encrypted by that key; this machine holds none", async () => {
    await launch(stack);
    const state = await moto.object("states", `.pulumi/stacks/slipway/${stack.name}.json`);
    const { latest } = stateShape.parse(JSON.parse(state ?? "")).checkpoint;
    expect(latest.secrets_providers).toMatchObject({ type: "cloud", state: { url: key } });
    expect(existsSync(join(stack.state, "slipway", "stacks", ".pulumi"))).toBe(false);
    const file = await readFile(stack.file, "utf8");
    expect(file).toContain(`secretsprovider: ${key}`);
    expect(file).toContain("encryptedkey:");
    expect(file).not.toContain("encryptionsalt:");
  });

  it("is the stack's owner on the host, without what its address says of the client", async () => {
    expect((await journalOf(stack)).owner).toBe("s3://states");
  });

  it("serves the next preview, which finds nothing to do, and plain pulumi", async () => {
    await expectNoChanges(stack);
    const secret = await stack.pulumi(
      "config",
      "set",
      "--path",
      "slipway:app.secretEnv.TMWS_EXTRA",
      "--secret",
      "a-value-0",
    );
    expectSuccess(secret);
    expect((await stack.pulumi("config", "get", "--path", "slipway:app.secretEnv.TMWS_EXTRA")).stdout.trim()).toBe(
      "a-value-0",
    );
    await stack.set(["slipway:app"], undefined);
  });
});

describe("a folder and a passphrase of the user's", () => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = await TestStack.make();
    const folder = join(stack.state, "theirs");
    await mkdir(folder);
    stack.variables = { PULUMI_BACKEND_URL: pathToFileURL(folder).href, PULUMI_CONFIG_PASSPHRASE: "the user's own" };
  });
  afterAll(() => stack?.destroy());

  it("hold the stack and its secrets; the passphrase of this machine opens none of them", async () => {
    expectSuccess(await stack.pulumi("stack", "init"));
    expectSuccess(await stack.pulumi("config", "set", "theirs:secret", "--secret", "a-value-0"));
    expect(existsSync(join(stack.state, "theirs", ".pulumi", "stacks", "slipway", `${stack.name}.json`))).toBe(true);
    expect((await stack.pulumi("config", "get", "theirs:secret")).stdout.trim()).toBe("a-value-0");
    const { PULUMI_BACKEND_URL = "" } = stack.variables;
    stack.variables = {
      PULUMI_BACKEND_URL,
      PULUMI_CONFIG_PASSPHRASE_FILE: join(stack.state, "slipway", "passphrase"),
    };
    expect((await stack.pulumi("config", "get", "theirs:secret")).output).toContain("incorrect passphrase");
    stack.variables = { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE: "the user's own" };
  });
});
