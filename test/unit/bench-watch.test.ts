import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { costLines, costOf, costRow, type Round } from "../bench/watch/spec.ts";

function round(watched: boolean, cpu: { readonly app: number; readonly prometheus: number }, seconds = 10): Round {
  const counted = (part: string, factor: number, cpuSeconds: number) => ({
    part,
    cpuSeconds: factor * cpuSeconds,
    memoryBytes: part === "prometheus" ? 64 * 1024 ** 2 : 1e9,
    networkBytes: part === "prometheus" ? factor * 102_400 : factor * 5e6,
  });
  const at = (factor: number) => [
    counted("app", factor, cpu.app),
    ...(watched ? [counted("prometheus", factor, cpu.prometheus)] : []),
  ];
  return { watched, seconds, begin: at(1), end: at(2) };
}

const rounds = [
  round(true, { app: 1.2, prometheus: 0.3 }),
  round(false, { app: 1, prometheus: 0 }),
  round(true, { app: 1.4, prometheus: 0.5 }),
  round(false, { app: 1, prometheus: 0 }),
];

it("medians of what the watchers use, and of what the others use more while they are watched", () => {
  expect(costOf(rounds, ["prometheus"])).toEqual({
    rounds: 4,
    memoryMegabytes: 64,
    watcherCores: 0.04,
    watchedCores: 0.03,
    scrapeKilobytesPerSecond: 10,
  });
});

it("is told in words", () => {
  expect(costLines(costOf(rounds, ["prometheus"])).split("\n")).toEqual([
    "memory of Prometheus       64 MB",
    "its processor time         4.0 % of a core",
    "more in all others         3.0 % of a core",
    "scraped                    10 kB/s",
    "medians of 4 rounds, with and without in turn",
    "",
    "its row of the README:",
    "| watching (`npm run bench:watch`: TMWS 2.4, 20 requests/s) | 64 MB, 4.0 % of a core, 10 kB/s scraped | nothing without Prometheus |",
  ]);
});

it("the README has the row that the command prints, with the numbers of its last run on a quiet machine", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const shape = costRow(costOf(rounds, ["prometheus"]))
    .replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replace(/\b\d+(\\\.\d)? (?=MB|%|kB)/g, "\\d+(\\.\\d+)? ");
  expect(readme).toMatch(new RegExp(`^${shape}$`, "m"));
});

it("without a round of each kind there is no number", () => {
  expect(() => costOf(rounds.slice(0, 1), ["prometheus"])).toThrow("no timing from");
});
