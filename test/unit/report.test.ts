import { expect, it } from "vitest";
import { add, closing, outcomeOf, type Report, readOutcome, single } from "../report.ts";

const passed = { fullName: "a way works", status: "passed", failureMessages: [] };
const failed = {
  fullName: "another way works",
  status: "failed",
  failureMessages: ["AssertionError: expected 1 to be 2\n\n- 2\n+ 1\n    at test/live/x.test.ts:3:4"],
};

function report(more: Partial<Report["testResults"][number]>, success = false): Report {
  const assertionResults = more.assertionResults ?? [];
  const count = (status: string) => assertionResults.filter((test) => test.status === status).length;
  return {
    numPassedTests: count("passed"),
    numFailedTests: count("failed"),
    numTotalTests: assertionResults.length,
    success,
    testResults: [{ name: "/c/test/live/x.test.ts", status: "failed", message: "", assertionResults, ...more }],
  };
}

it("names each test that failed, with what it said and without its stack", () => {
  expect(outcomeOf(report({ assertionResults: [passed, failed] }), false, "/c")).toEqual({
    passed: 1,
    failed: 1,
    failures: ["test/live/x.test.ts: another way works\n    AssertionError: expected 1 to be 2\n    - 2\n    + 1"],
  });
});

it("a file that cannot be loaded, or whose set-up fails, is one failure with its words", () => {
  expect(outcomeOf(report({ message: "Cannot find module './y.ts'" }), false, "/c")).toEqual({
    passed: 0,
    failed: 1,
    failures: ["test/live/x.test.ts\n    Cannot find module './y.ts'"],
  });
});

it("a run that ended badly though no test failed has not passed", () => {
  const found = report({ status: "passed", assertionResults: [passed] }, true);
  const words = ["the run ended badly, and no test of it failed"];
  expect(outcomeOf(found, false, "/c")).toEqual({ passed: 1, failed: 1, failures: words });
  expect(outcomeOf(found, true, "/c")).toEqual({ passed: 1, failed: 0, failures: [] });
});

it("a report that is not there is a failure", () => {
  const { passed, failed, failures } = readOutcome("/nowhere/report.json", true, "/c");
  expect([passed, failed]).toEqual([0, 1]);
  expect(failures[0]).toContain("/nowhere/report.json");
});

it("ends with what failed, and the counts alone on the last line", () => {
  const good = single("type check", true);
  expect(closing(good)).toBe("\n1 passed, 0 failed");
  expect(closing(add(good, single("lint", false, "no\nway")))).toBe(
    "\nfailed:\nlint\n    no\n    way\n\n1 passed, 1 failed",
  );
});
