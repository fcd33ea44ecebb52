/** What may happen to backups and restores: none of it loses data without a word, and the running system stays as it was. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
import { FullDisk } from "./support/full-disk.ts";
import { eventually, type Outside } from "./support/host.ts";
import { endNow, Killer } from "./support/kill.ts";
import { tmwsRate } from "./support/product.ts";
import { expectNoChanges, expectOneRelease, expectSuccess, launch } from "./support/release.ts";
import { checkout } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;
let disk: FullDisk;
let killer: Killer;
let user: TmwsUser;
let image: string;

beforeAll(async () => {
  stack = await TestStack.make();
  killer = new Killer(stack);
  disk = await FullDisk.under(stack);
  await stack.set(["slipway:app", "extraEnv"], tmwsRate);
  outside = await launch(stack);
  image = (await outside.inspect("app")).Image;
  user = await TmwsUser.of(outside);
  await user.remember("kept");
});
afterAll(async () => {
  await killer.endOrphans();
  await disk.release();
  await stack.destroy();
});

const restore = (set: SetSeen) => stack.slipway("restore", "--set", set.name, "--yes");

describe("a damaged set is refused before anything else happens", () => {
  it.each([
    ["a truncated database", "truncate -s -4096 SET/database.db", "database.db: FAILED"],
    ["a flipped byte in the vectors", flip("SET/chromadb/memories.sqlite3", 5000), "memories.sqlite3: FAILED"],
    ["a flipped byte in Redis' archive", flip("SET/redis.tar", 600), "redis.tar: FAILED"],
    ["a flipped byte in the manifest", flip("SET/manifest.json", 40), "manifest.json: FAILED"],
    ["a file that is missing", "rm SET/database.db", "database.db"],
    ["a file too much", "echo x > SET/chromadb/other", "does not name every file of the set"],
    ["a list of checksums that was cut off", "sed -i 2,99d SET/SHA256SUMS", "does not name every file of the set"],
    ["an empty list of checksums", ": > SET/SHA256SUMS", "has no backup set"],
  ])("%s", async (_, damage, words) => {
    const set = await backUp(stack);
    await inSets(stack, image, damage.replaceAll("SET", set.name));
    await expectUntouched(stack, outside, () => restore(set), words);
    await inSets(stack, image, `rm -rf ${set.name}`);
    await expectNoChanges(stack);
  });
});

/** Shell that changes one byte, whatever it was. */
function flip(file: string, at: number): string {
  const byte = `$(od -An -tu1 -j${at} -N1 ${file})`;
  return `printf "\\\\$(printf %o $((${byte} ^ 1)))" | dd of=${file} bs=1 seek=${at} conv=notrunc 2>/dev/null`;
}

describe("a full disk", () => {
  it("fails a backup in words, leaves no half set and nobody waiting, and the next one is whole", async () => {
    const before = await setsOf(stack);
    await disk.fill();
    try {
      await expectUntouched(stack, outside, () => stack.slipway("backup"), "taking backup set");
      expect(await setsOf(stack)).toEqual(before);
    } finally {
      await disk.empty();
    }
    const set = await backUp(stack);
    expect(
      await inSets(stack, image, `cd ${set.name}; sha256sum --quiet -c SHA256SUMS; ls -d ../*.part || echo none`),
    ).toContain("none");
  });

  it("stops a restore at its emergency set", async () => {
    const set = await backUp(stack);
    await disk.fill();
    try {
      await expectUntouched(stack, outside, () => restore(set), "Nothing was switched");
    } finally {
      await disk.empty();
    }
    await expectNoChanges(stack);
  });
});

describe("a restore that is killed", () => {
  let set: SetSeen;

  it("while it fills the new volumes leaves the running system as it was", async () => {
    set = await backUp(stack);
    await user.remember("later");
    const before = await outside.fingerprint();
    const run = stack.begin("restore", "--set", set.name, "--yes");
    const filling = async () => ((await volumesOf(stack)).includes("data.g1") ? true : undefined);
    await eventually("new volumes", filling, 120, 10);
    endNow(run.child.pid ?? 0);
    await run.exited;
    await outside.healthy();
    expect(await memories(outside)).toEqual(["kept", "later"]);
    expect(await outside.fingerprint()).toEqual(expect.arrayContaining([...before]));
    expect(await readFile(stack.file, "utf8")).not.toContain("generation");
    await expectNoChanges(stack);
  });

  it("can be run again", async () => {
    expectSuccess(await restore(set));
    await outside.healthy();
    expect(await memories(outside)).toEqual(["kept"]);
    await expectNoChanges(stack);
    await expectOneRelease(stack, 1);
  });

  it("in the middle of its switch is finished by the next one", async () => {
    await user.remember("once more");
    const run = stack.begin("restore", "--set", set.name, "--yes");
    await eventually("the update has begun", async () => (run.output().includes("updating") ? true : undefined));
    endNow(run.child.pid ?? 0);
    await killer.kill(run, { step: true });
    const again = await restore(set);
    expectSuccess(again);
    expect(again.output).toContain("finishing it");
    await outside.healthy();
    expect(await memories(outside)).toEqual(["kept"]);
    await expectNoChanges(stack);
    await expectOneRelease(stack, 1);
  });
});

