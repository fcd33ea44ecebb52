/** Copies of backup sets off the host, on a real S3 server, by restic: TMWS, on SQLite with vectors, licenses and Redis. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { label } from "../../components/container/spec.ts";
import {
  backUp,
  expectUntouched,
  inSets,
  memories,
  type SetSeen,
  setsOf,
  TmwsUser,
  volumesOf,
} from "./support/data.ts";
import { engine, type Outside } from "./support/host.ts";
import { tmwsRate } from "./support/product.ts";
import { expectNoChanges, expectSuccess, launch } from "./support/release.ts";
import { S3 } from "./support/s3.ts";
import { TestStack } from "./support/stack.ts";

const password = "a-password-of-the-copies-0";

let s3: S3;
let stack: TestStack;
let outside: Outside;
let user: TmwsUser;
let image: string;

beforeAll(async () => {
  s3 = await S3.start();
  stack = await TestStack.make();
  await stack.set(["slipway:app", "extraEnv"], tmwsRate);
  outside = await launch(stack);
  image = (await outside.inspect("app")).Image;
  user = await TmwsUser.of(outside);
  await stack.set(["slipway:offsite"], { url: await s3.bucket("copies"), keyId: s3.keyId });
  await stack.setSecret("slipway:offsite.key", s3.key);
  await stack.setSecret("slipway:offsite.password", password);
});
afterAll(async () => {
  await stack?.destroy();
  await s3?.stop();
});

const where = async () => new Map((await setsOf(stack)).map(({ name, where: place }) => [name, place]));
const newImage = (fault: string) => stack.set(["slipway:image", "build", "args", "FAULT"], fault);
const gone = (set: SetSeen) => inSets(stack, image, `rm -rf ${set.name}`);

describe("a copy", () => {
  it("of the backup point is off the host before a release begins", async () => {
    await newImage("slow");
    expectSuccess(await stack.slipway("start"));
    const points = (await setsOf(stack)).filter(({ purpose }) => purpose === "backup-point");
    expect(points.map(({ where: place }) => place)).toEqual(["host", "host, copy"]);
    await expectNoChanges(stack);
  });

  it("of a set is made with it, and nothing of it can be read without the password", async () => {
    await user.remember("kept");
    const set = await backUp(stack);
    expect((await where()).get(set.name)).toBe("host, copy");
    expect(await s3.holds("agents")).toBe(false);
    expect(await s3.holds(set.name)).toBe(false);
    await expectNoChanges(stack);
  });

  it("is restored when the host has lost its sets: what was written before is there, what came later is not", async () => {
    await user.remember("before the copy");
    const set = await backUp(stack);
    await user.remember("after the copy");
    await gone(set);
    expect((await where()).get(set.name)).toBe("copy");
    expectSuccess(await stack.slipway("restore", "--set", set.name, "--yes"));
    const remembered = await memories(outside);
    expect(remembered).toContain("before the copy");
    expect(remembered).not.toContain("after the copy");
    await expectNoChanges(stack);
  });
});

const report = z.object({
  ok: z.boolean(),
  set: z.string(),
  from: z.string(),
  why: z.string().optional(),
  rows: z.number(),
  rowsCompared: z.boolean(),
  rpoSeconds: z.number().optional(),
});

describe("a drill --offsite", () => {
  it("restores the newest copy without any set or volume of the host's, proves it, and leaves nothing", async () => {
    const set = await backUp(stack);
    await gone(set);
    const before = await volumesOf(stack);
    const run = await stack.slipway("drill", "--offsite", "--json");
    expect(run.code, run.output).toBe(0);
    const told = report.parse(JSON.parse(run.stdout));
    expect(told).toMatchObject({ ok: true, set: set.name, from: "copy", rowsCompared: true });
    expect(told.rows).toBe(Object.values(set.manifest?.rows ?? {}).reduce((sum, each) => sum + each, 0));
    // It was fetched for the drill alone.
    expect((await where()).get(set.name)).toBe("copy");
    expect(await volumesOf(stack)).toEqual(before);
    const { Volumes } = await engine.listVolumes({ filters: { label: [`${label.stack}=drill-${stack.name}`] } });
    expect(Volumes).toEqual([]);
  });
});

describe("a place for copies that does not answer", () => {
  let set: SetSeen;

  beforeAll(async () => {
    set = await backUp(stack);
    await s3.pause();
  });
  afterAll(() => s3.resume());

  it("costs a backup its copy and not its set, in words", async () => {
    const before = (await setsOf(stack)).length;
    const run = await stack.slipway("backup");
    expect(run.code).toBe(1);
    expect(run.output).toContain("is complete on the host; only its copy is missing");
    expect(run.output).not.toContain(password);
    expect(run.output).not.toContain(s3.key);
    expect((await setsOf(stack)).length).toBe(before + 1);
  });

  it("fails a drill of it, which knows no RPO then", async () => {
    const run = await stack.slipway("drill", "--offsite", "--json");
    expect(run.code).toBe(1);
    const told = report.parse(JSON.parse(run.stdout));
    expect(told.why).toContain("nobody answered within 45 s");
    expect(told.rpoSeconds).toBeUndefined();
  });

  it("keeps no set of the host's from being listed and restored", async () => {
    const list = await stack.slipway("backup", "--list");
    expect(list.code, list.output).toBe(0);
    expect(list.output).toContain("copies off the host are left out");
    expectSuccess(await stack.slipway("restore", "--set", set.name, "--yes"));
  });

  it("lets no release begin, until config says that it may", async () => {
    await newImage("none");
    const run = await stack.slipway("start");
    expect(run.code).not.toBe(0);
    expect(run.output).toContain("copying backup set");
    expect(run.output).toContain("nobody answered within 45 s");
    await outside.healthy();
    await stack.set(["slipway:offsite", "beforeRelease"], false);
    expectSuccess(await stack.slipway("start"));
    await outside.healthy();
  });
});

describe("what opens no repository is told, and nothing is changed", () => {
  it("a wrong password", async () => {
    const set = await backUp(stack);
    await gone(set);
    await stack.setSecret("slipway:offsite.password", "another-password-of-copies");
    const restore = () => stack.slipway("restore", "--set", set.name, "--yes");
    await expectUntouched(stack, outside, restore, "wrong password", `has no backup set ${set.name}`);
  });
});
