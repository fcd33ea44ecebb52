/** Generated secrets: changed by one config value under load, and nowhere in clear by the rules of a scanner that knows none of them. */
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ownGoTool } from "../../toolchain/go-tool.ts";
import type { OpenAIDouble } from "../doubles/openai.ts";
import { brokenItems } from "./support/cis.ts";
import { goTools } from "./support/go-tools.ts";
import { engine, type Outside, runner } from "./support/host.ts";
import { expectNoFailure, expectSuccess, launch, polled } from "./support/release.ts";
import { run } from "./support/run.ts";
import type { TestStack } from "./support/stack.ts";
import { openaiDouble, triaProduct, triaSql, triaStack } from "./support/tria.ts";

let double: OpenAIDouble;
let stack: TestStack;
let outside: Outside;
/** What was seen of the stack, by where: a scanner reads all of it at the end. */
let folder: string;
const see = (where: string, text: string) => writeFile(join(folder, `${where}.txt`), text);

const stateFile = () => join(stack.state, "slipway/stacks/.pulumi/stacks/slipway", `${stack.name}.json`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-seen-"));
  double = await openaiDouble();
  stack = await triaStack(double);
  outside = await launch(stack);
});
afterAll(async () => {
  await stack.destroy();
  await double.stop();
  await rm(folder, { recursive: true, force: true });
});

const appEnv = async (name: string) => {
  const [first] = await outside.running("backend");
  if (first === undefined) throw new Error("no backend runs");
  return (await runner.exec(first.Id, { argv: ["printenv", name] })).output.trim();
};

/** As the app came in with these words, from the workload's own container. */
async function loginPostgres(url: string): Promise<string> {
  const [first] = await outside.running("backend");
  const script = "import os, psycopg; psycopg.connect(os.environ['URL']).close(); print('in')";
  return (await runner.exec(first?.Id ?? "", { argv: ["python3", "-c", script], env: { URL: url } })).output.trim();
}

async function loginRedis(password: string): Promise<string> {
  const { Id } = await outside.inspect("redis");
  return (await runner.exec(Id, { argv: ["redis-cli", "PING"], env: { REDISCLI_AUTH: password } })).output.trim();
}

const logins = () =>
  triaSql(
    outside,
    "SELECT string_agg(rolname || ' ' || rolcanlogin || ' ' || (rolpassword IS NOT NULL), ', ' ORDER BY rolname) FROM pg_authid WHERE rolname LIKE 'tria%app%'",
  );

async function rotate(generation: number) {
  await stack.set(["slipway:secrets"], {
    rotate: { redis: generation, postgres: generation, postgresOwner: generation },
  });
  return polled({ stack, outside, product: () => triaProduct(outside) }, () => stack.slipway("start"));
}

describe("one config value changes the passwords of Redis and PostgreSQL", () => {
  test.each([
    [1, "tria_aibpo_app false false, tria_aibpo_app_b true true"],
    [2, "tria_aibpo_app true true, tria_aibpo_app_b false false"],
  ])("generation %i: no request fails, the old ones are refused, the new ones serve", async (generation, roles) => {
    const before = { url: await appEnv("DATABASE_URL"), redis: await appEnv("REDIS_PASSWORD") };
    expect([await loginPostgres(before.url), await loginRedis(before.redis)]).toEqual(["in", "PONG"]);
    const { result, tally, rows } = await rotate(generation);
    await see(`up-${generation}`, result.output);
    expectSuccess(result);
    expectNoFailure(tally, rows);
    const after = { url: await appEnv("DATABASE_URL"), redis: await appEnv("REDIS_PASSWORD") };
    expect(after.url).not.toBe(before.url);
    expect(after.redis).not.toBe(before.redis);
    expect([await loginPostgres(after.url), await loginRedis(after.redis)]).toEqual(["in", "PONG"]);
    expect(await loginPostgres(before.url)).toMatch(/not permitted to log in|password authentication failed/);
    expect(await loginRedis(before.redis)).toMatch(/WRONGPASS|NOAUTH/);
    expect(await logins()).toBe(roles);
    const preview = await stack.slipway("preview", "--expect-no-changes");
    expect(preview.code, preview.output).toBe(0);
  });

  test("a name that is no generated secret is refused with those that are, before anything is touched", async () => {
    const restore = await stack.saved();
    const before = await outside.fingerprint();
    await stack.set(["slipway:secrets", "rotate", "openaiApiKey"], 1);
    const up = await stack.slipway("start");
    await restore();
    expect(up.code).not.toBe(0);
    expect(up.output).toContain("slipway:secrets.rotate.openaiApiKey");
    expect(up.output).toContain("one of redis, postgres, postgresOwner, secretKey");
    expect(await outside.fingerprint()).toEqual(before);
  });
});

