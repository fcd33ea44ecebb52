import { describe, expect, test } from "vitest";
import { describeWindow, inZone, isOpen, nextOpening, type Window } from "../../../components/proof/window.ts";

const newYork: Window = { from: "02:00", to: "04:00", timeZone: "America/New_York" };
const open = (window: Window, at: string) => isOpen(window, new Date(at));
const next = (window: Window, at: string) => nextOpening(window, new Date(at))?.toISOString();

describe("a window of the night", () => {
  // In November New York is five hours behind UTC, in July four.
  test.each([
    ["2026-11-28T06:59:59Z", false],
    ["2026-11-28T07:00:00Z", true],
    ["2026-11-28T08:59:59Z", true],
    ["2026-11-28T09:00:00Z", false],
    ["2026-07-28T06:00:00Z", true],
    ["2026-07-28T08:00:00Z", false],
  ])("at %s: %s", (at, wanted) => {
    expect(open(newYork, at)).toBe(wanted);
  });

  test("opens next at its own two o'clock, in both halves of the year", () => {
    expect(next(newYork, "2026-11-28T12:00:00Z")).toBe("2026-11-29T07:00:00.000Z");
    expect(next(newYork, "2026-07-28T12:00:00Z")).toBe("2026-07-29T06:00:00.000Z");
    expect(next(newYork, "2026-11-28T07:30:30Z")).toBe("2026-11-28T07:31:00.000Z");
  });
});

describe("the nights on which clocks change", () => {
  test("there is no two o'clock on 8 March 2026: it opens at three", () => {
    expect(open(newYork, "2026-03-08T06:59:00Z")).toBe(false);
    expect(next(newYork, "2026-03-08T05:00:00Z")).toBe("2026-03-08T07:00:00.000Z");
    expect(inZone(new Date("2026-03-08T07:00:00Z"), "America/New_York")).toBe("Sun 2026-03-08 03:00");
    expect(open(newYork, "2026-03-08T07:59:00Z")).toBe(true);
    expect(open(newYork, "2026-03-08T08:00:00Z")).toBe(false);
  });

  test("a window that lies in the hour that is left out does not open on that day", () => {
    const gap: Window = { from: "02:10", to: "02:50", timeZone: "America/New_York" };
    expect(next(gap, "2026-03-08T00:00:00Z")).toBe("2026-03-09T06:10:00.000Z");
  });

  test("half past one comes twice on 1 November 2026, and both count", () => {
    const early: Window = { from: "01:00", to: "02:00", timeZone: "America/New_York" };
    expect(
      ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-01T07:00:00Z"].map((at) => open(early, at)),
    ).toEqual([true, true, false]);
  });
});

describe("a window over midnight, on some days", () => {
  const late: Window = { from: "22:00", to: "02:00", timeZone: "UTC", days: ["fri"] };

  // 27 November 2026 is a Friday.
  test.each([
    ["2026-11-27T21:59:00Z", false],
    ["2026-11-27T22:00:00Z", true],
    ["2026-11-28T01:59:00Z", true],
    ["2026-11-28T02:00:00Z", false],
    ["2026-11-28T23:00:00Z", false],
    ["2026-11-27T01:00:00Z", false],
  ])("at %s: %s", (at, wanted) => {
    expect(open(late, at)).toBe(wanted);
  });

  test("over the end of the week: Sunday's night reaches into Monday", () => {
    const sunday: Window = { ...late, days: ["sun"] };
    expect(
      ["2026-11-29T23:00:00Z", "2026-11-30T01:00:00Z", "2026-11-30T23:00:00Z"].map((at) => open(sunday, at)),
    ).toEqual([true, true, false]);
  });

  test("opens next a week later", () => {
    expect(next(late, "2026-11-28T02:00:00Z")).toBe("2026-12-04T22:00:00.000Z");
  });
});

test("in words", () => {
  expect(describeWindow(newYork)).toBe("02:00-04:00 America/New_York");
  expect(describeWindow({ ...newYork, days: ["mon", "thu"] })).toBe("02:00-04:00 America/New_York on mon, thu");
});
