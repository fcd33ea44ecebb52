/** npm run backup and npm run drill, on TMWS: SQLite, vectors, licenses, Redis. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { label } from "../../components/container/spec.ts";
import { withLease } from "../../components/steps/lease.ts";
import { Control } from "../../components/switch/control.ts";
import { rootOf } from "./support/by-name.ts";
import { backUp, inSets, setsOf, TmwsUser, volumesOf } from "./support/data.ts";
import { eventually, type Outside, runner } from "./support/host.ts";
import { endNow } from "./support/kill.ts";
import { tmwsProduct, tmwsRate } from "./support/product.ts";
import { expectNoChanges, expectNoFailure, launch, polled } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

/** How long a backup may hold requests here. */
const holdSeconds = 15;

let stack: TestStack;
let outside: Outside;

beforeAll(async () => {
  stack = await TestStack.make();
  await stack.set(["slipway:rollout", "holdSeconds"], holdSeconds);
  await stack.set(["slipway:app", "extraEnv"], tmwsRate);
  outside = await launch(stack);
  const user = await TmwsUser.of(outside);
  await user.remember("before");
  await user.spend(100);
});
afterAll(async () => stack.destroy());

const image = async () => (await outside.inspect("app")).Image;

describe("a set of everything", () => {
  it("is taken while users write: none of them fails, rows and vectors of it are of one moment", async () => {
    const product = () => tmwsProduct(outside);
    const { result: set, tally, rows } = await polled({ stack, outside, product }, () => backUp(stack), 30_000);
    expectNoFailure(tally, rows);
    expect(set.manifest?.oneMoment).toBe(true);
    expect(set.manifest?.stores).toEqual(["redis"]);
    expect(set.manifest?.revision).toBe("20251124_v2_license");
    const ids = async (file: string, table: string) =>
      inSets(
        stack,
        await image(),
        `sqlite3 'file:${set.name}/${file}?immutable=1' 'SELECT id FROM ${table} ORDER BY id'`,
      );
    const memories = await ids("database.db", "memories");
    expect(await ids("chromadb/memories.sqlite3", "embeddings")).toBe(memories);
    expect(memories.trim().split("\n").length).toBe(set.manifest?.rows["memories"]);
    expect(memories.trim().split("\n").length).toBeGreaterThan(1);
  });

  it("has Redis' log, the state without a secret in clear, the config; every file has its checksum", async () => {
    const set = await backUp(stack);
    const look = async (...lines: string[]) => inSets(stack, await image(), `cd ${set.name}`, ...lines);
    expect(await look("tar -tf redis.tar")).toContain("appendonlydir/appendonly.aof.manifest");
    const shown = await stack.pulumi("stack", "export", "--show-secrets");
    const password = /redis:\/\/app:([0-9A-Za-z._~-]+)@/.exec(shown.stdout)?.[1] ?? "";
    expect(password.length).toBeGreaterThan(15);
    expect(await look(`grep -rlF '${password}' . || echo none`)).toBe("none\n");
    expect(await look("cat stack.json")).toContain('"ciphertext"');
    expect(await look("cat stack.yaml")).toContain("encryptionsalt");
    expect(await look("sha256sum --quiet -c SHA256SUMS && echo whole")).toBe("whole\n");
    expect((await look("find . -type f ! -name SHA256SUMS | sort")).trim().split("\n")).toEqual(
      (await look("sed 's/^[0-9a-f]*  //' SHA256SUMS | sort")).trim().split("\n"),
    );
  });

  it("is in the list, newest last, and changes nothing of the stack", async () => {
    const set = await backUp(stack);
    const sets = await setsOf(stack);
    expect(sets.at(-1)).toEqual(set);
    expect(sets.map(({ purpose }) => purpose)).toContain("backup-point");
    const list = await stack.slipway("backup", "--list");
    expect(list.stdout).toContain(set.name);
    await expectNoChanges(stack);
  });

  it("waits for whoever changes the stack", async () => {
    const before = (await setsOf(stack)).length;
    const place = { stack: stack.name, system: "tmws" };
    const run = await withLease(runner, place, { purpose: "a test", image: await image() }, async () => {
      const begun = stack.begin("backup");
      await eventually("it says so", async () => (begun.output().includes("Waiting for it") ? true : undefined));
      expect((await setsOf(stack)).length).toBe(before);
      return begun;
    });
    expect((await run.done).code).toBe(0);
    expect((await setsOf(stack)).length).toBe(before + 1);
  });

  it("that is killed while it holds requests leaves nobody waiting, and no half set", async () => {
    const before = (await setsOf(stack)).length;
    // A stream that does not end is waited for while requests are held: the moment lasts seconds on the fastest machine.
    const stream = await streaming();
    const run = stack.begin("backup");
    await eventually("requests are held", async () => ((await isHeld()) ? true : undefined));
    endNow(run.child.pid ?? 0);
    await run.exited;
    stream.terminate();
    const asked = performance.now();
    await eventually("the switch lets go", async () => ((await outside.healthy()).status === 200 ? true : undefined));
    expect((performance.now() - asked) / 1000).toBeLessThan(holdSeconds + 10);
    expect((await setsOf(stack)).length).toBe(before);
    await backUp(stack);
    expect((await setsOf(stack)).length).toBe(before + 1);
    await outside.healthy();
  });
});

