import { expect, test } from "vitest";
import { parseArguments } from "../../../../ops/arguments.ts";
import { edited, sourceEdits, takenEdits } from "../../../../ops/promote/edits.ts";
import { renderDifference } from "../../../../ops/promote/show.ts";
import { promoteWishes } from "../../../../ops/promote/wishes.ts";
import { withoutValue } from "../../../../ops/stack-file.ts";
import { digest, now, proof, receiver } from "../../../fixtures/proof.ts";

test.each([
  [[], undefined, false, false],
  [["--take", "--dry-run"], undefined, true, false],
  [["--from", "staging"], { from: "staging" }, false, false],
  [["--file=proof.json", "--dry-run"], { file: "proof.json" }, true, false],
  [["--yes", "--file", "a=b.json"], { file: "a=b.json" }, false, true],
])("%j", (rest, source, dryRun, yes) => {
  expect(promoteWishes(rest)).toEqual({ source, take: rest.includes("--take"), dryRun, yes });
});

test.each([
  [["staging"], '"staging" is not known here: npm run promote -- '],
  [["--from"], "--from wants a value"],
  [["--file", "--yes"], "--file wants a value"],
  [["--from", "a", "--file", "b"], "one of --from and --file, once"],
])("%j is refused", (rest, words) => {
  expect(() => promoteWishes(rest)).toThrow(words);
});

test("the stack is production when none is named; --stack and --system win", () => {
  expect(parseArguments(["--from", "staging"], "production")).toMatchObject({
    stack: "production",
    rest: ["--from", "staging"],
  });
  expect(parseArguments(["--stack", "blue"], "production").stack).toBe("blue");
  expect(parseArguments(["--system", "tria"], "production").stack).toBe("tria");
  expect(parseArguments([]).stack).toBe("local");
});

test("a value is taken out of a stack's file, its comments stay", () => {
  const text = "# why\nconfig:\n  slipway:promotion:\n    # here\n    from: staging\n    file: proof.json\n";
  expect(withoutValue(text, ["promotion", "file"])).toBe(
    "# why\nconfig:\n  slipway:promotion:\n    # here\n    from: staging\n",
  );
  expect(withoutValue(text, ["promotion", "key"])).toBe(text);
  expect(withoutValue(text, ["nothing", "there"])).toBe(text);
});

test("what the command line and the proof say is written into the stack's file; lists and secrets are left to the user", () => {
  const different = [
    { option: "app.version", here: "2.4.0", proved: "2.4.1" },
    { option: "app.extraEnv.OLD", here: "1", proved: undefined },
    { option: "app.url", here: undefined, proved: "https://{domain}" },
    { option: "app.corsOrigins[0]", here: "a", proved: "b" },
    { option: "secretVariables.app.KEY", here: undefined, proved: "(secret)" },
  ];
  const edits = [
    ...sourceEdits({ file: "proof.json" }),
    ...takenEdits(different, (value) => value.replace("{domain}", "tmws.example.org")),
  ];
  const text =
    "config:\n  slipway:promotion:\n    from: staging\n  slipway:app:\n    # ours\n    version: 2.4.0\n    extraEnv:\n      OLD: 1\n";
  expect(edited(text, edits)).toBe(
    "config:\n  slipway:promotion:\n    file: proof.json\n  slipway:app:\n    # ours\n    version: 2.4.1\n    extraEnv: {}\n    url: https://tmws.example.org\n  slipway:release: promoted\n",
  );
});

test("the difference, a line for each thing: what people know a release by, and what is other", () => {
  const own = receiver({ parts: { redis: "redis:9", prometheus: "slipway/prometheus:0123" } });
  const fingerprint = {
    hash: "x",
    values: { ...own.fingerprint.values, "app.logLevel": "ERROR", "app.extraEnv.NEW": "1" },
  };
  const text = renderDifference(proof, { ...own, fingerprint }, { version: "2.3.1", commit: "", digest: "" }, now);
  expect(text.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["", "serves on production", "proved on staging"],
    ["version", "2.3.1", "2.4.0"],
    ["commit", "-", "0a1b2c3d4e5f"],
    ["image", "-", digest],
    ["schema", "315d506e2598", "20251124_v2_license"],
    ["image of redis", "redis:9", `redis:8@${digest}`],
    ["app.extraEnv.NEW", "1", "-"],
    ["app.logLevel", "ERROR", "INFO"],
    ["probes", "-", `${proof.probes.length} passed`],
    ["sign-off suites", "-", "2.4.0: run 17"],
    ["sign-off review", "-", "0a1b2c3 reviewed"],
    ["sign-off rollbackPlan", "-", "2.4.0: page 3"],
    ["proved", "-", "2026-11-28T04:00:00.000Z, 120 min ago"],
  ]);
});
