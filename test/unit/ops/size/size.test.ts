import { describe, expect, test } from "vitest";
import { sizes } from "../../../../components/machine/tiers.ts";
import { tierNames } from "../../../../components/options/tier.ts";
import { managedCost } from "../../../../infra/platforms/managed/cost.ts";
import { costOf, sumOf } from "../../../../ops/size/cost.ts";
import { databaseGb, managedCostOf } from "../../../../ops/size/managed.ts";
import { planFor } from "../../../../ops/size/plan.ts";
import { renderSize, wantedOf } from "../../../../ops/size/size.ts";

describe("what a month costs, line by line", () => {
  test.each([
    ["small", [30.37, 3.65, 3.68, 1.5, 0.46, 0.5, 1.2, 2.5, 0.4], 44.26],
    ["medium", [124.1, 3.65, 6.08, 3, 0.46, 0.5, 1.2, 2.5, 0.4], 141.89],
    ["large", [248.2, 3.65, 10.88, 6, 0.46, 0.5, 1.2, 2.5, 0.4], 273.79],
  ] as const)("%s", (tier, usd, total) => {
    const lines = costOf(tier, sizes[tier].dataGb, 20);
    expect(lines.map((line) => line.usd)).toEqual(usd);
    expect(sumOf(lines)).toBe(total);
    expect(usd.reduce<number>((sum, each) => sum + each, 0)).toBeCloseTo(total, 6);
  });

  test("the budget that is set when nobody names one is above it, by a third at most", () => {
    for (const tier of tierNames) {
      const total = sumOf(costOf(tier, sizes[tier].dataGb, 20));
      expect(sizes[tier].budgetUsd / total).toBeGreaterThan(1.1);
      expect(sizes[tier].budgetUsd / total).toBeLessThan(1.4);
    }
  });
});

describe("what a month of AWS' own parts costs", () => {
  test.each([
    ["small", false, 261.57],
    ["medium", true, 714.49],
    ["large", true, 1453.01],
  ] as const)("%s, in two zones %s", (tier, multiAz, total) => {
    const lines = managedCostOf(tier, databaseGb(tier, 1), multiAz);
    expect(lines.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(sumOf(lines), 6);
    expect(sumOf(lines)).toBe(total);
  });

  test("the budget that is set when nobody names one is above it, by a third at most", () => {
    for (const tier of tierNames) {
      const total = sumOf(managedCostOf(tier, databaseGb(tier, 1), true));
      expect([tier, managedCost[tier] / total > 1.1, managedCost[tier] / total < 1.4]).toEqual([tier, true, true]);
    }
  });

  test("the disk has the data and half as much again", () => {
    expect(databaseGb("small", 1)).toBe(20);
    expect(databaseGb("small", 100)).toBe(150);
  });
});

describe("the tier", () => {
  test.each([
    [1, true, "small"],
    [99, false, "medium"],
    [100, false, "large"],
    [1000, false, "large"],
  ])("of %i users, for tests %s: %s", (users, testing, tier) => {
    expect(planFor({ users, dataGb: 1, testing }).tier).toBe(tier);
  });

  test("has the guides' cores, memory and disk", () => {
    expect(sizes.small).toMatchObject({ cores: 2, memoryGb: 4 });
    expect(sizes.medium).toMatchObject({ cores: 4, memoryGb: 8 });
    expect(sizes.large).toMatchObject({ cores: 8, memoryGb: 16 });
    expect([sizes.small.dataGb >= 10, sizes.medium.dataGb >= 50, sizes.large.dataGb >= 100]).toEqual([
      true,
      true,
      true,
    ]);
  });

  test("more users than any guide sizes are refused", () => {
    expect(() => planFor({ users: 1001, dataGb: 1, testing: false })).toThrow(/^--users 1001: no guide sizes/);
  });
});

test("the disk has the data, a copy, the sets that are kept, and what Docker takes", () => {
  expect(planFor({ users: 500, dataGb: 50, testing: false })).toMatchObject({
    keep: 3,
    dataGb: 20 + 50 * 5,
    copiesGb: 100,
  });
  expect(planFor({ users: 50, dataGb: 2, testing: false })).toMatchObject({ keep: 30, dataGb: 20 + 2 * 32 });
  expect(planFor({ users: 50, dataGb: 0.1, testing: false })).toMatchObject({ dataGb: sizes.medium.dataGb });
});

describe("the words", () => {
  test("in any order and spelling", () => {
    const wanted = { users: 500, dataGb: 50, testing: false };
    expect(wantedOf(["--users", "500", "--data", "50GB"])).toEqual(wanted);
    expect(wantedOf(["--data=50gb", "--users=500"])).toEqual(wanted);
    expect(wantedOf(["--testing", "--data=1.5TB", "--users=5"])).toEqual({ users: 5, dataGb: 1500, testing: true });
  });

  test.each([
    [["--data", "5GB"], "--users : allowed is a whole number from 1"],
    [["--users", "0", "--data", "5GB"], "--users 0: allowed"],
    [["--users", "5", "--data", "much"], "--data much: allowed are numbers with MB, GB or TB"],
    [["--users", "5", "--data", "5GB", "--fast"], "--fast: unknown"],
  ])("%j is refused", (words, said) => {
    expect(() => wantedOf(words)).toThrow(said);
  });
});

test("what is printed has the commands and says whose prices they are", () => {
  const said = renderSize({ users: 500, dataGb: 50, testing: false }, "production");
  expect(said).toContain("tier large, 8 cores, 16 GB of memory, 270 GB of disk (guide 001");
  expect(said).toContain("  pulumi config set slipway:tier large --stack production\n");
  expect(said).toContain("  pulumi config set --path slipway:aws.dataGb 270 --stack production\n");
  expect(said).toContain("list prices of June 2025 in us-east-1, from public knowledge; check them");
  expect(said).toMatch(/ {2}together +295\.13\n/);
  expect(said).toContain("  pulumi config set --path slipway:aws.shape managed --stack production\n");
});
