/**
 * A whole stack whose copies lie in a bucket as a host on AWS gets it (versioned, a user with the copies' rights alone), and whose host has lost
 * every set of its own: drill and restore have the copy alone. On a real S3 server that is not AWS'.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { askS3, copiesBucket } from "./support/aws-bucket.ts";
import { backUp, inSets, memories, type SetSeen, setsOf, TmwsUser, volumesOf } from "./support/data.ts";
import type { Outside } from "./support/host.ts";
import { Moto } from "./support/moto.ts";
import { tmwsRate } from "./support/product.ts";
import { expectNoChanges, expectSuccess, launch } from "./support/release.ts";
import { S3 } from "./support/s3.ts";
import { TestStack } from "./support/stack.ts";

let s3: S3;
let moto: Moto;
let stack: TestStack;
let outside: Outside;
let bucket: string;
let set: SetSeen;

beforeAll(async () => {
  [s3, moto, stack] = await Promise.all([S3.start(), Moto.start(), TestStack.make()]);
  bucket = `slipway-${stack.name}-copies`;
  const { keyId, key } = await copiesBucket(moto, s3, bucket);
  await stack.set(["slipway:app", "extraEnv"], tmwsRate);
  outside = await launch(stack);
  // As `npm run host` says it for AWS, with this server in place of Amazon's.
  await stack.set(["slipway:offsite"], { url: `s3:${s3.endpoint}/${bucket}/${stack.name}`, keyId });
  await stack.setSecret("slipway:offsite.key", key);
  await stack.setSecret("slipway:offsite.password", "a-password-of-the-copies-0");
  expectSuccess(await stack.slipway("start"));
  const user = await TmwsUser.of(outside);
  await user.remember("before the copy");
  set = await backUp(stack);
  await user.remember("after the copy");
  await inSets(stack, (await outside.inspect("app")).Image, "rm -rf ./*");
});
afterAll(async () => {
  await stack?.destroy();
  await moto?.stop();
  await s3?.stop();
});

const told = z.object({
  ok: z.boolean(),
  set: z.string(),
  from: z.string(),
  rows: z.number(),
  rowsCompared: z.boolean(),
});

describe("a host that has lost every set of its own", () => {
  it("sees that the copies alone are left", async () => {
    const sets = await setsOf(stack);
    expect(sets.map(({ name }) => name)).toContain(set.name);
    expect(sets.filter(({ where }) => where !== "copy")).toEqual([]);
  });

  it("fetches the newest copy for a drill, proves it, and leaves nothing", async () => {
    const before = await volumesOf(stack);
    const run = await stack.slipway("drill", "--offsite", "--json");
    expect(run.code, run.output).toBe(0);
    const rows = Object.values(set.manifest?.rows ?? {}).reduce((sum, each) => sum + each, 0);
    expect(rows).toBeGreaterThan(0);
    expect(told.parse(JSON.parse(run.stdout))).toEqual({
      ok: true,
      set: set.name,
      from: "copy",
      rows,
      rowsCompared: true,
    });
    expect(await volumesOf(stack)).toEqual(before);
  });

  it("is restored from the copy: what was written before is there, what came later is not", async () => {
    expectSuccess(await stack.slipway("restore", "--set", set.name, "--yes"));
    expect(await memories(outside)).toEqual(["before the copy"]);
    await expectNoChanges(stack);
  });

  it("has needed no more than the copies' rights: every version is there, also of what restic deleted", async () => {
    const kinds = await askS3<{ versions: number; deleted: number }>(
      moto,
      s3,
      s3,
      `(lambda all: {"versions": len(all.get("Versions", [])), "deleted": len(all.get("DeleteMarkers", []))})(s3.list_object_versions(Bucket="${bucket}"))`,
    );
    expect(kinds.versions).toBeGreaterThan(0);
    // restic's locks, each removed by whoever took it.
    expect(kinds.deleted).toBeGreaterThan(0);
  });
});