describe("a secret that is kept elsewhere", () => {
  const key = randomBytes(24).toString("hex");
  const webhook = `https://127.0.0.1:9/${randomBytes(12).toString("hex")}`;

  test("reaches the app from a variable, and who tells of releases from a command; neither is in the stack's file, a plan or the state", async () => {
    await stack.set(["slipway:app", "secretKey"], { fromEnv: "SLIPWAY_TEST_KEY" });
    await stack.set(["slipway:announce"], { webhook: { fromCommand: ["printenv", "SLIPWAY_TEST_HOOK"] } });
    const refused = await stack.slipway("preview");
    expect(refused.code).not.toBe(0);
    expect(refused.output).toContain("the variable SLIPWAY_TEST_KEY is not set where Pulumi runs: export it");
    expect(refused.output).toContain("the command printenv ended with 1");
    stack.variables = { SLIPWAY_TEST_KEY: key, SLIPWAY_TEST_HOOK: webhook };
    const preview = await stack.slipway("preview", "--diff");
    const up = await stack.slipway("start");
    await see("referenced", up.output);
    expectSuccess(up);
    expect(await appEnv("SECRET_KEY")).toBe(key);
    const state = await readFile(stateFile(), "utf8");
    for (const text of [preview.output, up.output, state, await readFile(stack.file, "utf8")])
      for (const secret of [key, webhook]) expect(text.includes(secret)).toBe(false);
  });
});

describe("by the rules of gitleaks, which knows no secret of ours", () => {
  /** What it finds in a folder, by file and rule. */
  async function leaks(path: string): Promise<readonly string[]> {
    const said = await run(await ownGoTool(goTools.gitleaks), [
      "dir",
      path,
      "--no-banner",
      "--log-level=error",
      "--report-format=json",
      "--report-path=-",
    ]);
    const found: readonly { readonly File: string; readonly RuleID: string }[] = JSON.parse(said.stdout);
    return found.map(({ File, RuleID }) => `${basename(File)}: ${RuleID}`);
  }

  test("no secret is in a plan, a log, the state, the stack's file, an image's history", async () => {
    await see("preview", (await stack.slipway("preview", "--diff", "--show-config", "--show-sames")).output);
    await see("state", await readFile(stateFile(), "utf8"));
    await see("config", await readFile(stack.file, "utf8"));
    for (const { Id, Image, Names } of await outside.containers()) {
      const name = Names[0]?.replace(/\W+/g, "-") ?? Id;
      await see(`log${name}`, (await run("docker", ["logs", Id])).output);
      await see(`history${name}`, JSON.stringify(await engine.getImage(Image).history()));
    }
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(["preview.txt", "state.txt", "up-1.txt", "config.txt"]),
    );
    expect(await leaks(folder)).toEqual([]);
  });

  test("the same rules find the app's own environment: they can fail", async () => {
    const told = await mkdtemp(join(tmpdir(), "slipway-told-"));
    const [first] = await outside.running("backend");
    const { output } = await runner.exec(first?.Id ?? "", { argv: ["printenv"] });
    await writeFile(join(told, "environment.txt"), output);
    const found = await leaks(told);
    await rm(told, { recursive: true });
    expect(found.length).toBeGreaterThan(0);
  });
});

describe("a system with PostgreSQL, Redis and a web server", () => {
  test("keeps each line of the CIS Docker Benchmark that applies", async () => {
    expect(await brokenItems(outside)).toEqual([]);
  });
});