const report = z.object({
  ok: z.boolean(),
  why: z.string().optional(),
  rtoSeconds: z.number(),
  rpoSeconds: z.number(),
  ageSeconds: z.number(),
  rows: z.number(),
  rowsCompared: z.boolean(),
  probes: z.array(z.string()),
});

describe("a drill", () => {
  it("restores the newest set into a stack of its own, proves it, records it, removes it", async () => {
    const set = await backUp(stack);
    const fingerprint = await outside.fingerprint();
    const run = await stack.slipway("drill", "--json");
    expect(run.code, run.output).toBe(0);
    const told = report.parse(JSON.parse(run.stdout));
    expect(told).toMatchObject({ ok: true, rowsCompared: true });
    expect(told.probes).toContain("healthy through the edge");
    expect(told.rows).toBe(Object.values(set.manifest?.rows ?? {}).reduce((sum, each) => sum + each, 0));
    expect(told.rpoSeconds).toBeGreaterThanOrEqual(told.ageSeconds);
    console.log(`  drill: RTO ${told.rtoSeconds} s, RPO ${told.rpoSeconds} s, age ${told.ageSeconds} s`);
    expect(await inSets(stack, await image(), "tail -n 1 ../drills.jsonl")).toBe(run.stdout);
    expect(await outside.fingerprint()).toEqual(fingerprint);
    await expectNothingOfTheDrill();
  });

  it("of a damaged set fails with exit code 1, and leaves nothing either", async () => {
    const set = await backUp(stack);
    await inSets(stack, await image(), `printf x | dd of=${set.name}/database.db bs=1 seek=9000 conv=notrunc 2>&1`);
    const run = await stack.slipway("drill", "--json");
    expect(run.code).toBe(1);
    const told = report.parse(JSON.parse(run.stdout));
    expect(told.ok).toBe(false);
    expect(told.why).toContain("database.db: FAILED");
    await expectNothingOfTheDrill();
    await inSets(stack, await image(), `rm -rf ${set.name}`);
  });
});

async function expectNothingOfTheDrill(): Promise<void> {
  const drill = `drill-${stack.name}`;
  expect(await volumesOf({ ...stack, name: drill } as TestStack)).toEqual([]);
  expect(await runner.list({ [label.stack]: drill })).toEqual([]);
  const listed = await stack.pulumi("stack", "ls", "--json");
  expect(listed.output).not.toContain(drill);
}

/** A stream through the edge that has begun. */
async function streaming(): Promise<WebSocket> {
  const secure = {
    ca: await rootOf(stack.name),
    servername: stack.domain,
    headers: { host: `${stack.domain}:${stack.port}` },
  };
  const socket = new WebSocket(`wss://127.0.0.1:${stack.port}/stream`, secure);
  await once(socket, "message");
  return socket;
}

/** Whether the switch sends users' requests nowhere. */
async function isHeld(): Promise<boolean> {
  const traffic = await new Control(runner, { stack: stack.name, system: "tmws" }).serving();
  return Object.values(traffic).every((aliases) => aliases.length === 0);
}
