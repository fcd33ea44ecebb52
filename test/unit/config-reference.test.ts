import { describe, expect, test } from "vitest";
import { renderProblems } from "../../infra/config/problem.ts";
import { readSettings } from "../../infra/config/read.ts";
import { lookUpHere, referenceIn } from "../../infra/config/reference.ts";
import { changed, hexKey, problemsOf, rawOf } from "./config-fixture.ts";

const here = lookUpHere({ TMWS_KEY: hexKey, EMPTY: "", WEAK: "0123", PLACEHOLDER: "CHANGE_THIS_KEY" });
const raw = (reference: unknown, lookUp = here) => ({
  ...rawOf("local", changed("local", { "app.secretKey": reference })),
  lookUp,
});
const says = (script: string) => ({ fromCommand: [process.execPath, "-e", script] });

describe("a secret by reference", () => {
  test.each([
    ["a variable", { fromEnv: "TMWS_KEY" }],
    ["a command's output, without the end of its line", says(`console.log("${hexKey}")`)],
  ])("is %s, and wrapped like one that was given", (_, reference) => {
    const reading = readSettings(raw(reference));
    if ("problems" in reading) throw new Error(renderProblems(reading.problems));
    expect(reading.settings.app.secretKey?.secret).toBe(hexKey);
    expect(JSON.stringify(reading.settings)).not.toContain(hexKey);
  });

  test("a command gets no shell: its words are its arguments, whatever is in them", () => {
    const echo = { fromCommand: [process.execPath, "-p", "process.argv[1]", "$(id); `id` 'x' |"] };
    expect(here(echo)).toEqual({ value: "$(id); `id` 'x' |" });
  });

  test.each([
    [
      { fromEnv: "MISSING" },
      "from the variable MISSING",
      "the variable MISSING is not set where Pulumi runs: export it",
    ],
    [{ fromEnv: "EMPTY" }, "from the variable EMPTY", "the variable EMPTY is not set where Pulumi runs: export it"],
    [{ fromEnv: "PLACEHOLDER" }, "from the variable PLACEHOLDER", "what it leads to is a placeholder"],
    [{ fromCommand: ["/no/such/vault", "x"] }, "from a command", "the command /no/such/vault did not run (ENOENT)"],
    [says("process.exit(3)"), "from a command", `the command ${process.execPath} ended with 3`],
    [says(""), "from a command", `the command ${process.execPath} printed nothing`],
  ])("that leads nowhere is refused by its path, with why: %j", (reference, value, why) => {
    expect(problemsOf(raw(reference))).toEqual([
      {
        path: "slipway:app.secretKey",
        value,
        allowed: `64 hex digits, not all the same; ${why}`,
        mend: "openssl rand -hex 32 | pulumi config set --path 'slipway:app.secretKey' --secret --stack local",
      },
    ]);
  });

  test("what it leads to is judged, and shown in no error", () => {
    const problems = problemsOf(raw({ fromEnv: "WEAK" }));
    expect(problems.map(({ path, value, allowed }) => [path, value, allowed])).toEqual([
      ["slipway:app.secretKey", "(secret)", "64 hex digits, not all the same"],
    ]);
  });

  test("stands for secrets alone, in its exact form", () => {
    expect(
      problemsOf({ ...rawOf("local", changed("local", { "app.logLevel": { fromEnv: "X" } })), lookUp: here }),
    ).toHaveLength(1);
    const others = [
      { fromEnv: "a b" },
      { fromEnv: 1 },
      { fromCommand: [] },
      { fromCommand: "vault" },
      { fromEnv: "A", x: 1 },
    ];
    expect(others.map(referenceIn)).toEqual(others.map(() => undefined));
  });
});
