import { expect, it } from "vitest";
import { type Found, resultLines, resultOf } from "../bench/data/spec.ts";

const acknowledged = new Map([
  ["a", 1],
  ["b", 2],
  ["c", 3.5],
]);
const found: Found = {
  killed: { acknowledged, kept: new Set(["a", "b", "c", "never answered"]) },
  lost: { acknowledged, kept: new Set(["a"]) },
  restores: [
    { size: "100MB", ours: 12, plain: 4 },
    { size: "100MB", ours: 10, plain: 4 },
    { size: "100MB", ours: 14, plain: 5 },
    { size: "1GB", ours: 60, plain: 50 },
    { size: "1GB", ours: 66, plain: 50 },
    { size: "1GB", ours: 90, plain: 40 },
  ],
  writes: [
    { continuous: true, median: 0.011 },
    { continuous: false, median: 0.01 },
  ],
};

it("the contract's keys, from medians; what is lost is counted by key and by time", () => {
  expect(resultOf(found)).toEqual({
    lostAcknowledged: 0,
    rpoSeconds: 1.5,
    rtoSeconds: { "100MB": 12, "1GB": 66 },
    restoreRatio: 1.32,
    writeOverhead: 0.1,
  });
  expect(resultOf({ ...found, lost: { acknowledged, kept: new Set(acknowledged.keys()) } }).rpoSeconds).toBe(0);
  expect(resultOf({ ...found, killed: { acknowledged, kept: new Set(["b"]) } }).lostAcknowledged).toBe(2);
});

it("without 1 GB the ratio is that of 100 MB", () => {
  const small = resultOf({ ...found, restores: found.restores.slice(0, 3) });
  expect([small.rtoSeconds, small.restoreRatio]).toEqual([{ "100MB": 12 }, 3]);
});

it("what was not measured has no number", () => {
  const none = { acknowledged: new Map(), kept: new Set<string>() };
  expect(() => resultOf({ ...found, killed: none })).toThrow("nothing could be lost");
  expect(() => resultOf({ ...found, restores: [] })).toThrow("no timing");
  expect(() => resultOf({ ...found, writes: found.writes.slice(1) })).toThrow("no timing");
});

it("is told in words", () => {
  expect(resultLines(resultOf(found)).split("\n")).toEqual([
    "the server killed under load     0 acknowledged writes lost",
    "its data lost, archive kept      1.5 s of writes lost",
    "100MB until it serves again      12 s",
    "1GB until it serves again        66 s",
    "against pg_restore -j 2          1.32 times",
    "a write with a received log      10 % longer",
  ]);
});
