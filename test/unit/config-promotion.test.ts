import { describe, expect, test } from "vitest";
import { readSettings } from "../../infra/config/read.ts";
import { changed, digest, good, problemsOf, rawOf, type Tree } from "./config-fixture.ts";

const key = `MCowBQYDK2VwAyEA${"0123456789".repeat(4)}abc=`;
const promoted = (changes: Readonly<Record<string, unknown>> = {}): Tree =>
  changed("production", { image: undefined, release: "promoted", promotion: { from: "staging", key }, ...changes });
const told = (config: Tree) => problemsOf(rawOf("production", config));

test("a promoted stack needs no image of its own, and may name one", () => {
  expect(told(promoted())).toEqual([]);
  const reading = readSettings(rawOf("production", promoted()));
  expect("settings" in reading && reading.settings.image).toEqual({ kind: "proved" });
  expect(told(promoted({ image: { ref: `ghcr.io/acme/tmws:2.4.0@${digest}` } }))).toEqual([]);
});

test("a direct one needs its image as before, whatever it says of promotions", () => {
  const { image: _, ...config } = good.production;
  expect(told({ ...config, promotion: { from: "staging", key } }).map(({ path }) => path)).toEqual(["slipway:image"]);
});

describe("is refused", () => {
  test("without a source", () => {
    expect(told(promoted({ "promotion.from": undefined }))).toEqual([
      {
        path: "slipway:promotion.from",
        value: "(not set)",
        allowed: "with release promoted exactly one of promotion.from and promotion.file",
        mend: "pulumi config set --path 'slipway:promotion.from' staging --stack production",
      },
    ]);
  });

  test("with two", () => {
    expect(told(promoted({ "promotion.file": "proof.json" }))).toEqual([
      {
        path: "slipway:promotion.file",
        value: "proof.json",
        allowed: "exactly one of promotion.from and promotion.file",
        mend: "pulumi config rm --path 'slipway:promotion.file' --stack production",
      },
    ]);
  });

  test("without the key that it trusts", () => {
    expect(told(promoted({ "promotion.key": undefined }))).toEqual([
      {
        path: "slipway:promotion.key",
        value: "(not set)",
        allowed:
          "with release promoted the key that this stack trusts: `pulumi stack output proofKey --stack staging` prints it",
        mend: "pulumi config set --path 'slipway:promotion.key' '<proofKey of staging>' --stack production",
      },
    ]);
  });

  test("with a build", () => {
    expect(told(promoted({ "image.build.context": "." }))).toEqual([
      {
        path: "slipway:image.build",
        value: '{"context":"."}',
        allowed: "no build with release promoted: the image is the one that the proof names",
        mend: "pulumi config rm --path 'slipway:image.build' --stack production",
      },
    ]);
  });

  test("with a window that is none", () => {
    expect(
      told(promoted({ "promotion.window": { from: "02:00", to: "02:00", timeZone: "UTC" } })).map(
        ({ path, allowed }) => [path, allowed],
      ),
    ).toEqual([["slipway:promotion.window.to", "a time other than promotion.window.from"]]);
  });

  test.each([
    ["window.timeZone", "Mars/Olympus", "a time zone by its IANA name"],
    ["window.from", "24:00", "a time of day, HH:MM"],
    ["window.days", ["monday"], "one of mon, tue, wed, thu, fri, sat, sun"],
    ["key", "ssh-ed25519 AAAA", "what `pulumi stack output proofKey` prints for the stack that proves"],
    ["override", "hotfix", "a reason of 10 characters or more; it is recorded and announced"],
    ["from", "a/b/c/d", "a stack of this backend: staging, or organization/project/stack"],
    ["soakMinutes", -1, "a whole number of minutes from 0 to 43200"],
    ["signOffs", ["everything"], "one of suites, review, rollbackPlan"],
  ])("with promotion.%s %j", (path, value, allowed) => {
    const window = { "promotion.window": { from: "02:00", to: "04:00", timeZone: "UTC" } };
    expect(told(promoted({ ...window, [`promotion.${path}`]: value })).map((problem) => problem.allowed)).toEqual([
      allowed,
    ]);
  });
});
