import { describe, expect, test } from "vitest";
import { judgingOf, levelsOf } from "../../../ops/policies.ts";
import { policyResults, wantsJson, withResults } from "../../../ops/preview/results.ts";
import { readPreview } from "../../../ops/preview/steps.ts";
import { policyPackOf } from "../../../toolchain/policy-pack.ts";

const file = (lines: string) => `config:\n${lines}`;

describe("whether a stack's plans are judged", () => {
  test.each([
    ["local", "", "off"],
    ["staging", "", "on"],
    ["production", "", "on"],
    ["blue", "", "off"],
    ["blue", file("  slipway:environment: staging"), "on"],
    ["local", file("  slipway:policies:\n    mode: on"), "on"],
    ["staging", file("  slipway:policies:\n    mode: off"), "off"],
    ["staging", file("  slipway:policies:\n    mode: advisory"), "advisory"],
    ["staging", file("  slipway:policies:\n    mode: of"), "on"],
    ["staging", file("  slipway:policies: off"), "on"],
  ])("stack %s with %j: %s", (stack, text, mode) => {
    expect(judgingOf(stack, text)).toEqual({ mode, except: [] });
  });

  test("what is excepted is told and does not fail; what is no policy is config's to refuse", () => {
    const judging = judgingOf(
      "staging",
      file("  slipway:policies:\n    except:\n      no-root: a reason\n      no-rot: a reason"),
    );
    expect(judging).toEqual({ mode: "on", except: ["no-root"] });
    expect(levelsOf(judging)).toEqual({ "no-root": "advisory" });
    expect(levelsOf({ mode: "advisory", except: ["no-root"] })).toEqual({ all: "advisory" });
    expect(levelsOf({ mode: "on", except: [] })).toBeUndefined();
  });
});

test("an engine built from source gets the pack in its own words", () => {
  expect(policyPackOf({ origin: "source" })).toMatch(/\/policy\/source$/);
  for (const origin of ["path", "installer"] as const) expect(policyPackOf({ origin })).toMatch(/\/policy$/);
});

describe("what policies found, in the JSON of a preview", () => {
  const urn = "urn:pulumi:staging::slipway::slipway:docker:App$pulumi-nodejs:dynamic/slipway:steps:Rollout::rollout";
  const event = (more: Readonly<Record<string, unknown>>) =>
    JSON.stringify({
      sequence: 1,
      policyEvent: { resourceUrn: urn, color: "raw", policyPackName: "slipway", policyPackVersion: "0.1.0", ...more },
    });
  const log = [
    '{"sequence":0,"preludeEvent":{"config":{}}}',
    event({
      policyName: "no-root",
      enforcementLevel: "mandatory",
      message: '<{%reset%}>About it.\nuser is "0:0"<{%reset%}>\n',
    }),
    event({ policyName: "metrics-kept", enforcementLevel: "advisory", message: "prometheus is missing" }),
    "",
  ].join("\n");
  const results = [
    { urn, message: 'policy no-root (mandatory), rollout: user is "0:0"', severity: "error" },
    { urn, message: "policy metrics-kept (advisory), rollout: prometheus is missing", severity: "warning" },
  ];

  test("is read from the event log, with policy, level and resource", () => {
    expect(policyResults(log)).toEqual(results);
  });

  test("stands beside what was said anyway, so that the comment tells it", () => {
    const said = { message: "a warning", severity: "warning" };
    const json = withResults(
      JSON.stringify({ steps: [], diagnostics: [said], config: { a: "1" } }),
      policyResults(log),
    );
    expect(JSON.parse(json)).toEqual({ steps: [], diagnostics: [said, ...results], config: { a: "1" } });
    expect(readPreview(json)).toMatchObject({ said: [said, ...results].map(({ message }) => message), failed: true });
  });

  test.each([
    [["--json"], true],
    [["--diff", "-j"], true],
    [["--json=true"], true],
    [["--json=false"], false],
    [["--diff"], false],
  ])("%j", (args, wanted) => {
    expect(wantsJson(args)).toBe(wanted);
  });

  test("changes nothing where there is none, letter by letter", () => {
    expect(withResults('{ "steps": [] }\n', [])).toBe('{ "steps": [] }\n');
    expect(JSON.parse(withResults('{"steps":[]}', policyResults(log)))).toEqual({ steps: [], diagnostics: results });
  });
});