describe("a switch that fails", () => {
  it("goes back to the data as they were, and says how far it came: the config's own release is a bad one", async () => {
    const set = await backUp(stack);
    await user.remember("not to be lost");
    await stack.set(["slipway:image", "build", "args"], { FAULT: "smoke" });
    const run = await restore(set);
    expect(run.code, run.output).not.toBe(0);
    expect(run.output).toContain("the switch failed; going back to the data as they were");
    expect(run.output).toMatch(/nothing is lost|going back failed too: run `npm start/);
    await stack.set(["slipway:image", "build", "args"], undefined);
    expectSuccess(await stack.slipway("start"));
    await outside.healthy();
    expect(await memories(outside)).toEqual(["kept", "not to be lost"]);
    await expectNoChanges(stack);
  });
});

describe("a live database that cannot be read any more", () => {
  it("is told, and what the set holds comes back without an emergency set", async () => {
    const set = await backUp(stack);
    await outside.exec("app", "dd", "if=/dev/zero", "of=/app/data/tmws.db", "bs=4096", "count=2", "conv=notrunc");
    await outside.exec("app", "sh", "-c", "rm -f /app/data/tmws.db-wal /app/data/tmws.db-shm");
    const refused = await restore(set);
    expect(refused.code, refused.output).not.toBe(0);
    expect(refused.output).toContain("the data of now cannot be read");
    expect(refused.output).toContain("--no-emergency");
    expectSuccess(await stack.slipway("restore", "--set", set.name, "--yes", "--no-emergency"));
    await outside.healthy();
    expect(await memories(outside)).toEqual(["kept", "not to be lost"]);
    await expectNoChanges(stack);
  });
});

describe("an older schema under a newer app", () => {
  it("is migrated by the release that serves", async () => {
    const set = await backUp(stack);
    await stack.set(["slipway:image", "build", "args"], { FAULT: "migration-ok" });
    await stack.set(["slipway:app", "schemaRevision"], "20260101_v2_note");
    expectSuccess(await stack.slipway("start"));
    await outside.healthy();
    await user.remember("with a note");
    expectSuccess(await restore(set));
    await outside.healthy();
    expect(await outside.sql("SELECT version_num FROM alembic_version")).toBe("20260101_v2_note");
    expect(await memories(outside)).toEqual(["kept", "not to be lost"]);
    await expectNoChanges(stack);
  });

  it("and a newer one under an older app is refused before anything else happens", async () => {
    const newer = await backUp(stack);
    await stack.set(["slipway:rollout", "back"], "schema");
    await stack.set(["slipway:image", "build", "args"], undefined);
    await stack.set(["slipway:app", "schemaRevision"], undefined);
    expectSuccess(await stack.slipway("start"));
    await outside.healthy();
    await expectUntouched(
      stack,
      outside,
      () => restore(newer),
      "which the running image does not know",
      "Nothing was switched",
    );
  });
});

describe("a clock that jumps", () => {
  const double = pathToFileURL(join(checkout, "test", "doubles", "clock-ahead.mjs")).href;

  async function backUpAt(days: number): Promise<SetSeen> {
    stack.variables = { NODE_OPTIONS: `--import=${double}`, TEST_CLOCK_DAYS: String(days) };
    try {
      return await backUp(stack);
    } finally {
      stack.variables = {};
    }
  }

  it("ten years ahead and ten behind costs no set, and which is the newest is asked instead of guessed", async () => {
    // Those of the tests before are as many as are kept: one more would push the oldest out, as it should.
    await inSets(stack, image, "rm -rf 2*");
    const own = await backUp(stack);
    const before = (await setsOf(stack)).map(({ name }) => name);
    const [ahead, behind] = [await backUpAt(3653), await backUpAt(-3653)];
    const after = (await setsOf(stack)).map(({ name }) => name);
    expect(after.toSorted()).toEqual([...before, ahead.name, behind.name].toSorted());
    await expectUntouched(stack, outside, () => stack.slipway("restore", "--yes"), "A clock was wrong", ahead.name);
    await inSets(stack, image, `rm -rf ${ahead.name}`);
    const wished = await stack.slipway("restore");
    expect(wished.output).toContain(own.name);
  });
});
