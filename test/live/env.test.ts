import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { TestStack } from "./support/stack.ts";

/** What must be encrypted on arrival. */
const secretKey = randomBytes(32).toString("hex");
const token = `canary-${randomBytes(12).toString("hex")}`;

let stack: TestStack;

beforeAll(async () => {
  stack = await TestStack.make();
});
afterAll(async () => stack.destroy());

async function importFile(text: string, ...more: readonly string[]) {
  const file = join(stack.state, "imported.env");
  await writeFile(file, text);
  return stack.slipway("env:import", file, ...more);
}

const good = `\uFEFF# TMWS\r
TMWS_SECRET_KEY=${secretKey}  # of production\r
export TMWS_API_KEY_EXPIRE_DAYS=60\r
TMWS_CORS_ORIGINS=["https://app.acme.dev"]\r
TMWS_HOOK_TOKEN='${token}'\r
TMWS_REDIS_URL=redis://redis:6379/0\r
`;

describe("a .env for a stack that was never started", () => {
  it("is refused whole for one bad value, and nothing is written", async () => {
    const before = await readFile(stack.file, "utf8");
    const refused = await importFile(`${good}TMWS_LOG_LEVEL=LOUD\n`);
    expect(refused.code).toBe(1);
    expect(refused.output).toContain("TMWS_LOG_LEVEL -> slipway:app.logLevel is LOUD");
    expect(await readFile(stack.file, "utf8")).toBe(before);
  });

  it("is shown by a dry run, and nothing is written", async () => {
    const before = await readFile(stack.file, "utf8");
    const dry = await importFile(good, "--dry-run");
    expect([dry.code, await readFile(stack.file, "utf8")]).toEqual([0, before]);
    expect(dry.output).not.toContain(secretKey);
  });

  it("stands in the stack's config, secrets encrypted and printed nowhere", async () => {
    const done = await importFile(good);
    expect(done.code).toBe(0);
    const file = await readFile(stack.file, "utf8");
    for (const secret of [secretKey, token]) {
      expect(file).not.toContain(secret);
      expect(done.output).not.toContain(secret);
    }
    const shown = await stack.pulumi("config", "get", "slipway:app");
    expect(JSON.parse(shown.stdout)).toEqual({
      apiKeyExpireDays: 60,
      corsOrigins: ["https://app.acme.dev"],
      secretKey,
      secretEnv: { TMWS_HOOK_TOKEN: token },
    });
  });

  it("changes what is there only when that is agreed to", async () => {
    const before = await readFile(stack.file, "utf8");
    const asked = await importFile("TMWS_API_KEY_EXPIRE_DAYS=30\n");
    expect([asked.code, await readFile(stack.file, "utf8")]).toEqual([1, before]);
    expect(asked.output).toContain("slipway:app.apiKeyExpireDays: 60 -> 30");
    expect((await importFile("TMWS_API_KEY_EXPIRE_DAYS=30\n", "--yes")).code).toBe(0);
    expect((await stack.pulumi("config", "get", "--path", "slipway:app.apiKeyExpireDays")).stdout.trim()).toBe("30");
  });

  it("is what env:export shows, masked", async () => {
    const shown = await stack.slipway("env:export");
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/^TMWS_API_KEY_EXPIRE_DAYS=30 +# slipway:app\.apiKeyExpireDays$/m);
    expect(shown.stdout).toMatch(/^TMWS_HOOK_TOKEN=\(secret\) +# slipway:app\.secretEnv\.TMWS_HOOK_TOKEN$/m);
    for (const secret of [secretKey, token]) expect(shown.output).not.toContain(secret);
  });
});

it("a real preview becomes a comment: every resource counted, no secret in it", async () => {
  const preview = await stack.slipway("preview", "--json");
  expect(preview.code).toBe(0);
  const file = join(stack.state, "preview.json");
  await writeFile(file, preview.stdout);
  const said = await stack.slipway("preview:comment", file);
  const { changeSummary } = z
    .object({ changeSummary: z.object({ create: z.number() }) })
    .parse(JSON.parse(preview.stdout));
  expect(said.code).toBe(0);
  expect(said.stdout).toMatch(new RegExp(`^<!-- slipway-preview:${stack.name} -->\n`));
  // All but the stack itself, which Pulumi counts as well.
  expect(said.stdout).toContain(`${changeSummary.create - 1} to create, 0 as they are`);
  expect(said.stdout).toContain("- starts app for the first time");
  for (const secret of [secretKey, token]) expect(said.stdout).not.toContain(secret);
});
