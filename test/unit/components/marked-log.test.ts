import { expect, test } from "vitest";
import { loggedMeanwhile } from "../../../components/migration/marked-log.ts";

/** Stands for a server whose log is read later than it is written: each look shows one line more. */
class SlowLog {
  readonly lines: string[] = ["LOG:  before all"];
  shown = 0;
  say = async (statement: string) => void this.lines.push(`LOG:  statement: ${statement}`);
  read = async () => {
    this.shown += 1;
    return this.lines.slice(0, this.shown).join("\n");
  };
}

test("what was logged while the work ran, and nothing of before or after", async () => {
  const log = new SlowLog();
  const work = async () => {
    await log.say("ALTER TABLE a DROP COLUMN b");
    return "migrated";
  };
  const found = await loggedMeanwhile(log, "copy", work, { pauseMs: 0 });
  expect(found).toEqual({ result: "migrated", log: "LOG:  statement: ALTER TABLE a DROP COLUMN b\n" });
  expect(log.lines[1]).toMatch(/^LOG: {2}statement: COMMENT ON DATABASE copy IS 'slipway-begin-[0-9a-f]{16}'$/);
  // begin, work, end
  expect(log.shown).toBe(4);
});

test("nothing in between is nothing, and no mark is taken for a statement", async () => {
  const log = new SlowLog();
  expect(await loggedMeanwhile(log, "copy", async () => 1, { pauseMs: 0 })).toEqual({ result: 1, log: "" });
});

test("a log that does not come is told, and the work's result is kept", async () => {
  const log = { say: async () => undefined, read: async () => "" };
  expect(await loggedMeanwhile(log, "copy", async () => 1, { seconds: 0, pauseMs: 0 })).toEqual({
    result: 1,
    log: undefined,
  });
});

test("work that fails is the caller's", async () => {
  const log = new SlowLog();
  const fails = async () => {
    throw new Error("no such column");
  };
  await expect(loggedMeanwhile(log, "copy", fails, { pauseMs: 0 })).rejects.toThrow("no such column");
});
