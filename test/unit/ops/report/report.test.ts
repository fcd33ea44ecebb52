import { describe, expect, it } from "vitest";
import { namesIn, spansOf } from "../../../../ops/report/ask.ts";
import { lineOf, measures, verdictOf } from "../../../../ops/report/judge.ts";
import { quantileLines, reachNote } from "../../../../ops/report/log.ts";
import { reportWish } from "../../../../ops/report/options.ts";
import { printed } from "../../../../ops/report/report.ts";
import { renderReport } from "../../../../ops/report/text.ts";

describe("verdict", () => {
  const lower = { better: "lower", times: 1.5, floor: 0.01 } as const;

  it.each([
    ["twice as slow", 0.1, 0.2, "worse"],
    ["half as slow", 0.2, 0.1, "better"],
    ["a little slower", 0.1, 0.14, "same"],
    ["three times, but below what is noise", 0.001, 0.003, "same"],
    ["nothing before", null, 0.2, "unknown"],
    ["nothing after", 0.2, null, "unknown"],
  ] as const)("%s", (_, before, after, wanted) => expect(verdictOf(lower, before, after)).toBe(wanted));

  it("more is better where a rule says so", () => {
    const { rule } = measures.requests;
    expect(verdictOf(rule, 1000, 400)).toBe("worse");
    expect(verdictOf(rule, 400, 1000)).toBe("better");
    expect(verdictOf(rule, 1000, 700)).toBe("same");
    expect(verdictOf(rule, 12, 3)).toBe("same");
  });

  it("a guide's limit needs nothing before it, and is no excuse for growing below it", () => {
    const { rule } = measures.errors;
    expect(verdictOf(rule, null, 0.006)).toBe("worse");
    expect(verdictOf(rule, 0.02, 0.006)).toBe("worse");
    expect(verdictOf(rule, null, 0.004)).toBe("same");
    expect(verdictOf(rule, 0.001, 0.004)).toBe("worse");
  });

  it("of what must not happen at all one is too many", () => {
    expect(verdictOf(measures.restarts.rule, 0, 1)).toBe("worse");
    expect(verdictOf(measures.restarts.rule, 2, 2)).toBe("same");
    expect(verdictOf(measures.invalid.rule, null, 1)).toBe("worse");
    expect(verdictOf(measures.alerts.rule, 3, 0)).toBe("better");
  });
});

describe("spans", () => {
  const since = Date.parse("2026-11-01T00:00:00Z");
  const hour = 3_600_000;

  it("what has not passed yet is not looked at, before neither", () => {
    expect(spansOf(since, since + 2 * hour, 24)).toEqual({ seconds: 7200, before: since, after: since + 2 * hour });
  });

  it("a day later it is the first day, whatever came after", () => {
    expect(spansOf(since, since + 90 * hour, 24)).toEqual({
      seconds: 86_400,
      before: since,
      after: since + 24 * hour,
    });
  });

  it("the log's times are parted by them", () => {
    const spans = { seconds: 10, before: 20_000, after: 30_000 };
    const at = (ms: number, time: number) => ({ at: time, failed: false, ms });
    const requests = [at(900, 9_000), at(10, 12_000), at(20, 19_000), at(100, 21_000), at(200, 29_000), at(1, 31_000)];
    expect(quantileLines(requests, spans).map(({ before, after, verdict }) => [before, after, verdict])).toEqual([
      [0.01, 0.1, "worse"],
      [0.02, 0.2, "worse"],
    ]);
    expect(quantileLines([], spans)).toEqual([]);
    expect(reachNote(10_000, spans)).toEqual([]);
    expect(reachNote(15_000, spans)).toEqual([
      "the switch's log begins at 1970-01-01T00:00:15.000Z: times to answer before that are not in the comparison",
    ]);
    expect(reachNote(undefined, spans)[0]).toContain("log is empty");
  });
});

it("alerts are known by their names", () => {
  const result = ["RedisDown", "AppDown"].map((alertname) => ({ metric: { alertname }, value: [1, "1"] }));
  expect(namesIn(JSON.stringify({ status: "success", data: { resultType: "vector", result } }))).toEqual([
    "AppDown",
    "RedisDown",
  ]);
});

describe("words", () => {
  const release = { id: "r2", since: "2026-11-01T00:00:00.000Z" } as Parameters<typeof printed>[1]["release"];
  const found = {
    release,
    previous: undefined,
    spans: { seconds: 3600, before: 0, after: 3_600_000 },
    lines: [
      lineOf(measures.requests, 100.4, 99.6),
      lineOf(measures.errors, 0, 0.02),
      lineOf(measures.alerts, 0, 1, ["AppDown"]),
    ],
    notes: ["a note"],
    unanswered: [{ part: "database", why: "gone\nat line 2" }],
  };

  it("a terminal's", () => {
    expect(renderReport("staging", found, 24).split("\n")).toEqual([
      "stack staging, release r2: 2 worse than before it",
      "since 2026-11-01 00:00:00 UTC: 60 min of 24 h, which have not passed yet, against as long before",
      "",
      "what               before  after         asked for by",
      'requests           100     100    same   guide 002, "Alert Thresholds": unusual traffic patterns',
      '5xx answers        0 %     2 %    worse  guide 004, "Metrics to Watch (First 24 Hours)": error rate < 0.5 %',
      'alerts that fired  0       1      worse  guide 004, "Post-Deployment Tasks": within 24 hours',
      "alerts that fired: AppDown",
      "a note",
      "database could not be asked: gone",
    ]);
  });

  it("a machine's", () => {
    expect(printed("staging", found)).toMatchObject({
      version: 1,
      release: "r2",
      previous: null,
      seconds: 3600,
      worse: ["5xx answers", "alerts that fired"],
    });
  });
});

describe("options", () => {
  it("a day, unless another length is wanted", () => {
    expect(reportWish([])).toEqual({ hours: 24, json: false });
    expect(reportWish(["--hours=0.5", "--json"])).toEqual({ hours: 0.5, json: true });
  });

  it.each([["--hours", "0"], ["--hours"], ["--hours", "1000"], ["--days", "1"]])("refuses %s %s", (...words) => {
    expect(() => reportWish(words)).toThrow(/npm run report|--hours 24/);
  });
});
