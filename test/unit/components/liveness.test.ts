import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failuresThatEnd, livenessHealth, livenessScript } from "../../../components/app/liveness.ts";

const times = { intervalSeconds: 10, timeoutSeconds: 1, startPeriodSeconds: 0, retries: 3 };
let folder: string;
let state: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-liveness-"));
  state = join(folder, "state");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs one check with this machine's own sh. What would end every process leaves a mark instead. */
function check(
  liveness: readonly string[],
  more: { health?: readonly string[]; startPeriodSeconds?: number; timeoutSeconds?: number } = {},
) {
  // So long that a busy machine has begun even `true` by then.
  const { health = ["true"], startPeriodSeconds = 0, timeoutSeconds = 15 } = more;
  const script = livenessScript(
    { liveness, health, times: { ...times, startPeriodSeconds, timeoutSeconds }, stopGraceSeconds: 10 },
    { state, words: join(folder, "words"), end: `echo ended >'${join(folder, "ended")}'` },
  );
  const { status, stdout, stderr } = spawnSync("sh", ["-c", script], { encoding: "utf8", timeout: 20_000 });
  return { status, said: stdout + stderr, ended: existsSync(join(folder, "ended")) };
}
const failures = () => (existsSync(state) ? readFileSync(state, "utf8").trim() : "none");

describe("a check of liveness, by a real sh", () => {
  test("that passes leaves the answer to the health command, and forgets earlier failures", () => {
    expect(check(["false"])).toMatchObject({ status: 1, ended: false });
    expect(failures()).toBe("1");
    expect(check(["true"], { health: ["sh", "-c", "echo not ready; exit 7"] })).toEqual({
      status: 7,
      said: "not ready\n",
      ended: false,
    });
    expect(failures()).toBe("none");
    expect(check(["true"]).status).toBe(0);
  });

  test("one that is alive and never ready is not ended", () => {
    for (const _ of [1, 2, 3, 4, 5]) {
      expect(check(["true"], { health: ["false"] })).toMatchObject({ status: 1, ended: false });
    }
  });

  test("ends everything at so many failures in a row, not before, and says so", () => {
    const dead = ["sh", "-c", "echo no pulse; exit 1"];
    expect([check(dead), check(dead)]).toEqual([
      { status: 1, said: "no pulse\n", ended: false },
      { status: 1, said: "no pulse\n", ended: false },
    ]);
    expect(check(dead)).toEqual({ status: 1, said: "no pulse\n", ended: true });
    expect(readFileSync(join(folder, "words"), "utf8")).toBe(
      "slipway: no sign of life in 3 checks: ended, to be started again\n",
    );
  });

  test("a pass in between starts the count again", () => {
    for (const command of ["false", "false", "true", "false", "false"]) {
      expect(check([command]).ended, command).toBe(false);
    }
    expect(failures()).toBe("2");
    expect(check(["false"]).ended).toBe(true);
  });

  test("one that never answers is given up after its time, and counts as a failure", () => {
    const began = Date.now();
    const { status, said } = check(["sleep", "600"], { timeoutSeconds: 1 });
    expect(Date.now() - began).toBeLessThan(10_000);
    expect({ status, failures: failures() }).toEqual({ status: 1, failures: "1" });
    expect(said).toContain("still running after 1 s: ended");
  });

  test("what it left running is not waited for", () => {
    const began = Date.now();
    expect(check(["sh", "-c", "sleep 15 & exit 0"]).status).toBe(0);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  test("in the start period nothing is counted", () => {
    for (const _ of [1, 2, 3, 4]) {
      expect(check(["false"], { startPeriodSeconds: 10 ** 9 })).toMatchObject({ status: 1, ended: false });
    }
    expect(failures()).toBe("none");
  });

  test("words with quotes, blanks and dollars reach the command as they are", () => {
    const word = `it's "$HOME" * \`x\``;
    expect(check(["test", word, "=", word]).status).toBe(0);
    expect(check(["true"], { health: ["printf", "%s", word] }).said).toBe(word);
  });
});

describe("as Docker's health check", () => {
  test.each([
    [10, 3],
    [20, 3],
    [30, 4],
    [31, 5],
    [0, 3],
  ])("a process that ends within its %d s of grace is not taken for one that hangs: %d failures", (grace, failures) => {
    expect(failuresThatEnd({ times, stopGraceSeconds: grace })).toBe(failures);
  });

  test("the engine's limit leaves both commands their time", () => {
    const { test: argv, ...health } = livenessHealth({
      liveness: ["alive"],
      health: ["ready"],
      times,
      stopGraceSeconds: 30,
    });
    expect(health).toEqual({ intervalSeconds: 10, timeoutSeconds: 3, startPeriodSeconds: 0, retries: 3 });
    expect(argv.slice(0, 3)).toEqual(["CMD", "sh", "-c"]);
    expect(argv[3]).toContain("kill -9 -1");
    expect(argv[3]).toContain("/tmp/.slipway-liveness");
  });
});
